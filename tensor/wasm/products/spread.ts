/**
 * Images whose pixels are moved apart, zeros between them: what a stride becomes when a convolution is
 * transposed.
 *
 * @module
 */

import { kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";
import type { Images } from "./images.ts";

const spreadRow = kernel(
  "spread pixels",
  {
    images: "heap",
    width: "i32",
    lanes: "i32",
    height: "i32",
    spread: "heap",
    spreadHeight: "i32",
    spreadWidth: "i32",
    down: "i32",
    right: "i32",
  },
  (k, args) => {
    const image = k.let(args.task.dividedBy(args.height));
    const row = k.let(args.task.minus(image.times(args.height)));
    const bytes = k.let(args.lanes.shiftedLeft(2));
    const spreadRow = image.times(args.spreadHeight).plus(row.times(args.down));
    const from = k.let(args.images.plus(args.task.times(args.width).times(bytes)));
    const to = k.let(args.spread.plus(spreadRow.times(args.spreadWidth).times(bytes)));
    k.repeat(args.width, () => {
      k.copy(to, from, bytes);
      k.advance(from, bytes);
      k.advance(to, args.right.times(bytes));
    });
  },
);

/** The images with their pixels so far apart; `free` gives back the copy, if there had to be one. */
export function spreadImages(
  machine: Machine,
  images: Images,
  [down, right]: readonly [number, number],
): { images: Images; free(): void } {
  if (down === 1 && right === 1) return { images, free: () => {} };
  const height = Math.max(0, (images.height - 1) * down + 1);
  const width = Math.max(0, (images.width - 1) * right + 1);
  const block = machine.scratchBlock(images.count * height * width * images.lanes * 4);
  machine.floats(block).fill(0);
  if (block.bytes > 0) {
    machine.run(spreadRow, images.count * images.height, [
      images.address,
      images.width,
      images.lanes,
      images.height,
      block.address,
      height,
      width,
      down,
      right,
    ]);
  }
  return {
    images: { ...images, address: block.address, height, width },
    free: () => machine.free(block),
  };
}
