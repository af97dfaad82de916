/**
 * Indexing along one axis: gather, and scatterAdd, its transpose.
 *
 * @module
 */

import type { Kernels } from "../device.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { type Body, f32, i32, type Local, type Value } from "./assembler/mod.ts";
import type { WasmBuffer, WasmOperand } from "./buffer.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { withLayout } from "./layout.ts";
import type { Machine } from "./machine.ts";
import { clear } from "./movement/clear.ts";
import { choosesFromPlanes, gatherFromWindows, scatterToWindows } from "./pool/kernels.ts";

/** The indexing kernels of a machine. */
export function indexingKernels(
  machine: Machine,
): Pick<Kernels<WasmBuffer>, "gather" | "scatterAdd"> {
  return {
    gather: (x, index, axis) =>
      choosesFromPlanes(index, axis, x)
        ? gatherFromWindows(machine, x, index)
        : gather(machine, x, index, axis),
    scatterAdd: (g, index, axis, shape) =>
      choosesFromPlanes(index, axis, { shape, dtype: g.dtype })
        ? scatterToWindows(machine, g, index, shape)
        : scatterAdd(machine, g, index, axis, shape),
  };
}

function gather(
  machine: Machine,
  x: WasmOperand,
  index: WasmOperand,
  axis: number,
): WasmBuffer {
  return withLayout(
    machine,
    x,
    "rowMajor",
    (from) =>
      withLayout(machine, index, "rowMajor", (chosen) => {
        const to = machine.allocate(index.shape);
        const { outer, length, inner } = linesOf(index.shape, axis);
        const isLine = inner === 1;
        const lines = isLine ? outer : outer * length;
        const lineLength = isLine ? length : inner;
        const perTask = Math.ceil(ELEMENTS_PER_TASK / Math.max(1, lineLength));
        const sizes = [isLine ? 1 : length, lineLength, inner, isLine ? 0 : 4, lines, perTask];
        runChecked(machine, "gather", gatherLines, Math.ceil(lines / perTask), {
          addresses: [to, from, chosen],
          along: x.shape[axis],
          axis,
          sizes,
        });
        return to;
      }),
  );
}

function scatterAdd(
  machine: Machine,
  g: WasmOperand,
  index: WasmOperand,
  axis: number,
  shape: Shape,
): WasmBuffer {
  return withLayout(
    machine,
    g,
    "rowMajor",
    (from) =>
      withLayout(machine, index, "rowMajor", (chosen) => {
        const to = machine.allocate(shape);
        clear(machine, to.address, to.bytes);
        const { outer, length, inner } = linesOf(index.shape, axis);
        const pieces = Math.ceil(inner / PIECE);
        const perTask = Math.ceil(ELEMENTS_PER_TASK / Math.max(1, length * Math.min(inner, PIECE)));
        const units = outer * pieces;
        const kernel = g.dtype === "int32" ? scatterIntegers : scatterFloats;
        runChecked(machine, "scatterAdd", kernel, Math.ceil(units / perTask), {
          addresses: [to, from, chosen],
          along: shape[axis],
          axis,
          sizes: [length, inner, pieces, units, perTask],
        });
        return to;
      }),
  );
}

const ELEMENTS_PER_TASK = 16384;

/** An index as [outer, length, inner], the middle axis being the one to choose along. */
function linesOf(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return {
    outer: sizeOf(shape.slice(0, axis)),
    length: shape[axis],
    inner: sizeOf(shape.slice(axis + 1)),
  };
}

interface Job {
  /** The result, the numbers and the index. */
  readonly addresses: readonly [WasmBuffer, WasmBuffer, WasmBuffer];
  /** How many positions there are to choose from. */
  readonly along: number;
  readonly axis: number;
  readonly sizes: readonly number[];
}

/**
 * Runs a kernel that skips what an index outside of the tensor asks for, and leaves word of it.
 *
 * @throws {RangeError} if there was such an index; the result is freed.
 */
function runChecked(
  machine: Machine,
  op: string,
  kernel: Kernel,
  tasks: number,
  { addresses, along, axis, sizes }: Job,
): void {
  const [to, from, chosen] = addresses;
  const failed = machine.allocate([1]);
  const flag = machine.integers(failed);
  flag[0] = 0;
  machine.run(kernel, tasks, [
    to.address,
    from.address,
    chosen.address,
    failed.address,
    along,
    ...sizes,
  ]);
  const hasFailed = flag[0] !== 0;
  machine.free(failed);
  if (!hasFailed) return;
  machine.free(to);
  const wrong = machine.integers(chosen).find((index) => !(index >= 0 && index < along));
  throw new RangeError(
    `Cannot ${op} along axis ${axis}: an index must be from 0 to ${along - 1}, got ${wrong}`,
  );
}

const INDEXING = { to: "heap", from: "heap", index: "heap", failed: "heap", along: "i32" } as const;

/** Runs with an index if it is in the tensor. */
function ifInside(
  k: Body,
  { along, failed }: { readonly along: Local<"i32">; readonly failed: Local<"heap"> },
  index: Local<"i32">,
  run: () => void,
): void {
  k.if(
    index.atLeast(0).and(index.lessThan(along)),
    run,
    () => k.store(failed, i32.const(1)),
  );
}

/**
 * Lines of the result are rows along the axis, if that is the last one (`elementStep` 0: any element
 * may choose any), else rows along the last axis (each element chooses in its own column).
 */
const gatherLines = kernel(
  "gather",
  {
    ...INDEXING,
    linesPerOuter: "i32",
    length: "i32",
    inner: "i32",
    elementStep: "i32",
    lines: "i32",
    linesPerTask: "i32",
  },
  (k, args) => {
    const { length, linesPerTask } = args;
    const first = args.task.times(linesPerTask);
    k.for(first, first.plus(linesPerTask).atMost(args.lines), 1, (line) => {
      const outer = line.dividedBy(args.linesPerOuter);
      const from = k.let(
        args.from.plus(outer.times(args.along).times(args.inner).shiftedLeft(2)),
      );
      const start = k.let(line.times(length).shiftedLeft(2));
      const at = k.let(args.index.plus(start));
      const to = k.let(args.to.plus(start));
      k.for(0, length, 1, () => {
        const index = k.let(i32.load(at));
        ifInside(k, args, index, () => {
          k.store(to, i32.load(from.plus(index.times(args.inner).shiftedLeft(2))));
        });
        k.advance(from, args.elementStep);
        k.advance(at, 4);
        k.advance(to, 4);
      });
    });
  },
);

/** How many columns of a task follow each other in memory. */
const PIECE = 64;

/** A column is added to by one task, in the order of the index. */
function scattering(
  name: string,
  sum: (at: Local<"heap">, from: Local<"heap">) => Value<"i32"> | Value<"f32">,
): Kernel {
  const sizes = {
    length: "i32",
    inner: "i32",
    pieces: "i32",
    units: "i32",
    unitsPerTask: "i32",
  } as const;
  return kernel(name, { ...INDEXING, ...sizes }, (k, args) => {
    const { inner, length, pieces, unitsPerTask } = args;
    const first = args.task.times(unitsPerTask);
    k.for(first, first.plus(unitsPerTask).atMost(args.units), 1, (unit) => {
      const outer = k.let(unit.dividedBy(pieces));
      const column = k.let(unit.modulo(pieces).times(PIECE));
      const columns = k.let(inner.minus(column).atMost(PIECE));
      const to = k.let(args.to.plus(outer.times(args.along).times(inner).shiftedLeft(2)));
      k.for(0, length, 1, (row) => {
        const start = k.let(outer.times(length).plus(row).times(inner).plus(column).shiftedLeft(2));
        const at = k.let(args.index.plus(start));
        const from = k.let(args.from.plus(start));
        k.for(column, column.plus(columns), 1, (c) => {
          const index = k.let(i32.load(at));
          ifInside(k, args, index, () => {
            const target = k.let(to.plus(index.times(inner).plus(c).shiftedLeft(2)));
            k.store(target, sum(target, from));
          });
          k.advance(at, 4);
          k.advance(from, 4);
        });
      });
    });
  });
}

const scatterFloats = scattering("scatterAdd", (at, from) => f32.add(f32.load(at), f32.load(from)));
const scatterIntegers = scattering(
  "scatterAddIntegers",
  (at, from) => i32.load(at).plus(i32.load(from)),
);
