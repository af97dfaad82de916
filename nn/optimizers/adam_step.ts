/**
 * What Adam does to one tensor of parameters: in one pass, or in ops that can be differentiated.
 *
 * @module
 */

import { div } from "../../autograd/functions/div.ts";
import { add } from "../../autograd/ops/add.ts";
import { combine } from "../../autograd/ops/combine.ts";
import { mul } from "../../autograd/ops/mul.ts";
import { scale } from "../../autograd/ops/scale.ts";
import { sqrt } from "../../autograd/ops/sqrt.ts";
import { isWatched } from "../../autograd/tape.ts";
import type { AdamResult, AdamStep } from "../../tensor/device.ts";
import { checkFloat, launchMany } from "../../tensor/launch.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * Moves a weight, and the running means of its gradient and of the gradient's square.
 *
 * Shape: all alike.
 *
 * @throws {TypeError} if dtypes or devices differ, or the tensors are int32.
 */
export function adamStep(
  weight: Tensor,
  gradient: Tensor,
  mean: Tensor,
  variance: Tensor,
  step: AdamStep,
): AdamResult<Tensor> {
  checkFloat("optimise", weight);
  const stepOnce = isWatched(weight, gradient, mean, variance) ? differentiable : fused;
  return stepOnce(weight, gradient, mean, variance, step);
}

function differentiable(
  weight: Tensor,
  gradient: Tensor,
  mean: Tensor,
  variance: Tensor,
  { stepSize, beta1, beta2, deviationCorrection, epsilon }: AdamStep,
): AdamResult<Tensor> {
  return scope(() => {
    const m = combine(mean, beta1, gradient, 1 - beta1);
    const v = combine(variance, beta2, mul(gradient, gradient), 1 - beta2);
    const deviation = add(scale(sqrt(v), 1 / deviationCorrection), epsilon);
    return { weight: combine(weight, 1, div(m, deviation), -stepSize), mean: m, variance: v };
  });
}

function fused(
  weight: Tensor,
  gradient: Tensor,
  mean: Tensor,
  variance: Tensor,
  step: AdamStep,
): AdamResult<Tensor> {
  const { shape } = weight;
  const [movedWeight, movedMean, movedVariance] = launchMany(
    "adam",
    [weight, gradient, mean, variance],
    [shape, shape, shape],
    (kernels) => {
      const moved = kernels.adam(weight, gradient, mean, variance, step);
      return [moved.weight, moved.mean, moved.variance];
    },
  );
  return { weight: movedWeight, mean: movedMean, variance: movedVariance };
}
