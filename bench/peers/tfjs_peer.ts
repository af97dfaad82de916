/**
 * TensorFlow.js as a measured program, `tfjs_peer.ts wasm|webgpu`: convolutions and matrix products, and
 * on webgpu the embedder's second-order step.
 *
 * @module
 */

import { awaited, AWAITED_SAMPLE_MS } from "../awaited.ts";
import { serve } from "../serve.ts";
import type { ConvolutionWork, Prepared, Work } from "../work.ts";
import { startBackend, tf } from "./tfjs.ts";
import { prepareEmbedderStep } from "./tfjs_embedder.ts";

const IS_ASYNCHRONOUS = Deno.args[0] === "webgpu";

await serve(async () => {
  const { version, threads } = await startBackend(IS_ASYNCHRONOUS ? "webgpu" : "wasm");
  return {
    hello: {
      versions: { tfjs: version },
      threads,
      ...(IS_ASYNCHRONOUS ? { sample_ms: AWAITED_SAMPLE_MS } : {}),
    },
    prepare,
  };
});
// Its GPU would keep the process alive.
Deno.exit();

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
    case "embedder": {
      const { inputs, run } = prepareEmbedderStep(work);
      return repeatable(inputs, run);
    }
    default:
      throw new Error(
        "tfjs is measured on convolutions, matrix products and the embedder's step only",
      );
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
  const end = () => inputs.forEach((input) => input.dispose());
  if (!IS_ASYNCHRONOUS) return { run: () => f().dispose(), end };
  return awaited({ begin: f, read: readOne, free: (result) => result.dispose(), end });
}

async function readOne(result: tf.Tensor): Promise<void> {
  const one = tf.tidy(() => tf.slice(tf.reshape(result, [-1]), 0, 1));
  await one.data();
  one.dispose();
}
