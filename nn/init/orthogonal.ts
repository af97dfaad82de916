import type { TensorOptions } from "../../tensor/creation.ts";
import { normalNumbers, type RandomKey } from "../../tensor/random.ts";
import { checkShape, formatShape, type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkNotNegative, rounded } from "./initializer.ts";

/** Options of {@linkcode orthogonal}. */
export interface OrthogonalOptions extends TensorOptions {
  /** The factor on the matrix: 1 unless told. */
  readonly gain?: number;
}

/**
 * A random orthogonal matrix times `gain`: all lengths and angles are kept.
 *
 * Shape: [rows,...]; the axes after the first count as one. If there are fewer rows than columns the
 * rows are orthonormal, else the columns. It is the Q of a normal matrix's QR decomposition whose R
 * has a positive diagonal, which makes every orthogonal matrix equally likely.
 *
 * @throws {TypeError} if the shape has fewer than two axes, or the dtype is int32.
 * @throws {RangeError} if the gain is negative.
 * Source: Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
 * linear neural networks", ICLR 2014; as in PyTorch's `torch.nn.init.orthogonal_`.
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { initializers, randomKey } from "../../mod.ts";
 *
 * const [a, b, c, d] = initializers.orthogonal(randomKey(0), [2, 2]).dataSync();
 * ok(Math.abs(a * c + b * d) < 1e-6);
 * ```
 */
export function orthogonal(key: RandomKey, shape: Shape, options: OrthogonalOptions = {}): Tensor {
  const { gain = 1 } = options;
  const action = "initialise orthogonally";
  checkShape(action, shape);
  checkNotNegative(action, "gain", gain);
  if (shape.length < 2) {
    throw new TypeError(
      `Cannot ${action} a tensor of shape ${formatShape(shape)}: it must have two axes or more`,
    );
  }
  const [rows, columns] = [shape[0], sizeOf(shape.slice(1))];
  const matrix = normalNumbers(key, rows * columns);
  const place = rows < columns
    ? (vector: number, i: number) => vector * columns + i
    : (vector: number, i: number) => i * columns + vector;
  const vectors = Array.from(
    { length: Math.min(rows, columns) },
    (_, vector) =>
      Float64Array.from({ length: Math.max(rows, columns) }, (_, i) => matrix[place(vector, i)]),
  );
  orthonormalize(vectors);
  vectors.forEach((v, vector) => v.forEach((x, i) => matrix[place(vector, i)] = gain * x));
  return rounded(action, matrix, shape, options);
}

/**
 * Gram and Schmidt's process. Where little of a vector is left, rounding is a large part of that, so
 * it goes round again.
 */
function orthonormalize(vectors: readonly Float64Array[]): void {
  vectors.forEach((v, count) => {
    let before: number;
    do {
      before = lengthOf(v);
      for (let i = 0; i < count; i++) subtractProjection(v, vectors[i]);
    } while (lengthOf(v) < before / 2);
    const length = lengthOf(v);
    for (let i = 0; i < v.length; i++) v[i] /= length;
  });
}

function subtractProjection(v: Float64Array, unit: Float64Array): void {
  const length = dot(v, unit);
  for (let i = 0; i < v.length; i++) v[i] -= length * unit[i];
}

function dot(v: Float64Array, w: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * w[i];
  return sum;
}

function lengthOf(v: Float64Array): number {
  return Math.sqrt(dot(v, v));
}
