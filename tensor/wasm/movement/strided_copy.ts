/**
 * Copies between tensors in memory at any strides. Broadcasting, permuting, slicing, padding and
 * joining differ only in those.
 *
 * @module
 */

import { type Body, i32, i32x4, type Local, v128 } from "../assembler/mod.ts";
import { kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";
import { transpose } from "./transpose.ts";
import { type CopyAxis, runWalk, WALK, walk } from "./walk.ts";

/**
 * Copies 32-bit numbers. The axes may stand in any order; a step of 0 on the source's side repeats it.
 */
export function stridedCopy(
  machine: Machine,
  to: number,
  from: number,
  unordered: readonly CopyAxis[],
): void {
  const axes = mergedAxes(unordered);
  if (axes === undefined) return;
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
function mergedAxes(unordered: readonly CopyAxis[]): CopyAxis[] | undefined {
  const axes: CopyAxis[] = [];
  for (const axis of unordered) {
    if (axis.length === 0) return undefined;
    if (axis.length > 1) axes.push(axis);
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
  axes.length = Math.min(axes.length, last + 1);
  return axes;
}

const copyRows = kernel("copyRows", { ...WALK, length: "i32" }, (k, args) => {
  walk(k, args, ({ to, from, index3 }) => {
    const bytes = k.let(lengthOfPiece(args.length, index3).shiftedLeft(2));
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
});

/** From this many bytes on, the engine's own copy is worth calling. */
const LONG_ROW = 1024;

const repeatNumbers = kernel("repeatNumbers", { ...WALK, length: "i32" }, (k, args) => {
  walk(k, args, ({ to, from, index3 }) => {
    const length = k.let(lengthOfPiece(args.length, index3));
    fillNumbers(k, to, length, k.let(i32.load(from)));
  });
});

function fillNumbers(
  k: Body,
  to: Local<"heap">,
  length: Local<"i32">,
  number: Local<"i32">,
): void {
  const four = k.let(i32x4.splat(number));
  k.for(0, length.shiftedRight(2), 1, () => {
    k.store(to, four);
    k.advance(to, 16);
  });
  k.for(0, length.and(3), 1, () => {
    k.store(to, number);
    k.advance(to, 4);
  });
}

const copyNumbers = kernel(
  "copyNumbers",
  { ...WALK, length: "i32", fromStep: "i32", toStep: "i32" },
  (k, args) => {
    walk(k, args, ({ to, from, index3 }) => {
      k.repeat(lengthOfPiece(args.length, index3), () => {
        k.store(to, i32.load(from));
        k.advance(to, args.toStep);
        k.advance(from, args.fromStep);
      });
    });
  },
);

function lengthOfPiece(length: Local<"i32">, piece: Local<"i32">) {
  return length.minus(piece.times(PIECE)).atMost(PIECE);
}
