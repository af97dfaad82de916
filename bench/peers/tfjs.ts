/**
 * TensorFlow.js and its backends.
 *
 * @module
 */

import * as tf from "npm:@tensorflow/tfjs-core@4.22.0";

export { tf };

/** The backends that are measured. */
export type BackendName = "wasm" | "webgpu";

/** A started backend. */
export interface Backend {
  readonly version: string;
  readonly threads: number;
}

const STARTERS: Readonly<Record<BackendName, () => Promise<Backend>>> = {
  async wasm() {
    const wasm = await import("npm:@tensorflow/tfjs-backend-wasm@4.22.0");
    await start("wasm");
    // Outside of a page it refuses to use threads.
    return { version: wasm.version_wasm, threads: wasm.getThreadsCount() };
  },
  async webgpu() {
    // The core alone knows no gradients; the whole package registers them.
    await import("npm:@tensorflow/tfjs@4.22.0");
    await import("npm:@tensorflow/tfjs-backend-webgpu@4.22.0");
    await start("webgpu");
    return { version: tf.version_core, threads: 1 };
  },
};

/** @throws {Error} if the backend does not start. */
export function startBackend(name: BackendName): Promise<Backend> {
  return STARTERS[name]();
}

async function start(name: BackendName): Promise<void> {
  if (!await tf.setBackend(name)) throw new Error(`Cannot start the backend ${name} of tfjs`);
  await tf.ready();
}
