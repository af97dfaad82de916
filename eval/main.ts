/**
 * `deno task eval`: scores a domain with a checkpoint and reports how well.
 *
 * @module
 */

import { join } from "node:path";
import { ImageCache, openDataRoot, openDomain, readSamples } from "../data/mod.ts";
import { flag, number, required, run, text } from "../meta/command_line.ts";
import { THREADS } from "../meta/device_options.ts";
import { decodeCheckpoint } from "../meta/run/checkpoint.ts";
import { readFile } from "../meta/run/read_file.ts";
import { makeFolder, writeWhole } from "../meta/run/write_whole.ts";
import { scoreSamples } from "../meta/score_samples.ts";
import { init } from "../tensor/mod.ts";
import { writeScoreFile } from "./score_file.ts";
import { formatSummary, summarizeScores } from "./summary.ts";

await run({
  name: "eval",
  summary:
    "Scores every image of a domain's list with a checkpoint, and reports AUC, EER and HTER.",
  options: {
    checkpoint: required(text("the checkpoint to score with", { label: "FILE" })),
    data: required(text("folder of the dataset, one folder a domain", { label: "DIR" })),
    target: required(text("domain to score", { label: "D" })),
    out: required(text("folder for Test_data.h5", { label: "DIR" })),
    threshold: number("accept at this score and above; where FAR and FRR meet unless given"),
    threads: THREADS,
    json: flag("print one JSON object"),
  },
  async main({ checkpoint, data, target, out, threshold, threads, json }) {
    await init("auto", { threads });
    const { config, state } = await decodeCheckpoint(await readFile(checkpoint), checkpoint);
    const { deterministic } = config;
    if (deterministic === "strict") await init("auto", { threads, deterministic });
    const root = await openDataRoot(data);
    const samples = await readSamples(await openDomain(root, target), "all");
    await makeFolder(out);
    const reader = { root, imageSize: config.imageSize, cache: new ImageCache(0) };
    const table = await scoreSamples(samples, state, config.channelDivisor, reader);
    const file = join(out, "Test_data.h5");
    await writeWhole(file, await writeScoreFile(table));
    console.error(`${samples.length} scores are in ${file}`);
    const summary = summarizeScores(
      table.label,
      table.score,
      threshold === undefined ? { name: "target-eer" } : { name: "fixed", threshold },
    );
    console.log(json ? JSON.stringify(summary) : formatSummary(summary));
  },
});
