/**
 * The `webgpu` device: kernels in WGSL that TypeScript writes, on whatever GPU the host has.
 *
 * @module
 */

import { ARRAY, type Device, type Kernels } from "../device.ts";
import { adamKernels } from "./adam.ts";
import { batchNormKernels } from "./batch_norm/kernels.ts";
import type { WebgpuBuffer } from "./buffer.ts";
import { elementwiseKernels } from "./elementwise/kernels.ts";
import type { Gpu, GpuStatistics } from "./gpu.ts";
import { indexingKernels } from "./indexing/kernels.ts";
import { movementKernels } from "./movement/kernels.ts";
import { poolKernels } from "./pool/kernels.ts";
import { productKernels } from "./products/kernels.ts";
import { randomKernels } from "./random.ts";
import { reductionKernels } from "./reduction/kernels.ts";
import { describeAdapter, findAdapter, NoGpu, openGpu, type WebgpuOptions } from "./start.ts";

export type { PoolStatistics } from "./buffer_pool.ts";
export type { GpuStatistics } from "./gpu.ts";
export type { DrivingStatistics } from "./recorder.ts";
export type { WebgpuOptions } from "./start.ts";

/** What `currentDevice()` is on `webgpu`: the device, and what is known of the GPU behind it. */
export interface WebgpuDevice extends Device {
  /** What the driver calls the adapter. */
  readonly adapter: string;
  /** Whether the adapter is a program that runs on the CPU. */
  readonly isSoftware: boolean;
  /** What the GPU has done and holds. */
  readonly statistics: GpuStatistics;
  /** Waits until everything asked for has been done. */
  idle(): Promise<void>;
  /** Gives the GPU back: what it holds is lost, and using it is an error until the next `init`. */
  destroy(): void;
}

interface Running {
  readonly gpu: Gpu;
  readonly device: WebgpuDevice;
}

let running: Promise<Running> | undefined;

/**
 * Starts the device; there is one in a process, and only a GPU that failed is replaced.
 *
 * @throws {NoGpu} if there is no GPU that can be opened.
 */
export async function startWebgpu(options: WebgpuOptions = {}): Promise<WebgpuDevice> {
  return await runningDevice() ?? await startOn(() => findAdapter(options));
}

/**
 * Starts the device if the GPU is one in hardware; else says why not.
 */
export async function startHardware(
  options: WebgpuOptions = {},
): Promise<WebgpuDevice | string> {
  const device = await runningDevice();
  if (device?.isSoftware === false) return device;
  try {
    const adapter = await findAdapter(options);
    const { isSoftware, name } = describeAdapter(adapter);
    if (isSoftware) return `the only GPU is one in software (${name})`;
    return await startOn(() => Promise.resolve(adapter));
  } catch (error) {
    if (error instanceof NoGpu) return error.message;
    throw error;
  }
}

/** The device that runs, or is being started, unless it has failed. */
async function runningDevice(): Promise<WebgpuDevice | undefined> {
  const found = await running;
  return found?.gpu.fault === undefined ? found?.device : undefined;
}

/** Whoever comes while a GPU is being opened waits for that one. */
async function startOn(adapterOf: () => Promise<GPUAdapter>): Promise<WebgpuDevice> {
  const starting = running = openOn(adapterOf);
  try {
    return (await starting).device;
  } catch (error) {
    running = undefined;
    throw error;
  }
}

async function openOn(adapterOf: () => Promise<GPUAdapter>): Promise<Running> {
  const adapter = await adapterOf();
  const gpu = await openGpu(adapter);
  const { name, isSoftware } = describeAdapter(adapter);
  return { gpu, device: deviceOf(gpu, name, isSoftware) };
}

function deviceOf(gpu: Gpu, adapter: string, isSoftware: boolean): WebgpuDevice {
  const device: Device<WebgpuBuffer> & Omit<WebgpuDevice, keyof Device> = {
    name: "webgpu",
    adapter,
    isSoftware,
    dtypes: ["float32", "int32"],
    kernels: allOrNothing(gpu, {
      ...elementwiseKernels(gpu),
      ...randomKernels(gpu),
      ...movementKernels(gpu),
      ...reductionKernels(gpu),
      ...indexingKernels(gpu),
      ...poolKernels(gpu),
      ...batchNormKernels(gpu),
      ...productKernels(gpu),
      ...adamKernels(gpu),
    }),
    write: (data, { dtype }) => gpu.write(new ARRAY[dtype](data)),
    read: async ({ buffer, dtype }) => new ARRAY[dtype](await gpu.read(buffer)),
    bytes: (buffer) => buffer.bytes,
    free: (buffer) => gpu.free(buffer),
    get statistics() {
      return gpu.statistics;
    },
    idle: () => gpu.idle(),
    destroy: () => gpu.destroy(),
    warmUp: (rehearse, progress) => gpu.warmUp(rehearse, progress),
  };
  return device;
}

/** Kernels that keep no buffer when they throw. */
function allOrNothing(gpu: Gpu, kernels: Kernels<WebgpuBuffer>): Kernels<WebgpuBuffer> {
  const wrapped = Object.entries(kernels).map(([name, kernel]) => {
    const run: (...args: never[]) => unknown = kernel;
    return [name, (...args: never[]) => gpu.attempt(() => run(...args))];
  });
  return Object.fromEntries(wrapped);
}
