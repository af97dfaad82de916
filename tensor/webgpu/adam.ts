/**
 * One step of Adam in one pass over a weight.
 *
 * @module
 */

import type { AdamResult, AdamStep, Kernels } from "../device.ts";
import type { WebgpuBuffer, WebgpuOperand } from "./buffer.ts";
import { foursIn } from "./elementwise/flat.ts";
import type { Gpu } from "./gpu.ts";
import { eachProgram } from "./program.ts";

const adamProgram = eachProgram({
  name: "adam",
  reads: { weight: "vec4f", gradient: "vec4f", mean: "vec4f", variance: "vec4f" },
  writes: { newWeight: "vec4f", newMean: "vec4f", newVariance: "vec4f" },
  numbers: {
    stepSize: "f32",
    beta1: "f32",
    restOfBeta1: "f32",
    beta2: "f32",
    restOfBeta2: "f32",
    scale: "f32",
    epsilon: "f32",
  },
  body: `
  let g = gradient[i];
  let m = mean[i] * u.beta1 + g * u.restOfBeta1;
  let v = variance[i] * u.beta2 + g * g * u.restOfBeta2;
  newMean[i] = m;
  newVariance[i] = v;
  newWeight[i] = weight[i] - m / (sqrt(v) * u.scale + u.epsilon) * u.stepSize;`,
});

/** The optimiser's kernel of a GPU. */
export function adamKernels(gpu: Gpu): Pick<Kernels<WebgpuBuffer>, "adam"> {
  return {
    adam: (weight, gradient, mean, variance, step) =>
      adam(gpu, [weight, gradient, mean, variance], step),
  };
}

function adam(
  gpu: Gpu,
  [weight, gradient, mean, variance]: readonly WebgpuOperand[],
  { stepSize, beta1, beta2, deviationCorrection, epsilon }: AdamStep,
): AdamResult<WebgpuBuffer> {
  const [newWeight, newMean, newVariance] = [0, 1, 2].map(() => gpu.allocate(weight.shape));
  gpu.each(adamProgram, foursIn(weight.shape), {
    weight: weight.buffer,
    gradient: gradient.buffer,
    mean: mean.buffer,
    variance: variance.buffer,
    newWeight,
    newMean,
    newVariance,
  }, {
    stepSize,
    beta1,
    restOfBeta1: 1 - beta1,
    beta2,
    restOfBeta2: 1 - beta2,
    scale: 1 / deviationCorrection,
    epsilon,
  });
  return { weight: newWeight, mean: newMean, variance: newVariance };
}
