/**
 * Gradients of functions of tensors, to any order.
 *
 * @module
 */

import { onesLike } from "../tensor/creation.ts";
import { ignoreFailure, scope } from "../tensor/scope.ts";
import { formatShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { leaves, mapTree, type Tree } from "../tensor/tree.ts";
import { alias } from "./ops/alias.ts";
import { Tape } from "./tape.ts";

/** A function of a tree of tensors whose result is a scalar. */
export type Loss<X extends Tree, Rest extends unknown[]> = (x: X, ...rest: Rest) => Tensor;

/** A function whose result is a scalar and something that is carried along without a gradient. */
export type LossWithAux<X extends Tree, Rest extends unknown[], Aux> = (
  x: X,
  ...rest: Rest
) => [Tensor, Aux];

/**
 * Makes the function that returns a scalar function's value and its gradient with respect to the
 * first argument.
 *
 * `x` is any tree of tensors; the gradient is a tree of the same structure. Further arguments are
 * passed on untouched. If `f` returns `[value, aux]`, the result is `[[value, aux], gradient]`; aux
 * is any tree, gets no gradient here, and stays visible to outer calls. An input that the value does
 * not depend on gets zeros. Tensors that `f` makes are disposed when it ends, except the value, aux
 * and the gradients. Calls nest: the gradient is made of ordinary ops, so a function that
 * calls `valueAndGrad` can itself be differentiated.
 *
 * @throws {TypeError} if `f` returns a Promise or something that is no scalar tensor, or if `x`
 * holds an int32 tensor.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { mul, sum, tensor, valueAndGrad } from "../mod.ts";
 *
 * const [value, gradient] = valueAndGrad((x) => sum(mul(x, x)))(tensor([1, 2, 3]));
 * deepEqual([...value.dataSync()], [14]);
 * deepEqual([...gradient.dataSync()], [2, 4, 6]);
 * ```
 */
export function valueAndGrad<X extends Tree = Tensor, Rest extends unknown[] = []>(
  f: Loss<X, Rest>,
): (x: X, ...rest: Rest) => [Tensor, X];
/** The same for a function that returns `[value, aux]`. */
export function valueAndGrad<X extends Tree, Rest extends unknown[], Aux>(
  f: LossWithAux<X, Rest, Aux>,
): (x: X, ...rest: Rest) => [[Tensor, Aux], X];
export function valueAndGrad<X extends Tree, Rest extends unknown[]>(
  f: (x: X, ...rest: Rest) => Tensor | [Tensor, unknown],
): (x: X, ...rest: Rest) => [Tensor | [Tensor, unknown], X] {
  return (x, ...rest) =>
    scope(() => {
      const variables = mapTree(x, variable);
      const watched = leaves(variables);
      const tape = new Tape(watched);
      // A scope of its own: what no rule needs dies here, and not only after the sweep.
      const result = scope(() =>
        tape.listen(() => checkResult(f(mapTree(variables, (v) => v.share()), ...rest)))
      );
      const value = Array.isArray(result) ? result[0] : result;
      const gradients = tape.sweep([value], [onesLike(value)], watched);
      let next = 0;
      return [result, mapTree(x, () => gradients[next++])];
    });
}

/**
 * Makes the function that returns a scalar function's gradient with respect to the first argument.
 *
 * See {@linkcode valueAndGrad}; an aux result is dropped.
 *
 * @throws {TypeError} as {@linkcode valueAndGrad} does.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { grad, mul, sin, tensor } from "../mod.ts";
 *
 * // d²/dx² of x·sin(x) is 2·cos(x) − x·sin(x): 2 at 0.
 * const second = grad(grad((x) => mul(x, sin(x))));
 * equal(second(tensor(0)).dataSync()[0], 2);
 * ```
 */
export function grad<X extends Tree = Tensor, Rest extends unknown[] = []>(
  f: Loss<X, Rest> | LossWithAux<X, Rest, unknown>,
): (x: X, ...rest: Rest) => X {
  return (x, ...rest) => scope(() => valueAndGrad(f as Loss<X, Rest>)(x, ...rest)[1]);
}

/** The tape's own name for an input: a closure over the input itself stays a constant of this tape. */
function variable(x: Tensor, path: string): Tensor {
  if (x.dtype === "int32") {
    const where = path === "" ? "" : ` (${path})`;
    throw new TypeError(
      `Cannot differentiate with respect to an int32 tensor${where}: ` +
        `pass it as a further argument or convert it with cast(x, "float32")`,
    );
  }
  return alias(x);
}

function checkResult<Result>(result: Result): Result {
  const value: unknown = Array.isArray(result) ? result[0] : result;
  if (value instanceof Tensor && value.shape.length === 0) return result;
  if (result instanceof Promise) {
    ignoreFailure(result);
    throw new TypeError(
      "Cannot differentiate an async function: it returned a Promise; " +
        "await values outside of the function",
    );
  }
  const got = value instanceof Tensor
    ? `a tensor of shape ${formatShape(value.shape)}; reduce it with sum() or mean()`
    : typeof value;
  throw new TypeError(
    `Cannot differentiate: the function must return a scalar tensor or [scalar, aux], got ${got}`,
  );
}
