/**
 * jax-js as a measured program, `jax_js_peer.ts wasm|webgpu`: convolutions and matrix products, and on
 * webgpu the embedder's second-order step.
 *
 * @module
 */

import { AWAITED_SAMPLE_MS } from "../awaited.ts";
import { serve } from "../serve.ts";
import type { ConvolutionWork, Prepared, Work } from "../work.ts";
import { jax, startBackend, VERSION } from "./jax_js.ts";
import { embedderGradients, embedderInputs } from "./jax_js_embedder.ts";

const { lax, numpy, random, vjp } = jax;

const IS_ASYNCHRONOUS = Deno.args[0] === "webgpu";

await serve(async () => {
  await startBackend(IS_ASYNCHRONOUS ? "webgpu" : "wasm");
  return {
    hello: {
      versions: { "jax-js": VERSION },
      threads: 1,
      ...(IS_ASYNCHRONOUS ? { sample_ms: AWAITED_SAMPLE_MS } : {}),
    },
    prepare,
  };
});
// Its workers would keep the process alive.
Deno.exit();

function prepare(work: Work): Promise<Prepared> {
  switch (work.kind) {
    case "conv2d":
    case "conv2dInput":
    case "conv2dWeight":
      return convolution(work);
    case "matmul": {
      const matrix = [work.size, work.size];
      return repeatableOn([matrix, matrix], (x, y) => numpy.matmul(x, y));
    }
    case "embedder":
      // Compiled to one program it takes twice as long.
      return repeatable(embedderInputs(work), embedderGradients);
    default:
      throw new Error(
        "jax-js is measured on convolutions, matrix products and the embedder's step only",
      );
  }
}

function convolution({ kind, batch, inputs, outputs, side }: ConvolutionWork): Promise<Prepared> {
  const image = [batch, inputs, side, side];
  const map = [batch, outputs, side, side];
  const weight = [outputs, inputs, 3, 3];
  switch (kind) {
    case "conv2d":
      return repeatableOn([image, weight], convolve);
    case "conv2dInput":
      return repeatableOn([image, weight, map], (x, w, g) => {
        const [y, pullBack] = vjp((x: jax.numpy.Array) => convolve(x, w), [x]);
        y.dispose();
        return pullBack(g)[0];
      });
    case "conv2dWeight":
      return repeatableOn([image, weight, map], (x, w, g) => {
        const [y, pullBack] = vjp((w: jax.numpy.Array) => convolve(x, w), [w]);
        y.dispose();
        return pullBack(g)[0];
      });
  }
}

function convolve(x: jax.numpy.Array, w: jax.numpy.Array): jax.numpy.Array {
  return lax.conv(x, w, [1, 1], "SAME");
}

function repeatableOn(
  shapes: readonly (readonly number[])[],
  f: (...inputs: jax.numpy.Array[]) => jax.numpy.Array,
): Promise<Prepared> {
  const inputs = shapes.map((shape, i) => random.uniform(random.key(i), [...shape]));
  return repeatable(inputs, jax.jit((...inputs: jax.numpy.Array[]) => [f(...inputs)]));
}

/** It takes each argument away unless told otherwise, and begins only when somebody waits. */
async function repeatable(
  inputs: readonly jax.numpy.Array[],
  f: (...inputs: jax.numpy.Array[]) => jax.numpy.Array[],
): Promise<Prepared> {
  await jax.blockUntilReady([...inputs]);
  let pending: Promise<void>[] = [];
  const compute = async () => {
    const outputs = f(...inputs.map(({ ref }) => ref));
    await jax.blockUntilReady(outputs);
    for (const output of outputs) output.dispose();
  };
  return {
    run: () => void pending.push(compute()),
    async settle() {
      const waiting = pending;
      pending = [];
      await Promise.all(waiting);
    },
    end: () => inputs.forEach((input) => input.dispose()),
  };
}
