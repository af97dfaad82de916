/**
 * How the device under measurement is started, and what it says of how it computes.
 *
 * @module
 */

import { currentDevice, type DeviceName, init } from "../tensor/mod.ts";
import { startWebgpu, type WebgpuDevice } from "../tensor/webgpu/device.ts";
import type { Mode } from "./protocol.ts";

/** How a started device computes. */
export interface DeviceMode {
  readonly threads: number;
  readonly mode: Mode;
  /** Of the `webgpu` device. */
  readonly gpu?: WebgpuDevice;
}

/** Starts a device with so many threads (all cores unless told) and makes it the current one. */
export async function startDevice(name: DeviceName, threads?: number): Promise<DeviceMode> {
  await init(name, { threads });
  const mode = currentDevice().description ?? { threads: 1, mode: "plain" };
  return name === "webgpu" ? { ...mode, gpu: await startWebgpu() } : mode;
}
