/**
 * Elementwise kernels of several operands, and how operands of different shapes and layouts are walked
 * over together.
 *
 * @module
 */

import { sameShape, type Shape, sizeOf } from "../../shape.ts";
import { channelsLastShape, type WasmBuffer, type WasmOperand } from "../buffer.ts";
import type { Kernel } from "../kernel.ts";
import { inLayout } from "../layout.ts";
import type { Machine } from "../machine.ts";
import { runRows, type Source } from "./axes.ts";
import { flatKernel, runFlat } from "./flat.ts";
import type { Operation } from "./operation.ts";
import { clearPadding, isPadded } from "./padding.ts";
import { binaryRowsKernel, type Course, rowTasks, ternaryRowsKernel } from "./rows.ts";

/** An operation on several operands, as kernels. */
export interface Broadcasting {
  readonly flat: Kernel;
  /** Bit i of the index says whether operand i goes on along the row. */
  readonly rows: readonly Kernel[];
  /** Whether zeros give zero. */
  readonly keepsZero: boolean;
}

export function broadcasting(
  name: string,
  operands: 2 | 3,
  operation: Operation,
  keepsZero = true,
): Broadcasting {
  const rowsKernel = operands === 2 ? binaryRowsKernel : ternaryRowsKernel;
  return {
    flat: flatKernel(name, operands, operation),
    rows: Array.from({ length: 2 ** operands }, (_, bits) => {
      const courses = Array.from(
        { length: operands },
        (_, i): Course => (bits >> i) % 2 === 1 ? "along" : "constant",
      );
      return rowsKernel(`${name} ${courses.join(" ")}`, courses, operation);
    }),
    keepsZero,
  };
}

/** True if operands of the same shape lie in the same order. */
export function matches(x: WasmOperand, y: WasmOperand): boolean {
  return x.buffer.layout === y.buffer.layout && x.buffer.layout !== "windowPlaces" &&
    sameShape(x.shape, y.shape);
}

export function runBinary(
  machine: Machine,
  kernels: Broadcasting,
  x: WasmOperand,
  y: WasmOperand,
  shape: Shape,
): WasmBuffer {
  if (isNumberFor(y, x)) return runWithNumber(machine, kernels.rows[1], x, x, y);
  if (isNumberFor(x, y)) return runWithNumber(machine, kernels.rows[2], y, x, y);
  if (!matches(x, y)) return runBroadcast(machine, kernels, [x, y], shape);
  const out = machine.allocate(shape, x.buffer.layout);
  runFlat(machine, kernels.flat, out.bytes / 4, out.address, x.buffer.address, y.buffer.address);
  if (!kernels.keepsZero && isPadded(out.layout, shape)) clearPadding(machine, out, shape);
  return out;
}

/** True if x is the scalar that a number beside a tensor becomes. */
function isNumberFor(x: WasmOperand, { shape, buffer }: WasmOperand): boolean {
  return x.shape.length === 0 && shape.length > 0 && buffer.layout !== "windowPlaces";
}

/** A tensor and a number, as one row; spares small tensors the search for axes. */
function runWithNumber(
  machine: Machine,
  kernel: Kernel,
  { shape, buffer: { bytes, layout } }: WasmOperand,
  x: WasmOperand,
  y: WasmOperand,
): WasmBuffer {
  const out = machine.allocate(shape, layout);
  const addresses = [out.address, x.buffer.address, y.buffer.address] as const;
  machine.run(kernel, rowTasks(bytes / 4, 1), [...addresses, bytes / 4, 1, 1, 0, 0, 0, 0]);
  if (isPadded(layout, shape)) clearPadding(machine, out, shape);
  return out;
}

export function runTernary(
  machine: Machine,
  kernels: Broadcasting,
  x: WasmOperand,
  y: WasmOperand,
  z: WasmOperand,
  shape: Shape,
): WasmBuffer {
  if (!matches(x, y) || !matches(y, z)) return runBroadcast(machine, kernels, [x, y, z], shape);
  const out = machine.allocate(shape, x.buffer.layout);
  const [a, b, c] = [x.buffer.address, y.buffer.address, z.buffer.address];
  runFlat(machine, kernels.flat, out.bytes / 4, out.address, a, b, c);
  return out;
}

/** An operand in the layout that it is to be read in, and the lengths of its axes in memory. */
interface Stored {
  readonly layout: "rowMajor" | "channelsLast";
  readonly shape: Shape;
}

function runBroadcast(
  machine: Machine,
  kernels: Broadcasting,
  operands: readonly WasmOperand[],
  shape: Shape,
): WasmBuffer {
  const overChannels = allOverChannelsLast(operands, shape);
  const layout = overChannels === undefined ? "rowMajor" : "channelsLast";
  const storedShape = layout === "rowMajor" ? shape : channelsLastShape(shape);
  const temporary: WasmBuffer[] = [];
  try {
    const sources = operands.map((x, i): Source => {
      const stored = overChannels?.[i] ?? { layout: "rowMajor", shape: x.shape };
      return { address: addressIn(machine, x, stored.layout, temporary), shape: stored.shape };
    });
    const out = machine.allocate(shape, layout);
    runRows(machine, kernels.rows, out.address, storedShape, sources);
    if (isPadded(layout, shape)) clearPadding(machine, out, shape);
    return out;
  } finally {
    for (const buffer of temporary) machine.free(buffer);
  }
}

/** Where an operand lies in a layout; a converted copy is added to `temporary`. */
function addressIn(
  machine: Machine,
  x: WasmOperand,
  layout: "rowMajor" | "channelsLast",
  temporary: WasmBuffer[],
): number {
  if (x.buffer.layout === layout) return x.buffer.address;
  const { buffer, isTemporary } = inLayout(machine, x, layout);
  if (isTemporary) temporary.push(buffer);
  return buffer.address;
}

/** How operands lie over a result in channelsLast; undefined if they are better read row-major. */
function allOverChannelsLast(
  operands: readonly WasmOperand[],
  shape: Shape,
): readonly Stored[] | undefined {
  if (!operands.some((x) => leads(x, shape))) return undefined;
  const stored = operands.map((x) => overChannelsLast(x, shape));
  return stored.every((one) => one !== undefined) ? stored : undefined;
}

function leads({ buffer, shape }: WasmOperand, resultShape: Shape): boolean {
  return buffer.layout === "channelsLast" && sameShape(shape, resultShape);
}

/**
 * How an operand lies over a result in channelsLast, if one loop can walk over both: as a whole, as a
 * number, or as one number for each image, channel, or both.
 *
 * Of a number for each channel, the lanes beyond the last channel lie in the rest of its block.
 */
function overChannelsLast(x: WasmOperand, shape: Shape): Stored | undefined {
  if (sameShape(x.shape, shape)) {
    return { layout: "channelsLast", shape: channelsLastShape(shape) };
  }
  if (sizeOf(x.shape) === 1) {
    const layout = x.buffer.layout === "channelsLast" ? "channelsLast" : "rowMajor";
    return { layout, shape: [] };
  }
  const missing = shape.length - x.shape.length;
  const [images, channels, ...pixels] = shape.map((_, axis) =>
    axis < missing ? 1 : x.shape[axis - missing]
  );
  if (pixels.some((length) => length !== 1)) return undefined;
  if (channels === 1) return { layout: "rowMajor", shape: [images, ...pixels, 1] };
  const lanes = channelsLastShape(shape).slice(-1);
  if (images === 1) return { layout: "rowMajor", shape: lanes };
  return { layout: "channelsLast", shape: [images, ...pixels, ...lanes] };
}
