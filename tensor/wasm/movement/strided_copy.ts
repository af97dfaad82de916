/**
 * Copies between tensors in memory at any strides. Broadcasting, permuting, slicing, padding and
 * joining differ only in those.
 *
 * @module
 */

import { i32, i32x4, type Local, v128, type Value } from "../assembler/mod.ts";
import type { Shape } from "../../shape.ts";
import type { Machine } from "../machine.ts";
import { transpose } from "./transpose.ts";
import { type CopyAxis, runWalk, walkKernel } from "./walk.ts";

/** Where elements lie: the first, and how many bytes apart neighbours along each axis are. */
export interface Place {
  readonly address: number;
  /** 0 along an axis whose elements are all the same one; on the source's side only. */
  readonly steps: readonly number[];
}

/** Copies 32-bit numbers, as many along each axis as `shape` says. */
export function stridedCopy(machine: Machine, shape: Shape, target: Place, source: Place): void {
  const axes = mergedAxes(shape, target.steps, source.steps);
  if (axes === undefined) return;
  const to = target.address;
  const from = source.address;
  const inner = axes.pop() ?? SINGLE;
  if (inner.toStep === 4 && inner.fromStep > 4) {
    const across = axes.findIndex(({ fromStep }) => fromStep === 4);
    if (across >= 0) {
      const [columns] = axes.splice(across, 1);
      return transpose(machine, to, from, axes, {
        rows: inner.length,
        columns: columns.length,
        fromRow: inner.fromStep,
        toColumn: columns.toStep,
        isPadded: false,
      });
    }
  }
  const { length, fromStep, toStep } = inner;
  const pieces = Math.ceil(length / PIECE);
  axes.push({ length: pieces, fromStep: PIECE * fromStep, toStep: PIECE * toStep });
  const bytes = 4 * Math.min(length, PIECE);
  if (toStep === 4 && fromStep === 4) {
    runWalk(machine, copyRows, to, from, axes, bytes, [length]);
  } else if (toStep === 4 && fromStep === 0) {
    runWalk(machine, repeatNumbers, to, from, axes, bytes, [length]);
  } else {
    runWalk(machine, copyNumbers, to, from, axes, bytes, [length, fromStep, toStep]);
  }
}

/** How many numbers of a row are copied as one. */
const PIECE = 8192;

const SINGLE: CopyAxis = { length: 1, fromStep: 4, toStep: 4 };

/**
 * The axes longer than 1 in the order of the result's memory, neighbours joined where both sides step
 * through them as one; undefined if there is nothing to copy.
 */
function mergedAxes(
  shape: Shape,
  toSteps: readonly number[],
  fromSteps: readonly number[],
): CopyAxis[] | undefined {
  const axes: CopyAxis[] = [];
  for (let i = 0; i < shape.length; i++) {
    const length = shape[i];
    if (length === 0) return undefined;
    if (length > 1) axes.push({ length, fromStep: fromSteps[i], toStep: toSteps[i] });
  }
  axes.sort((a, b) => b.toStep - a.toStep);
  let last = 0;
  for (let i = 1; i < axes.length; i++) {
    const outer = axes[last];
    const { length, fromStep, toStep } = axes[i];
    if (outer.fromStep === fromStep * length && outer.toStep === toStep * length) {
      axes[last] = { length: outer.length * length, fromStep, toStep };
    } else {
      axes[++last] = axes[i];
    }
  }
  if (axes.length > last + 1) axes.length = last + 1;
  return axes;
}

const copyRows = walkKernel("copyRows", { length: "i32" }, (k, args, { to, from, column }) => {
  const bytes = k.let(lengthOfPiece(args.length, column).shiftedLeft(2));
  k.if(bytes.atLeast(LONG_ROW), () => k.copy(to, from, bytes), () => {
    k.for(0, bytes.shiftedRight(4), 1, () => {
      k.store(to, v128.load(from));
      k.advance(to, 16);
      k.advance(from, 16);
    });
    k.for(0, bytes.shiftedRight(2).and(3), 1, () => {
      k.store(to, i32.load(from));
      k.advance(to, 4);
      k.advance(from, 4);
    });
  });
});

/** From this many bytes on, the engine's own copy is worth calling. */
const LONG_ROW = 1024;

const repeatNumbers = walkKernel(
  "repeatNumbers",
  { length: "i32" },
  (k, args, { to, from, column }) => {
    const length = k.let(lengthOfPiece(args.length, column));
    const number = k.let(i32.load(from));
    const four = k.let(i32x4.splat(number));
    k.for(0, length.shiftedRight(2), 1, () => {
      k.store(to, four);
      k.advance(to, 16);
    });
    k.for(0, length.and(3), 1, () => {
      k.store(to, number);
      k.advance(to, 4);
    });
  },
);

const copyNumbers = walkKernel(
  "copyNumbers",
  { length: "i32", fromStep: "i32", toStep: "i32" },
  (k, args, { to, from, column }) => {
    k.repeat(lengthOfPiece(args.length, column), () => {
      k.store(to, i32.load(from));
      k.advance(to, args.toStep);
      k.advance(from, args.fromStep);
    });
  },
);

function lengthOfPiece(length: Local<"i32">, piece: Local<"i32">): Value<"i32"> {
  return length.minus(piece.times(PIECE)).atMost(PIECE);
}
