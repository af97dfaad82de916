/**
 * What can go wrong with a GPU, and the words it is answered with.
 */

import { equal, match, ok, rejects, throws } from "node:assert/strict";
import { join } from "node:path";
import { add, conv2d } from "../autograd/mod.ts";
import { DEFAULTS } from "../meta/config.ts";
import { RunFolder } from "../meta/run/run_folder.ts";
import { train } from "../meta/trainer.ts";
import { currentDevice, init, tensor, zeros } from "../tensor/mod.ts";
import type { WebgpuDevice } from "../tensor/webgpu/device.ts";
import { Gpu } from "../tensor/webgpu/gpu.ts";
import { eachProgram } from "../tensor/webgpu/program.ts";
import { findAdapter, NoGpu, openGpu } from "../tensor/webgpu/start.ts";
import { reasonAgainstGpu } from "./devices_here.ts";
import { domainFiles, tempDataset } from "./temp_dataset.ts";

const missing = await reasonAgainstGpu();
const skipped = missing === undefined ? "" : ` (skipped: ${missing})`;

function faultTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + skipped, ignore: missing !== undefined, fn });
}

function started(): WebgpuDevice {
  return currentDevice() as WebgpuDevice;
}

/** Runs with another `navigator.gpu`. */
async function withHostGpu(gpu: unknown, body: () => Promise<void>): Promise<void> {
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  try {
    await body();
  } finally {
    Reflect.deleteProperty(navigator, "gpu");
  }
}

const NO_ADAPTER = { requestAdapter: () => Promise.resolve(null) };

Deno.test("a host without WebGPU, or without an adapter, is told what it lacks", async () => {
  await withHostGpu(undefined, async () => {
    await rejects(findAdapter(), (error) => {
      ok(error instanceof NoGpu);
      match(error.message, /^Cannot use device webgpu: this host has no WebGPU/);
      return true;
    });
  });
  await withHostGpu(NO_ADAPTER, async () => {
    await rejects(findAdapter(), /there is no adapter.*mesa-vulkan-drivers.*wasm/);
  });
});

Deno.test("auto goes on with wasm where there is no GPU in hardware, and says so once", async () => {
  const said: unknown[] = [];
  const warn = console.warn;
  console.warn = (message) => said.push(message);
  try {
    await withHostGpu(NO_ADAPTER, async () => {
      await init("auto");
      await init("auto");
    });
  } finally {
    console.warn = warn;
  }
  equal(currentDevice().name, "wasm");
  equal(said.length, 1);
  match(String(said[0]), /^Computing on wasm: .*there is no adapter/);
  await init("js");
});

faultTest("webgpu must be started before it is named", async () => {
  const untouched = await new Deno.Command("deno", {
    args: [
      "eval",
      `import { tensor } from "./tensor/mod.ts"; tensor(1, [], { device: "webgpu" });`,
    ],
  }).output();
  match(
    new TextDecoder().decode(untouched.stderr),
    /Cannot use device webgpu before it has been started: call await init\("webgpu"\) first/,
  );
});

faultTest("a tensor larger than a program can see is refused with the limit", async () => {
  await init("webgpu");
  const { limits } = await findAdapter();
  const size = Math.floor(limits.maxStorageBufferBindingSize / 4) + 1;
  throws(
    () => zeros([size]),
    (error) => {
      ok(error instanceof RangeError);
      match(error.message, /^Cannot full into float32 \[\d+\]: out of memory \(one buffer of/);
      ok(error.message.includes(`at most ${limits.maxStorageBufferBindingSize})`), error.message);
      return true;
    },
  );
  equal((await zeros([3]).data()).length, 3);
});

faultTest("a program that does not compile is named", async () => {
  const gpu = await openGpu(await findAdapter());
  const broken = eachProgram({
    name: "broken",
    reads: {},
    writes: { out: "f32" },
    numbers: {},
    body: "out[i] = nonsense;",
  });
  const out = gpu.allocate([4]);
  gpu.each(broken, 4, { out }, {});
  await rejects(gpu.read(out), /^Error: Cannot compile the WebGPU program "broken".*nonsense/s);
  throws(() => gpu.allocate([4]), /Cannot compile the WebGPU program "broken"/);
});

faultTest(
  "a program that is given a buffer twice is refused by the GPU, not computed",
  async () => {
    const gpu = await openGpu(await findAdapter());
    const copy = eachProgram({
      name: "copy",
      reads: { x: "f32" },
      writes: { out: "f32" },
      numbers: {},
      body: "out[i] = x[i];",
    });
    const out = gpu.allocate([4]);
    gpu.each(copy, 4, { x: out, out }, {});
    await rejects(gpu.read(out), /Cannot go on with device webgpu: the GPU refused work/);
  },
);

/** The device, but for memory: no software adapter ever refuses any. */
function withoutMemory(device: GPUDevice): GPUDevice {
  const scopes: GPUErrorFilter[] = [];
  return new Proxy(device, {
    get(target, name) {
      if (name === "pushErrorScope") return (filter: GPUErrorFilter) => scopes.push(filter);
      if (name === "popErrorScope") {
        return () =>
          Promise.resolve(
            scopes.pop() === "out-of-memory" ? new GPUOutOfMemoryError("no room") : null,
          );
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

faultTest("memory that the GPU refuses is a RangeError that says how much", async () => {
  const device = await (await findAdapter()).requestDevice();
  const gpu = new Gpu(withoutMemory(device), {
    binding: 2 ** 27,
    isSoftware: true,
  });
  const buffer = gpu.allocateBytes(2 ** 20);
  await rejects(gpu.read(buffer), (error) => {
    ok(error instanceof RangeError);
    match(error.message, /the GPU refused 1\.0 MiB while 1\.0 MiB are in use.*no room/);
    return true;
  });
});

faultTest("a kernel that finds no memory halfway keeps none", async () => {
  await init("webgpu");
  const { live } = started().statistics;
  using x = zeros([1, 64, 256, 256]);
  using weight = zeros([1, 64, 3, 3]);
  throws(() => conv2d(x, weight, { dilation: 2 }), /out of memory \(one buffer of/);
  equal(started().statistics.live, live + 2);
});

faultTest("whoever comes while a GPU is being opened waits for that one", async () => {
  await init("webgpu");
  started().destroy();
  await Promise.all([init("webgpu"), init("webgpu")]);
  const first = currentDevice();
  await init("webgpu");
  equal(currentDevice(), first);
});

faultTest("a GPU that was given back can be started again", async () => {
  await init("webgpu");
  const x = tensor([1, 2]);
  started().destroy();
  throws(() => add(x, x), /given back by destroy\(\); call init\(\) to start anew/);
  await rejects(x.data(), /given back by destroy/);
  x.dispose();
  await init("webgpu");
  equal(String(await add(tensor([1, 2]), tensor([3, 4])).data()), "4,6");
});

faultTest("a GPU lost in training leaves a checkpoint from which the run goes on", async () => {
  const domains = ["A", "B", "C"];
  const files = domains.map((name) => domainFiles(name, { live: 3, spoof: 3 }));
  await using dataset = await tempDataset(Object.assign({}, ...await Promise.all(files)));
  const folder = new RunFolder(join(dataset.path, "run"));
  const config = {
    ...DEFAULTS,
    data: dataset.path,
    sources: domains,
    imageSize: 32,
    channelDivisor: 64,
    batchSize: 1,
    steps: 4,
    checkpointEvery: 1,
  };
  const observed = (onStep: (step: number) => void) => ({
    note() {},
    prepared() {},
    scored() {},
    shouldStop: () => false,
    step: ({ step }: { step: number }) => onStep(step),
  });
  await init("webgpu");
  const lost = train(
    config,
    folder,
    observed((step) => {
      if (step === 3) started().destroy();
    }),
  );
  await rejects(lost, /given back by destroy/);
  match(String(await folder.newestCheckpointFile()), /step-000002/);

  await init("webgpu");
  const seen: number[] = [];
  await train(config, folder, observed((step) => seen.push(step)));
  equal(String(seen), "3,4");
  await init("js");
});
