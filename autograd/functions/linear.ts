import { checkShapeIs } from "../../tensor/launch.ts";
import { formatShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { add } from "../ops/add.ts";
import { matmul } from "../ops/matmul.ts";
import { transpose } from "./transpose.ts";

/**
 * x weightᵀ + bias: a fully connected layer.
 *
 * Shape: x [..., N, in], weight [out, in], bias [out]; gives [..., N, out].
 *
 * @throws {TypeError} if the shapes do not fit together.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { linear, tensor } from "../../mod.ts";
 *
 * const y = linear(tensor([[1, 2]]), tensor([[3, 4], [5, 6]]), tensor([10, 20]));
 * deepEqual([...y.dataSync()], [21, 37]);
 * ```
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  if (weight.shape.length !== 2 || x.shape.length < 2 || x.shape.at(-1) !== weight.shape[1]) {
    throw new TypeError(
      `Cannot apply a linear layer of weight ${formatShape(weight.shape)} to ` +
        `${formatShape(x.shape)}: they must be [out,in] and [...,N,in]`,
    );
  }
  if (bias !== undefined) checkShapeIs("apply a linear layer", "the bias", bias, [weight.shape[0]]);
  const y = matmul(x, transpose(weight));
  return bias === undefined ? y : add(y, bias);
}
