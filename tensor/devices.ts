/**
 * The devices that exist, and the current one.
 *
 * @module
 */

import type { Device } from "./device.ts";
import { jsDevice } from "./js/device.ts";

/** The name of a device. */
export type DeviceName = "js";

const DEVICES: Readonly<Record<DeviceName, Device>> = { js: jsDevice };

/** The names of the devices, for help texts and tests. */
export const DEVICE_NAMES = Object.keys(DEVICES) as readonly DeviceName[];

let current: Device = jsDevice;

/** The device that new tensors go to. */
export function currentDevice(): Device {
  return current;
}

/**
 * Finds a device by name.
 *
 * @throws {RangeError} if there is none of that name.
 */
export function deviceNamed(name: DeviceName): Device {
  if (!Object.hasOwn(DEVICES, name)) {
    throw new RangeError(`Cannot use device "${name}": there is ${DEVICE_NAMES.join(", ")}`);
  }
  return DEVICES[name];
}

/**
 * Starts a device and makes it the one that new tensors go to; `"auto"` picks the fastest there is.
 *
 * May be called again; tensors made before stay where they are. Without a call the device is `js`.
 *
 * @throws {RangeError} if there is no such device.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { init, tensor } from "./mod.ts";
 *
 * await init("js");
 * equal(tensor([1, 2]).device.name, "js");
 * ```
 */
export function init(name: DeviceName | "auto" = "auto"): Promise<void> {
  current = name === "auto" ? jsDevice : deviceNamed(name);
  return Promise.resolve();
}
