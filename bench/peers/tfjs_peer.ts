/**
 * TensorFlow.js on its WebAssembly backend as a measured program: convolutions and matrix products.
 *
 * Outside of a page it refuses to use threads.
 *
 * @module
 */

import * as tf from "npm:@tensorflow/tfjs-core@4.22.0";
import { getThreadsCount, version_wasm } from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import { serve } from "../serve.ts";
import type { ConvolutionWork, Prepared, Work } from "../work.ts";

await serve(async () => {
  await tf.setBackend("wasm");
  await tf.ready();
  return {
    hello: { versions: { tfjs: version_wasm }, threads: getThreadsCount() },
    prepare,
  };
});

function prepare(work: Work): Prepared {
  switch (work.kind) {
    case "conv2d":
    case "conv2dInput":
    case "conv2dWeight":
      return convolution(work);
    case "matmul": {
      const [x, y] = [0, 1].map(() => tf.randomUniform<tf.Rank.R2>([work.size, work.size], -1, 1));
      return repeatable([x, y], () => tf.matMul(x, y));
    }
    default:
      throw new Error(`tfjs is measured on convolutions and matrix products only`);
  }
}

/** In its own order of axes, [N,H,W,C], so that it need not convert. */
function convolution({ kind, batch, inputs, outputs, side }: ConvolutionWork): Prepared {
  const image: [number, number, number, number] = [batch, side, side, inputs];
  const filter: [number, number, number, number] = [3, 3, inputs, outputs];
  const x = tf.randomUniform<tf.Rank.R4>(image, -1, 1);
  const w = tf.randomUniform<tf.Rank.R4>(filter, -1, 1);
  const g = tf.randomUniform<tf.Rank.R4>([batch, side, side, outputs], -1, 1);
  const compute = {
    conv2d: () => tf.conv2d(x, w, 1, "same"),
    conv2dInput: () => tf.conv2dTranspose(g, w, image, 1, "same"),
    conv2dWeight: () =>
      tf.engine().runKernel<tf.Tensor>(
        tf.Conv2DBackpropFilter,
        { x, dy: g },
        { strides: 1, pad: "same", dataFormat: "NHWC", filterShape: filter },
      ),
  };
  return repeatable([x, w, g], compute[kind]);
}

function repeatable(inputs: readonly tf.Tensor[], f: () => tf.Tensor): Prepared {
  return {
    run: () => f().dispose(),
    end: () => inputs.forEach((input) => input.dispose()),
  };
}
