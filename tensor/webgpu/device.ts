/**
 * The `webgpu` device: kernels in WGSL that TypeScript writes, on whatever GPU the host has.
 *
 * @module
 */

import { ARRAY, type Device } from "../device.ts";
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

let running: { gpu: Gpu; device: WebgpuDevice } | undefined;

/**
 * Starts the device; there is one in a process, and only a GPU that failed is replaced.
 *
 * @throws {NoGpu} if there is no GPU that can be opened.
 */
export async function startWebgpu(options: WebgpuOptions = {}): Promise<WebgpuDevice> {
  if (running !== undefined && running.gpu.fault === undefined) return running.device;
  const adapter = await findAdapter(options);
  const gpu = await openGpu(adapter);
  const { name, isSoftware } = describeAdapter(adapter);
  const device = deviceOf(gpu, name, isSoftware);
  running = { gpu, device };
  return device;
}

/** Starts the device if the GPU is one in hardware; else says why not. */
export async function startHardware(
  options: WebgpuOptions = {},
): Promise<WebgpuDevice | string> {
  if (running?.device.isSoftware === false) return startWebgpu(options);
  try {
    const { isSoftware, name } = describeAdapter(await findAdapter(options));
    if (isSoftware) return `the only GPU is one in software (${name})`;
    return await startWebgpu(options);
  } catch (error) {
    if (error instanceof NoGpu) return error.message;
    throw error;
  }
}

function deviceOf(gpu: Gpu, adapter: string, isSoftware: boolean): WebgpuDevice {
  const device: Device<WebgpuBuffer> & Omit<WebgpuDevice, keyof Device> = {
    name: "webgpu",
    adapter,
    isSoftware,
    dtypes: ["float32", "int32"],
    kernels: {
      ...elementwiseKernels(gpu),
      ...randomKernels(gpu),
      ...movementKernels(gpu),
      ...reductionKernels(gpu),
      ...indexingKernels(gpu),
      ...poolKernels(gpu),
      ...batchNormKernels(gpu),
      ...productKernels(gpu),
      ...adamKernels(gpu),
    },
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
