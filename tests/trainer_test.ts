/**
 * The trainer and its run folder, in this process: what is refused, and what a resumed run rests on.
 */

import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { join } from "node:path";
import { DEFAULTS, override, type TrainingConfig } from "../meta/config.ts";
import { parseConfig } from "../meta/config_file.ts";
import { METHODS } from "../meta/methods.ts";
import { PRESETS } from "../meta/presets.ts";
import { fitted } from "../meta/progress.ts";
import { parseMetrics } from "../meta/run/log.ts";
import { RunFolder } from "../meta/run/run_folder.ts";
import { train } from "../meta/trainer.ts";
import { init } from "../tensor/mod.ts";
import { domainFiles, tempDataset } from "./temp_dataset.ts";

const DOMAINS = ["A", "B", "C", "D"];
const TINY = {
  sources: DOMAINS.slice(0, 3),
  imageSize: 32,
  channelDivisor: 64,
  batchSize: 1,
  steps: 2,
  checkpointEvery: 1,
};

async function withDataset(body: (folder: string, data: string) => Promise<void>): Promise<void> {
  const files = DOMAINS.map((name) => domainFiles(name, { live: 3, spoof: 3 }));
  await using dataset = await tempDataset(Object.assign({}, ...await Promise.all(files)));
  await body(dataset.path, dataset.path);
}

/** Trains in this process, without a word. */
async function trainHere(settings: Partial<TrainingConfig>, out: string): Promise<string[]> {
  await init("js");
  const notes: string[] = [];
  await train({ ...DEFAULTS, ...TINY, ...settings }, new RunFolder(out), {
    note: (message) => notes.push(message),
    step() {},
    scored() {},
    prepared() {},
    shouldStop: () => false,
  });
  return notes;
}

Deno.test("every method trains on every number of domains", async () => {
  await withDataset(async (folder, data) => {
    const domains = [2, 3, 4].map((count) => DOMAINS.slice(0, count));
    for (const method of Object.keys(METHODS) as (keyof typeof METHODS)[]) {
      for (const sources of domains) {
        const out = join(folder, method + sources.length);
        await trainHere(
          { data, sources, method, metaTrainSize: sources.length - 1, steps: 1 },
          out,
        );
        equal((await new RunFolder(out).metrics()).length, 1);
      }
    }
  });
});

Deno.test("a checkpoint whose steps are not all logged is passed over", async () => {
  await withDataset(async (folder, data) => {
    const out = join(folder, "run");
    await trainHere({ data }, out);
    const checkpoint = join(out, "checkpoints", "step-000002.safetensors");
    const before = [
      await Deno.readTextFile(join(out, "result.json")),
      await Deno.readFile(checkpoint),
    ];
    const log = join(out, "metrics.jsonl");
    const [first] = (await Deno.readTextFile(log)).split("\n");
    await Deno.writeTextFile(log, `${first}\n{"step":2`);
    match((await trainHere({ data }, out)).join(), /step-000002\S* is passed over: .*step 1 only/);
    const after = [
      await Deno.readTextFile(join(out, "result.json")),
      await Deno.readFile(checkpoint),
    ];
    deepEqual(after, before);
  });
});

Deno.test("checkpoints that were passed over push no sound one out", async () => {
  await withDataset(async (folder, data) => {
    const out = join(folder, "run");
    await trainHere({ data }, out);
    const run = new RunFolder(out);
    const { checkpoint } = await run.newestCheckpoint(2);
    await Deno.writeTextFile(join(out, "checkpoints", "step-000009.safetensors"), "damaged");
    if (checkpoint !== undefined) await run.saveCheckpoint(checkpoint, 1);
    ok(await Deno.stat(join(out, "checkpoints", "step-000002.safetensors")));
  });
});

Deno.test("a run never begins among checkpoints whose config is gone", async () => {
  await withDataset(async (folder, data) => {
    const out = join(folder, "run");
    await trainHere({ data, steps: 1 }, out);
    await Deno.remove(join(out, "config.toml"));
    await rejects(trainHere({ data, seed: 1 }, out), /^Error: Cannot begin a run in .*checkpoints/);
  });
});

Deno.test("training stops at a loss that is not finite, and saves nothing of it", async () => {
  await withDataset(async (folder, data) => {
    const out = join(folder, "run");
    const diverging = { data, learningRate: 1e38, checkpointEvery: 0, steps: 9 };
    await rejects(trainHere(diverging, out), /^Error: Cannot go on from step \d: its loss is /);
    const run = new RunFolder(out);
    equal((await run.newestCheckpoint(Infinity)).checkpoint, undefined);
    equal(await run.isFinished(), false);
  });
});

Deno.test("too few images for a batch are known before a run folder is made", async () => {
  await withDataset(async (folder, data) => {
    const out = join(folder, "run");
    await rejects(trainHere({ data, batchSize: 1000 }, out), /a batch wants 1000/);
    await rejects(Deno.stat(out), Deno.errors.NotFound);
  });
});

Deno.test("a target of one class is refused before a run folder is made", async () => {
  await withDataset(async (folder, data) => {
    const out = join(folder, "run");
    await Deno.copyFile(join(data, "D/image_list_real.txt"), join(data, "D/image_list_all.txt"));
    await rejects(trainHere({ data, target: "D" }, out), /^Error: Cannot measure .* 3 live and 0/);
    await rejects(Deno.stat(out), Deno.errors.NotFound);
  });
});

Deno.test("metrics are read up to the first line that is not the metrics of its step", () => {
  const line = (step: number) => JSON.stringify({ step, epoch: 1, iteration: step, losses: {} });
  const stepsOf = (...lines: string[]) => parseMetrics(lines.join("\n")).map(({ step }) => step);
  deepEqual(stepsOf(line(1), line(2), ""), [1, 2]);
  deepEqual(stepsOf(line(1), line(2)), [1]);
  deepEqual(stepsOf(line(2), ""), []);
  for (const damaged of ["", "null", "{}", '{"step":2}', line(2).slice(1)]) {
    deepEqual(stepsOf(line(1), damaged, line(3), ""), [1]);
  }
});

Deno.test("a config file's values have the type of their setting", () => {
  const cases: [string, string][] = [
    ['seed = "1"', 'Cannot read run.toml: seed must be a whole number of at least 0, got "1"'],
    ["seed = [1]", "Cannot read run.toml: seed must be a whole number of at least 0, got [1]"],
    [
      'sources = ["a,b"]',
      'Cannot read run.toml: sources must be a list such as ["A", "B"], got ["a,b"]',
    ],
    ["seed = 1\ninit = x", "Cannot read run.toml line 2: invalid value"],
    ["sed = 1", 'Cannot read run.toml: there is no setting "sed"; did you mean "seed"?'],
  ];
  for (const [toml, message] of cases) throws(() => parseConfig(toml, "run.toml"), { message });
  throws(() => parseConfig('init = ""', "run.toml"), /init must be one of xavier/);
  deepEqual(parseConfig('target = ""\nsources = []', "run.toml"), { target: "", sources: [] });
});

Deno.test("epochs that are asked for win over the steps of a preset", () => {
  equal(PRESETS.demo.steps > 0, true);
  equal(override(PRESETS.demo, { epochs: 3 }).steps, 0);
  equal(override(PRESETS.demo, { epochs: 3, steps: 5 }).steps, 5);
  equal(override(PRESETS.demo, { seed: 3 }).steps, PRESETS.demo.steps);
});

Deno.test("a line of progress never wraps, and drops its bar before its numbers", () => {
  equal(
    fitted("step 5/9", 0.5, "loss 1", 80),
    `step 5/9 ${"█".repeat(12)}${"░".repeat(12)} loss 1`,
  );
  equal(fitted("step 5/9", 0.5, "loss 1", 23), "step 5/9 ███░░░ loss 1");
  equal(fitted("step 5/9", 0.5, "loss 1", 20), "step 5/9 loss 1");
  equal(fitted("step 5/9", 0.5, "loss 1", 9), "step 5/9");
});
