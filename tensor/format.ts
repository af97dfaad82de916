/**
 * Printing a tensor so that a person can read it.
 *
 * @module
 */

import type { DType, HostArray } from "./device.ts";
import { formatShape, type Shape, sizeOf, stridesOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Longer tensors are shown by their first and last three elements along each axis. */
const SHOWN_WHOLE = 1000;
const EDGE = 3;
const DIGITS = 4;

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
  return `${place}\n${formatValues(x.device.readSync(x), x.shape, x.dtype)}`;
}

function formatValues(data: HostArray, shape: Shape, dtype: DType): string {
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
  return shape.map((length) => {
    const all = Array.from({ length }, (_, i) => i);
    return whole || length <= 2 * EDGE ? all : [...all.slice(0, EDGE), "…", ...all.slice(-EDGE)];
  });
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
  if (dtype === "int32" || finite.every(Number.isInteger)) return String;
  const largest = Math.max(...finite);
  const smallest = Math.min(...finite.filter((value) => value > 0));
  return largest >= 1e6 || smallest < 1e-4
    ? (value) => Number.isFinite(value) ? value.toExponential(DIGITS) : String(value)
    : (value) => Number.isFinite(value) ? value.toFixed(DIGITS) : String(value);
}
