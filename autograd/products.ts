/**
 * Products with Jacobians and Hessians, from gradients alone; no such matrix is ever built.
 *
 * @module
 */

import { scope } from "../tensor/scope.ts";
import { checkShapeIs } from "../tensor/launch.ts";
import { zerosLike } from "../tensor/creation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leaves, mapTree, type Tree } from "../tensor/tree.ts";
import { sum } from "./functions/sum.ts";
import { grad } from "./grad.ts";
import { add } from "./ops/add.ts";
import { mul } from "./ops/mul.ts";

/**
 * The inner product of two trees of one structure: the sum of the products of their elements.
 *
 * @throws {TypeError} if the trees have different numbers of tensors, or two tensors at one place
 * different shapes.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { dot, tensor } from "../mod.ts";
 *
 * equal(dot([tensor([1, 2]), tensor(3)], [tensor([4, 5]), tensor(6)]).dataSync()[0], 32);
 * ```
 */
export function dot(x: Tree, y: Tree): Tensor {
  const [xs, ys] = [leaves(x), leaves(y)];
  if (xs.length !== ys.length || xs.length === 0) {
    throw new TypeError(
      `Cannot take the inner product of trees of ${xs.length} and ${ys.length} tensors: ` +
        `both need the same number, one at least`,
    );
  }
  xs.forEach((leaf, i) => checkShapeIs("take an inner product", "both sides", ys[i], leaf.shape));
  return xs.map((leaf, i) => sum(mul(leaf, ys[i]))).reduce((total, term) => add(total, term));
}

/**
 * Vector–Jacobian product: the gradient of ⟨f(x), u⟩ with respect to x.
 *
 * Shape: u has f's shape, the result x's.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { mul, tensor, vjp } from "../mod.ts";
 *
 * const product = vjp((x) => mul(x, x))(tensor([1, 2]), tensor([1, 10]));
 * deepEqual([...product.dataSync()], [2, 40]);
 * ```
 */
export function vjp<X extends Tree = Tensor>(f: (x: X) => Tree): (x: X, u: Tree) => X {
  return (x, u) => grad((x: X) => dot(f(x), u))(x);
}

/**
 * Jacobian–vector product: the derivative of f at x in direction v.
 *
 * The vector–Jacobian product is linear in u, so its own gradient with respect to u is the product
 * with the Jacobian itself.
 *
 * Shape: v has x's shape, the result f's.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { jvp, mul, tensor } from "../mod.ts";
 *
 * const product = jvp((x) => mul(x, x))(tensor([1, 2]), tensor([1, 10]));
 * deepEqual([...product.dataSync()], [2, 40]);
 * ```
 */
export function jvp<X extends Tree = Tensor, Y extends Tree = Tensor>(
  f: (x: X) => Y,
): (x: X, v: X) => Y {
  return (x, v) =>
    scope(() => {
      const anyU = mapTree(f(x), zerosLike);
      return grad((u: Y) => dot(vjp(f)(x, u), v))(anyU);
    });
}

/**
 * Hessian–vector product: the gradient of ⟨∇f(x), v⟩ with respect to x, for a scalar f.
 *
 * Shape: v and the result have x's shape.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { hvp, pow, sum, tensor } from "../mod.ts";
 *
 * const product = hvp((x) => sum(pow(x, 3)))(tensor([1, 2]), tensor([1, 1]));
 * deepEqual([...product.dataSync()], [6, 12]);
 * ```
 */
export function hvp<X extends Tree = Tensor>(f: (x: X) => Tensor): (x: X, v: X) => X {
  return (x, v) => grad((x: X) => dot(grad(f)(x), v))(x);
}
