/**
 * jax-js and its backends.
 *
 * @module
 */

import * as jax from "npm:@jax-js/jax@0.1.25";

export { jax };

/** The backends that are measured. */
export type BackendName = "wasm" | "webgpu";

/** What the package does not say of itself. */
export const VERSION = "0.1.25";

/** @throws {Error} if the backend does not start. */
export async function startBackend(name: BackendName): Promise<void> {
  await jax.init(name);
  jax.defaultDevice(name);
}
