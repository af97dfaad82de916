/**
 * Printing a tensor so that a person can read it.
 *
 * @module
 */

import type { DType, HostArray } from "./device.ts";
import { formatShape, type Shape, sizeOf, stridesOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Larger tensors, and those with very many axes, are shown in part. */
const SHOWN_WHOLE = 1000;
/** How many elements are then shown at either end of a row or column, and of an outer axis. */
const EDGE = 3;
const OUTER_EDGE = 1;
/** Digits after the point. */
const DIGITS = 4;
/** Beyond these, numbers are shown as powers of ten. */
const LARGEST = 1e6;
const LARGEST_WHOLE = 1e9;
const SMALLEST = 1e-4;

/**
 * What `Deno.inspect` and `console.log` show of a tensor: dtype, shape, device and values.
 *
 * @ignore
 */
export function formatTensor(x: Tensor): string {
  const head = `Tensor ${x.dtype} ${formatShape(x.shape)}`;
  if (x.disposed) return `${head} (disposed)`;
  const place = `${head} on ${x.device.name}`;
  if (x.device.readSync === undefined) return `${place} (await t.data() shows its values)`;
  const values = formatValues(x.device.readSync(x), x.shape, x.dtype);
  return `${place}${values.includes("\n") ? "\n" : ": "}${values}`;
}

function formatValues(data: HostArray, shape: Shape, dtype: DType): string {
  if (data.length === 0) return "[]";
  const shown = visible(shape);
  const offsets = offsetsOf(shape, shown);
  const format = formatter(offsets.map((offset) => data[offset]), dtype);
  const strides = stridesOf(shape);
  const width = Math.max(0, ...offsets.map((offset) => format(data[offset]).length));

  const rows = (axis: number, offset: number): string => {
    if (axis === shape.length) return format(data[offset]).padStart(width);
    const parts = shown[axis].map((i) =>
      i === "…" ? "…" : rows(axis + 1, offset + i * strides[axis])
    );
    const innermost = axis === shape.length - 1;
    return `[${parts.join(innermost ? ", " : ",\n" + " ".repeat(axis + 1))}]`;
  };
  return rows(0, 0);
}

/** For each axis the indices to show, with "…" for those left out. */
function visible(shape: Shape): (number | "…")[][] {
  const whole = sizeOf(shape) <= SHOWN_WHOLE;
  let count = 1;
  return shape.toReversed().map((length, fromLast) => {
    const edge = fromLast < 2 ? EDGE : OUTER_EDGE;
    if (!whole && count * Math.min(length, 2 * edge) > SHOWN_WHOLE) return [0, "…" as const];
    const shown = whole || length <= 2 * edge
      ? range(0, length)
      : [...range(0, edge), "…" as const, ...range(length - edge, length)];
    count *= shown.filter((i) => i !== "…").length;
    return shown;
  }).reverse();
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function offsetsOf(shape: Shape, shown: readonly (readonly (number | "…")[])[]): number[] {
  return stridesOf(shape).reduce(
    (offsets, stride, axis) =>
      offsets.flatMap((offset) =>
        shown[axis].filter((i) => i !== "…").map((i) => offset + i * stride)
      ),
    [0],
  );
}

/** One format for all shown numbers: whole, fixed or exponential. */
function formatter(values: readonly number[], dtype: DType): (value: number) => string {
  const finite = values.filter(Number.isFinite).map(Math.abs);
  const largest = Math.max(0, ...finite);
  const whole = finite.every(Number.isInteger) && largest < LARGEST_WHOLE;
  if (dtype === "int32" || whole) return String;
  const smallest = Math.min(...finite.filter((value) => value > 0));
  return largest >= LARGEST || smallest < SMALLEST
    ? (value) => Number.isFinite(value) ? value.toExponential(DIGITS) : String(value)
    : (value) => Number.isFinite(value) ? value.toFixed(DIGITS) : String(value);
}
