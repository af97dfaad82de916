/**
 * The bench on a GPU: what it times is waited for, once a sample.
 */

import { equal, ok } from "node:assert/strict";
import { AWAITED_SAMPLE_MS } from "../bench/awaited.ts";
import { subject } from "../bench/programs.ts";
import { ProcessRunner } from "../bench/runner.ts";
import type { Work } from "../bench/work.ts";
import { reasonAgainstGpu } from "./devices_here.ts";

const WORKS: readonly Work[] = [
  { kind: "conv2d", batch: 1, inputs: 2, outputs: 3, side: 4 },
  { kind: "matmul", size: 4 },
  { kind: "norm", pass: "forward", shape: [2, 3, 4, 4] },
  { kind: "norm", pass: "backward", shape: [2, 3, 4, 4] },
  { kind: "elementwise", op: "relu", shape: [8] },
  { kind: "chain", length: 10, size: 16 },
];

const missing = await reasonAgainstGpu();

Deno.test({
  name: "work on a GPU is waited for once a sample" +
    (missing === undefined ? "" : ` (skipped: ${missing})`),
  ignore: missing !== undefined,
  async fn() {
    await using runner = await ProcessRunner.start(subject({ device: "webgpu", mode: "plain" }));
    ok(runner.hello.versions.adapter);
    equal(runner.hello.sample_ms, AWAITED_SAMPLE_MS);
    for (const work of WORKS) {
      await runner.prepare(work);
      const before = await runner.driving();
      ok(await runner.run(3) > 0);
      const after = await runner.driving();
      const dispatches = after.dispatches - before.dispatches;
      ok(dispatches >= 3, `${dispatches} dispatches for ${JSON.stringify(work)}`);
      // What has to be made ready before each run is waited for by itself, and is not timed.
      const waits = "pass" in work && work.pass === "backward" ? 2 * 3 : 1;
      equal(after.readBacks - before.readBacks, waits, JSON.stringify(work));
    }
    const { device = 0 } = await runner.memory();
    ok(device > 0);
  },
});
