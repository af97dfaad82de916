/**
 * Inputs of the op table, as data: a shape, and how to draw numbers for it from a key. A suite turns
 * them into tensors of its own dtype on its own device.
 *
 * @module
 */

import type { Device, DType } from "../tensor/device.ts";
import { tensor } from "../tensor/creation.ts";
import {
  foldIn,
  normalNumbers,
  permutation,
  type RandomKey,
  randomKey,
  uniformNumbers,
} from "../tensor/random.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** One input of an op. Positions are int32 whatever dtype a suite asks for. */
export interface Input {
  readonly shape: Shape;
  readonly kind: "numbers" | "positions";
  readonly draw: (key: RandomKey, size: number) => ArrayLike<number>;
}

/** Where a suite wants its tensors. */
export interface Place {
  readonly dtype: Exclude<DType, "int32">;
  readonly device: Device;
}

export function normals(...shape: number[]): Input {
  return { shape, kind: "numbers", draw: normalNumbers };
}

/** From 0.5 to 2: for logarithms, roots and denominators. */
export function positives(...shape: number[]): Input {
  return numbers(shape, (key, size) => uniformNumbers(key, size).map((u) => 0.5 + 1.5 * u));
}

/** From 0.05 to 0.95: for targets and rates. */
export function fractions(...shape: number[]): Input {
  return numbers(shape, (key, size) => uniformNumbers(key, size).map((u) => 0.05 + 0.9 * u));
}

/** Normal, but at least 0.1 from 0: for kinks there. */
export function awayFromZero(...shape: number[]): Input {
  return numbers(
    shape,
    (key, size) => normalNumbers(key, size).map((x) => x + (x < 0 ? -0.1 : 0.1)),
  );
}

/** Odd multiples of 0.1 around 0, each once, in random order: no ties, and no kink at even ones. */
export function distinct(...shape: number[]): Input {
  return numbers(
    shape,
    (key, size) =>
      Float64Array.from(permutation(key, size), (k) => (2 * k + 1 - size - size % 2) * 0.1),
  );
}

/** 0, 1 or 2: for ties. */
export function digits(...shape: number[]): Input {
  return numbers(shape, (key, size) => uniformNumbers(key, size).map((u) => Math.floor(3 * u)));
}

/** Positions from 0 to `limit − 1`, some more than once. */
export function positions(limit: number, ...shape: number[]): Input {
  return {
    shape,
    kind: "positions",
    draw: (key, size) => uniformNumbers(key, size).map((u) => Math.floor(limit * u)),
  };
}

function numbers(shape: Shape, draw: Input["draw"]): Input {
  return { shape, kind: "numbers", draw };
}

/** Draws the inputs; the same numbers for the same name, up to the rounding of the dtype. */
export function drawInputs(
  inputs: readonly Input[],
  name: string,
  { dtype, device }: Place,
): Tensor[] {
  const key = foldIn(randomKey(0), name);
  return inputs.map(({ shape, kind, draw }, i) =>
    tensor(Array.from(draw(foldIn(key, i), sizeOf(shape))), shape, {
      dtype: kind === "positions" ? "int32" : dtype,
      device,
    })
  );
}
