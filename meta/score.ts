/**
 * `deno task score`: one JSON line for each image.
 *
 * @module
 */

import { init } from "../tensor/mod.ts";
import { argumentList, CheckFailed, required, run, text } from "./command_line.ts";
import { THREADS } from "./device_options.ts";
import { readFile } from "./run/read_file.ts";
import { loadScorer } from "./scorer.ts";
import { reasonOf } from "./run/write_whole.ts";

await run({
  name: "score",
  summary:
    "Scores face crops: from 0 to 1, higher is more live. Prints one JSON line for each image.",
  positionals: {
    images: argumentList("IMAGE", "a face crop: JPEG, PNG or BMP"),
  },
  options: {
    checkpoint: required(text("the checkpoint to score with", { label: "FILE" })),
    threads: THREADS,
  },
  async main({ images, checkpoint, threads }) {
    await init("auto", { threads });
    using scorer = await loadScorer(checkpoint);
    const { deterministic } = scorer;
    if (deterministic === "strict") await init("auto", { threads, deterministic });
    let failures = 0;
    for (const image of images) {
      try {
        const score = await scorer.score(await readFile(image), image);
        console.log(JSON.stringify({ image, score }));
      } catch (error) {
        failures++;
        console.error(reasonOf(error));
      }
    }
    if (failures > 0) {
      throw new CheckFailed(`${failures} of ${images.length} images were not scored`);
    }
  },
});
