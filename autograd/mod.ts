/**
 * Automatic differentiation of any order: the ops, and what differentiates functions made of them.
 *
 * @module
 */

export { checkpoint } from "./checkpoint.ts";
export { gradcheck, type GradcheckOptions, type GradcheckReport } from "./gradcheck.ts";
export { grad, type Loss, type LossWithAux, valueAndGrad } from "./grad.ts";
export type { Operand } from "./operand.ts";
export { dot, hvp, jvp, vjp } from "./products.ts";

export { abs } from "./ops/abs.ts";
export { add } from "./ops/add.ts";
export { argmax } from "./ops/argmax.ts";
export { argmaxPool } from "./ops/argmax_pool.ts";
export { batchNorm, type BatchNormOutput } from "./ops/batch_norm.ts";
export { batchNormRelu } from "./ops/batch_norm_relu.ts";
export { broadcastTo } from "./ops/broadcast_to.ts";
export { cast } from "./ops/cast.ts";
export { cat } from "./ops/cat.ts";
export { combine } from "./ops/combine.ts";
export { equal, greater } from "./ops/compare.ts";
export { conv2d, conv2dInput, type Conv2dOptions, conv2dWeight } from "./ops/conv2d.ts";
export { cos } from "./ops/cos.ts";
export { exp } from "./ops/exp.ts";
export { gather } from "./ops/gather.ts";
export { log } from "./ops/log.ts";
export { matmul } from "./ops/matmul.ts";
export { mul } from "./ops/mul.ts";
export { pad } from "./ops/pad.ts";
export { permute } from "./ops/permute.ts";
export { positive } from "./ops/positive.ts";
export { pow } from "./ops/pow.ts";
export { relu } from "./ops/relu.ts";
export { reshape } from "./ops/reshape.ts";
export { scale } from "./ops/scale.ts";
export { scatterAdd } from "./ops/scatter_add.ts";
export { sigmoid } from "./ops/sigmoid.ts";
export { sin } from "./ops/sin.ts";
export { slice } from "./ops/slice.ts";
export { softplus } from "./ops/softplus.ts";
export { sqrt } from "./ops/sqrt.ts";
export { stopGradient } from "./ops/stop_gradient.ts";
export { sumTo } from "./ops/sum_to.ts";
export { tanh } from "./ops/tanh.ts";
export { where } from "./ops/where.ts";

export { adaptiveAvgPool2d, avgPool2d } from "./functions/avg_pool2d.ts";
export { bceWithLogits } from "./functions/bce_with_logits.ts";
export { clip } from "./functions/clip.ts";
export { crossEntropy } from "./functions/cross_entropy.ts";
export { div } from "./functions/div.ts";
export { dropout } from "./functions/dropout.ts";
export { linear } from "./functions/linear.ts";
export { max, min } from "./functions/extremum.ts";
export { maxPool2d } from "./functions/max_pool2d.ts";
export { mean } from "./functions/mean.ts";
export { mse } from "./functions/mse.ts";
export { logSoftmax, softmax } from "./functions/softmax.ts";
export { split } from "./functions/split.ts";
export { stack } from "./functions/stack.ts";
export { sub } from "./functions/sub.ts";
export { sum } from "./functions/sum.ts";
export { transpose } from "./functions/transpose.ts";
export { variance, type VarianceOptions } from "./functions/variance.ts";
