/**
 * jax-js on its WebAssembly backend as a measured program: convolutions and matrix products.
 *
 * @module
 */

import { defaultDevice, init, jit, lax, numpy, random, vjp } from "npm:@jax-js/jax@0.1.25";
import { serve } from "../serve.ts";
import type { ConvolutionWork, Prepared, Work } from "../work.ts";

await serve(async () => {
  await init("wasm");
  defaultDevice("wasm");
  return { hello: { versions: { "jax-js": "0.1.25" }, threads: 1 }, prepare };
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
      return repeatable([matrix, matrix], (x, y) => numpy.matmul(x, y));
    }
    default:
      throw new Error("jax-js is measured on convolutions and matrix products only");
  }
}

function convolution({ kind, batch, inputs, outputs, side }: ConvolutionWork): Promise<Prepared> {
  const image = [batch, inputs, side, side];
  const map = [batch, outputs, side, side];
  const weight = [outputs, inputs, 3, 3];
  switch (kind) {
    case "conv2d":
      return repeatable([image, weight], convolve);
    case "conv2dInput":
      return repeatable([image, weight, map], (x, w, g) => {
        const [y, pullBack] = vjp((x: numpy.Array) => convolve(x, w), [x]);
        y.dispose();
        return pullBack(g)[0];
      });
    case "conv2dWeight":
      return repeatable([image, weight, map], (x, w, g) => {
        const [y, pullBack] = vjp((w: numpy.Array) => convolve(x, w), [w]);
        y.dispose();
        return pullBack(g)[0];
      });
  }
}

function convolve(x: numpy.Array, w: numpy.Array): numpy.Array {
  return lax.conv(x, w, [1, 1], "SAME");
}

/** It compiles what it is given to one program, and takes each argument away unless told otherwise. */
async function repeatable(
  shapes: readonly (readonly number[])[],
  f: (...inputs: numpy.Array[]) => numpy.Array,
): Promise<Prepared> {
  const inputs = shapes.map((shape, i) => random.uniform(random.key(i), [...shape]));
  for (const input of inputs) await input.blockUntilReady();
  const compiled = jit(f);
  return {
    async run() {
      const output = compiled(...inputs.map((input) => input.ref));
      await output.blockUntilReady();
      output.dispose();
    },
    end: () => inputs.forEach((input) => input.dispose()),
  };
}
