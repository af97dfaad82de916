/**
 * Tests of every device that this machine has.
 *
 * @module
 */

import { DEVICE_NAMES, type DeviceName } from "../tensor/devices.ts";
import { findAdapter, NoGpu } from "../tensor/webgpu/start.ts";

/** A test of each device; a device that cannot be had here is skipped, with the reason in the name. */
export async function deviceTest(
  name: string,
  run: (device: DeviceName, test: Deno.TestContext) => void | Promise<void>,
): Promise<void> {
  const reason = await reasonAgainstGpu();
  for (const device of DEVICE_NAMES) {
    const missing = device === "webgpu" ? reason : undefined;
    Deno.test({
      name: `${device}: ${name}${missing === undefined ? "" : ` (skipped: ${missing})`}`,
      ignore: missing !== undefined,
      fn: (test) => run(device, test),
    });
  }
}

let asked: Promise<string | undefined> | undefined;

/** Why there is no GPU here, not even one in software. */
export function reasonAgainstGpu(): Promise<string | undefined> {
  return asked ??= findAdapter().then(() => undefined, (error) => {
    if (error instanceof NoGpu) return error.message;
    throw error;
  });
}
