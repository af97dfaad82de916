/**
 * The devices that exist, and the current one.
 *
 * @module
 */

import type { Device } from "./device.ts";
import { jsDevice } from "./js/device.ts";
import { startWasm, type WasmOptions } from "./wasm/device.ts";

/** The name of a device. */
export type DeviceName = "js" | "wasm";

/** How {@linkcode init} starts a device; each device takes what concerns it. */
export type InitOptions = WasmOptions;

const STARTERS: Readonly<Record<DeviceName, (options: InitOptions) => Device>> = {
  js: () => jsDevice,
  wasm: startWasm,
};

/** The names of the devices, for help texts and tests. */
export const DEVICE_NAMES = Object.keys(STARTERS) as readonly DeviceName[];

const started = new Map<DeviceName, Device>();

let current: Device = jsDevice;

/** The device that new tensors go to. */
export function currentDevice(): Device {
  return current;
}

/**
 * Finds a device by name; one that has not been started is started as {@linkcode init} does without
 * options.
 *
 * @throws {RangeError} if there is none of that name.
 */
export function deviceNamed(name: DeviceName): Device {
  return started.get(name) ?? start(name, {});
}

/**
 * Starts a device and makes it the one that new tensors go to; `"auto"` picks the fastest there is,
 * which is `wasm`.
 *
 * May be called again, also to go on with other options; tensors made before stay where they are.
 * Without a call the device is `js`.
 *
 * @throws {RangeError} if there is no such device, or the host gives it no memory.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { init, tensor } from "./mod.ts";
 *
 * await init("wasm", { threads: 2 });
 * equal(tensor([1, 2]).device.name, "wasm");
 * ```
 */
export function init(
  name: DeviceName | "auto" = "auto",
  options: InitOptions = {},
): Promise<void> {
  // A failure is to reject the promise, not to be thrown beside it.
  return Promise.resolve().then(() => {
    current = start(name === "auto" ? "wasm" : name, options);
  });
}

function start(name: DeviceName, options: InitOptions): Device {
  if (!Object.hasOwn(STARTERS, name)) {
    throw new RangeError(`Cannot use device "${name}": there is ${DEVICE_NAMES.join(", ")}`);
  }
  const device = STARTERS[name](options);
  started.set(name, device);
  return device;
}
