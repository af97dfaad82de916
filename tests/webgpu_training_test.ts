/**
 * Training on the GPU: the losses of wasm, one wait a step, nothing left behind.
 */

import { deepEqual, equal, ok } from "node:assert/strict";
import * as rf from "../meta/browser.ts";
import { metaSteps } from "./browser/programs.ts";
import { reasonAgainstGpu } from "./devices_here.ts";

const missing = await reasonAgainstGpu();

/** A test on the device itself; skipped, with the reason in its name, where there is none. */
function trainingTest(name: string, run: (device: rf.WebgpuDevice) => Promise<void>): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    fn: async () => {
      await rf.init("webgpu");
      try {
        await run(rf.currentDevice() as rf.WebgpuDevice);
      } finally {
        await rf.init("js");
      }
    },
  });
}

trainingTest("three meta-steps have the losses that they have on wasm", async () => {
  const found = await metaSteps(rf);
  await rf.init("wasm");
  const wanted = await metaSteps(rf);
  wanted.forEach((losses, step) => {
    for (const [name, loss] of Object.entries(losses)) {
      const gap = Math.abs(found[step][name] - loss) / Math.max(1, Math.abs(loss));
      ok(gap <= 1e-3, `step ${step + 1}: ${name} is ${found[step][name]}, on wasm ${loss}`);
    }
  });
});

/** One step of tiny networks again and again, with what the device did in each. */
async function repeatedSteps(device: rf.WebgpuDevice, count: number) {
  const config = { ...rf.DEFAULTS, imageSize: 32, channelDivisor: 64, batchSize: 1 };
  const batches = [0, 1, 2].map((domain) => ({
    images: rf.uniform(rf.randomKey(domain), [2, 6, 32, 32]),
    depths: rf.uniform(rf.randomKey(9), [2, 1, 4, 4]),
    labels: rf.tensor([0, 1]),
  }));
  const method = rf.METHODS[config.method];
  const roles = rf.divide(batches, method, config.metaTrainSize);
  const optimizer = rf.adam({ lr: 1e-3 });
  const model = rf.initModel(rf.randomKey(5), config);
  let state = { ...model, optimizer: optimizer.init(model.weights) };
  const seen: rf.GpuStatistics[] = [];
  for (let step = 0; step < count; step++) {
    const { state: next, losses } = rf.scope(() => {
      const { state: next, outcome } = rf.trainStep(
        state,
        roles,
        method.adapt,
        config,
        optimizer,
      );
      return { state: next, losses: outcome.losses };
    });
    rf.disposeReplaced(state, next);
    state = next;
    await Promise.all(Object.values(losses).map((loss) => loss.item()));
    rf.disposeReplaced(losses, []);
    seen.push(device.statistics);
  }
  rf.disposeReplaced({ state, batches }, []);
  return seen;
}

trainingTest("a step waits for the GPU once and leaves no byte behind", async (device) => {
  const before = device.statistics.live;
  const seen = await repeatedSteps(device, 6);
  const [third, last] = [seen[2], seen[5]];
  equal(last.readBacks - third.readBacks, 3);
  equal(last.liveBytes, third.liveBytes);
  equal(last.made, third.made);
  equal(last.programs, third.programs);
  equal((last.dispatches - third.dispatches) % 3, 0);
  equal(device.statistics.live, before);
});

trainingTest(
  "what has been rehearsed is compiled, and nothing has been computed",
  async (device) => {
    device.destroy();
    await rf.init("webgpu");
    const fresh = rf.currentDevice() as rf.WebgpuDevice;
    const run = () => rf.scope(() => rf.exp(rf.matmul(rf.ones([3, 4]), rf.ones([4, 5]))));
    const progress: [number, number][] = [];
    await fresh.warmUp?.(() => run().dispose(), (done, of) => progress.push([done, of]));
    const { programs, live } = fresh.statistics;
    ok(programs > 2);
    equal(live, 0);
    deepEqual(progress.map(([done]) => done), progress.map((_, i) => i + 1));
    equal(progress.at(-1)?.[1], programs);
    const result = run();
    ok((await result.data()).every((x) => Math.abs(x - Math.exp(4)) < 1e-3));
    equal(fresh.statistics.programs, programs);
    result.dispose();
  },
);
