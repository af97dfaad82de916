/**
 * Our library as a measured program: `subject.ts DEVICE [THREADS]`.
 *
 * @module
 */

import { DEVICE_NAMES, type DeviceName, memory } from "../tensor/mod.ts";
import type { WebgpuDevice } from "../tensor/webgpu/device.ts";
import { AWAITED_SAMPLE_MS } from "./awaited.ts";
import { startDevice } from "./device_mode.ts";
import { prepare } from "./ours/prepare.ts";
import { type Program, serve } from "./serve.ts";

await serve(async () => {
  const [name, threads] = Deno.args;
  const { threads: used, mode, gpu } = await startDevice(
    deviceName(name),
    threads === undefined ? undefined : Number(threads),
  );
  const { deno, v8 } = Deno.version;
  const program: Program = {
    hello: { versions: { deno, v8 }, threads: used, mode },
    prepare,
    holds: () => ({ live: memory().bytes }),
  };
  return gpu === undefined ? program : onGpu(program, gpu);
});
// A GPU would keep the process alive.
Deno.exit();

function onGpu(program: Program, gpu: WebgpuDevice): Program {
  const { versions, threads, mode } = program.hello;
  return {
    ...program,
    hello: {
      versions: { ...versions, adapter: gpu.adapter },
      threads,
      mode,
      sample_ms: AWAITED_SAMPLE_MS,
    },
    holds() {
      const { liveBytes, idleBytes } = gpu.statistics;
      return { live: memory().bytes, device: liveBytes + idleBytes };
    },
    driving: () => gpu.statistics,
  };
}

function deviceName(word: string): DeviceName {
  const name = DEVICE_NAMES.find((known) => known === word);
  if (name === undefined) throw new RangeError(`There is no device "${word}"`);
  return name;
}
