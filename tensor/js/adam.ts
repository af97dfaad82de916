import {
  type AdamResult,
  type AdamStep,
  type HostArray,
  hostArray,
  type Operand,
} from "../device.ts";

/**
 * One step of Adam, in the order of the ops that it replaces: in float64 the results are theirs to
 * the last bit.
 */
export function adam(
  { dtype, buffer: weights }: Operand<HostArray>,
  { buffer: gradients }: Operand<HostArray>,
  { buffer: means }: Operand<HostArray>,
  { buffer: variances }: Operand<HostArray>,
  { stepSize, beta1, beta2, deviationCorrection, epsilon }: AdamStep,
): AdamResult<HostArray> {
  const size = weights.length;
  const weight = hostArray(dtype, size);
  const mean = hostArray(dtype, size);
  const variance = hostArray(dtype, size);
  for (let i = 0; i < size; i++) {
    const g = gradients[i];
    mean[i] = means[i] * beta1 + g * (1 - beta1);
    variance[i] = variances[i] * beta2 + g * g * (1 - beta2);
    const deviation = Math.sqrt(variance[i]) * (1 / deviationCorrection) + epsilon;
    weight[i] = weights[i] - mean[i] * (1 / deviation) * stepSize;
  }
  return { weight, mean, variance };
}
