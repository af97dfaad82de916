/**
 * Row kernels: operands that are broadcast. Along a row each operand either goes on from element to
 * element or stays the same; between rows, and between groups of rows, each moves by a step of its own.
 *
 * @module
 */

import { type Body, f64, int, type Local, select, v128, type Vector } from "../assembler/mod.ts";
import { type Kernel, kernel } from "../kernel.ts";
import { CHUNK, elementAt, moveOn } from "./flat.ts";
import type { Operation } from "./operation.ts";

/** Whether an operand goes on along the row, or stays the same. */
export type Course = "along" | "constant";

/** What is walked over: rows of the result, which lie one after the other. */
interface Rows {
  readonly out: Local<"heap">;
  /** Elements of a row, 1 or more. */
  readonly length: Local<"i32">;
  readonly rows: Local<"i32">;
  /** Rows in a group. */
  readonly group: Local<"i32">;
  readonly task: Local<"i32">;
}

/** An operand: where it begins, and how many elements it moves on by. */
interface Source {
  readonly course: Course;
  readonly base: Local<"heap">;
  readonly perRow: Local<"i32">;
  readonly perGroup: Local<"i32">;
}

/** A row kernel of two operands. */
export function binaryRowsKernel(
  name: string,
  courses: readonly Course[],
  operation: Operation,
): Kernel {
  const parameters = {
    out: "heap",
    x: "heap",
    y: "heap",
    length: "i32",
    rows: "i32",
    group: "i32",
    xPerRow: "i32",
    xPerGroup: "i32",
    yPerRow: "i32",
    yPerGroup: "i32",
  } as const;
  return kernel(name, parameters, (k, args) => {
    const { x, y, xPerRow, xPerGroup, yPerRow, yPerGroup } = args;
    walk(k, args, operation, [
      { course: courses[0], base: x, perRow: xPerRow, perGroup: xPerGroup },
      { course: courses[1], base: y, perRow: yPerRow, perGroup: yPerGroup },
    ]);
  });
}

/** A row kernel of three operands. */
export function ternaryRowsKernel(
  name: string,
  courses: readonly Course[],
  operation: Operation,
): Kernel {
  const parameters = {
    out: "heap",
    x: "heap",
    y: "heap",
    z: "heap",
    length: "i32",
    rows: "i32",
    group: "i32",
    xPerRow: "i32",
    xPerGroup: "i32",
    yPerRow: "i32",
    yPerGroup: "i32",
    zPerRow: "i32",
    zPerGroup: "i32",
  } as const;
  return kernel(name, parameters, (k, args) => {
    const { x, y, z, xPerRow, xPerGroup, yPerRow, yPerGroup, zPerRow, zPerGroup } = args;
    walk(k, args, operation, [
      { course: courses[0], base: x, perRow: xPerRow, perGroup: xPerGroup },
      { course: courses[1], base: y, perRow: yPerRow, perGroup: yPerGroup },
      { course: courses[2], base: z, perRow: zPerRow, perGroup: zPerGroup },
    ]);
  });
}

/**
 * How many tasks a row kernel has: of several short rows each, or of a piece of a long one. None if
 * rows have no length.
 */
export function rowTasks(length: number, rows: number): number {
  if (length > CHUNK) return rows * Math.ceil(length / CHUNK);
  return Math.ceil(rows / Math.floor(CHUNK / length));
}

/** Does one task of {@linkcode rowTasks}. */
function walk(
  k: Body,
  { out, length, rows, group, task }: Rows,
  operation: Operation,
  sources: readonly Source[],
): void {
  const apply = operation(k, f64.const(0));
  const isLong = k.let(int(CHUNK).lessThan(length));
  const pieces = k.let(select(isLong, length.plus(CHUNK - 1).dividedBy(CHUNK), int(1)));
  const rowsPerTask = k.let(select(isLong, int(1), int(CHUNK).dividedBy(length)));
  const first = k.let(task.dividedBy(pieces).times(rowsPerTask));
  const column = k.let(task.modulo(pieces).times(CHUNK));
  const left = k.let(length.minus(column));
  const width = k.let(left.atMost(CHUNK));
  const rowsLeft = k.let(rows.minus(first));

  const inGroup = k.let(first.modulo(group));
  const groups = k.let(first.dividedBy(group));
  const to = k.let(elementAt(out, k.let(first.times(length).plus(column))));
  const operands = sources.map(({ course, base, perRow, perGroup }) => {
    const start = k.let(elementAt(base, k.let(groups.times(perGroup))));
    if (course === "along") k.set(start, elementAt(start, column));
    const from = k.let(elementAt(start, k.let(inGroup.times(perRow))));
    return { course, start, from, perRow, perGroup };
  });

  k.repeat(rowsLeft.atMost(rowsPerTask), () => {
    doRow(k, apply, width, to, operands);
    k.set(to, elementAt(to, length));
    k.advance(inGroup, 1);
    k.if(inGroup.lessThan(group), () => {
      for (const { from, perRow } of operands) k.set(from, elementAt(from, perRow));
    }, () => {
      k.set(inGroup, int(0));
      for (const { start, from, perGroup } of operands) {
        k.set(start, elementAt(start, perGroup));
        k.set(from, start);
      }
    });
  });
}

/** An operand's place in the row that is being done. */
interface RowOperand {
  readonly course: Course;
  readonly from: Local<"heap">;
}

/** The end of a row is done two numbers and one at a time: behind it lies the next, not a gap. */
function doRow(
  k: Body,
  apply: (...operands: Vector[]) => Vector,
  width: Local<"i32">,
  out: Local<"heap">,
  operands: readonly RowOperand[],
): void {
  const to = k.let<"heap">(out);
  const readers = operands.map(({ course, from }) =>
    course === "along" ? { at: k.let<"heap">(from) } : { value: k.let(v128.load32Splat(from)) }
  );
  const moving = [to, ...readers.flatMap(({ at }) => at === undefined ? [] : [at])];
  const result = (load: typeof v128.load, offset = 0) =>
    apply(...readers.map(({ at, value }) => at === undefined ? value : load(at, offset)));

  k.for(16, width.plus(1), 16, () => {
    for (let offset = 0; offset < 64; offset += 16) {
      k.store(to, result(v128.load, offset), offset);
    }
    moveOn(k, moving, 64);
  });
  k.for(4, k.let(width.and(15).plus(1)), 4, () => {
    k.store(to, result(v128.load));
    moveOn(k, moving, 16);
  });
  k.if(width.and(2), () => {
    k.storeLow(to, result(v128.load64Zero));
    moveOn(k, moving, 8);
  });
  k.if(width.and(1), () => k.storeLane0(to, result(v128.load32Zero)));
}
