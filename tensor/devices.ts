/**
 * The devices that exist, and the current one.
 *
 * @module
 */

import type { Device } from "./device.ts";
import { jsDevice } from "./js/device.ts";
import { startWasm, type WasmOptions } from "./wasm/device.ts";
import { startHardware, startWebgpu, type WebgpuOptions } from "./webgpu/device.ts";

export type { WasmOptions } from "./wasm/device.ts";
export type {
  DrivingStatistics,
  GpuStatistics,
  PoolStatistics,
  WebgpuDevice,
  WebgpuOptions,
} from "./webgpu/device.ts";

/** The name of a device. */
export type DeviceName = "js" | "wasm" | "webgpu";

/** How {@linkcode init} starts a device; each device takes what concerns it. */
export type InitOptions = WasmOptions & WebgpuOptions;

/** Those that need not be waited for. */
const AT_ONCE = {
  js: (_options: InitOptions): Device => jsDevice,
  wasm: startWasm,
};

const STARTERS: Readonly<
  Record<DeviceName, (options: InitOptions) => Device | Promise<Device>>
> = { ...AT_ONCE, webgpu: startWebgpu };

/** The names of the devices, for help texts and tests. */
export const DEVICE_NAMES = Object.keys(STARTERS) as readonly DeviceName[];

const started = new Map<DeviceName, Device>();

let current: Device = jsDevice;

/** The device that new tensors go to. */
export function currentDevice(): Device {
  return current;
}

/**
 * Finds a device by name; one that has not been started and needs no waiting is started as
 * {@linkcode init} does without options.
 *
 * @throws {RangeError} if there is none of that name.
 * @throws {Error} if the device must be waited for, and has not been started.
 */
export function deviceNamed(name: DeviceName): Device {
  const known = started.get(name);
  if (known !== undefined) return known;
  checkName(name);
  if (!isAtOnce(name)) {
    throw new Error(
      `Cannot use device ${name} before it has been started: call await init("${name}") first`,
    );
  }
  const device = AT_ONCE[name]({});
  started.set(name, device);
  return device;
}

function isAtOnce(name: DeviceName): name is keyof typeof AT_ONCE {
  return name in AT_ONCE;
}

/**
 * Finds a device by name, and starts it if that has not been done.
 *
 * @throws {RangeError} if there is none of that name.
 */
export async function startedDevice(name: DeviceName): Promise<Device> {
  return started.get(name) ?? await start(name, {});
}

/**
 * Starts a device and makes it the one that new tensors go to; `"auto"` is a GPU (`webgpu`) where
 * there is one in hardware, else `wasm`.
 *
 * May be called again, also to go on with other options; tensors made before stay where they are.
 * Without a call the device is `js`.
 *
 * @throws {RangeError} if there is no such device, or the host gives it no memory.
 * @throws {Error} if `webgpu` was asked for by name and cannot be had.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { init, tensor } from "./mod.ts";
 *
 * await init("wasm", { threads: 2 });
 * equal(tensor([1, 2]).device.name, "wasm");
 * ```
 */
export async function init(
  name: DeviceName | "auto" = "auto",
  options: InitOptions = {},
): Promise<void> {
  current = name === "auto" ? await startFastest(options) : await start(name, options);
}

async function startFastest(options: InitOptions): Promise<Device> {
  const gpu = await startHardware(options);
  if (typeof gpu === "string") {
    sayOnce(`Computing on wasm: ${gpu}`);
    return start("wasm", options);
  }
  started.set("webgpu", gpu);
  return gpu;
}

let hasSaid = false;

function sayOnce(message: string): void {
  if (!hasSaid) console.warn(message);
  hasSaid = true;
}

async function start(name: DeviceName, options: InitOptions): Promise<Device> {
  checkName(name);
  const device = await STARTERS[name](options);
  started.set(name, device);
  return device;
}

function checkName(name: DeviceName): void {
  if (!Object.hasOwn(STARTERS, name)) {
    throw new RangeError(`Cannot use device "${name}": there is ${DEVICE_NAMES.join(", ")}`);
  }
}
