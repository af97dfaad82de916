/**
 * The lanes beyond the last channel, which are zero always.
 *
 * @module
 */

import { i32x4, v128 } from "../assembler/mod.ts";
import type { Shape } from "../../shape.ts";
import { type Layout, paddedChannels, type WasmBuffer } from "../buffer.ts";
import { kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";
import { elementAt } from "./flat.ts";

const PIXELS_PER_TASK = 2 ** 14;

const CLEAR = kernel(
  "clear padding",
  { out: "heap", pixels: "i32", padded: "i32", channels: "i32" },
  (k, { out, pixels, padded, channels, task }) => {
    const isChannel = k.let(
      i32x4.lt(i32x4.lanes(0, 1, 2, 3), i32x4.splat(channels.minus(padded.minus(4)))),
    );
    const first = k.let(task.times(PIXELS_PER_TASK));
    const left = k.let(pixels.minus(first));
    const at = k.let(elementAt(out, k.let(first.times(padded).plus(padded).minus(4))));
    k.repeat(left.atMost(PIXELS_PER_TASK), () => {
      k.store(at, v128.and(v128.load(at), isChannel));
      k.set(at, elementAt(at, padded));
    });
  },
);

/** True if a tensor stores lanes that are no channel's. */
export function isPadded(layout: Layout, shape: Shape): boolean {
  return layout === "channelsLast" && shape[1] % 4 !== 0;
}

/** Makes the lanes beyond the last channel of a channelsLast tensor zero. */
export function clearPadding(machine: Machine, out: WasmBuffer, shape: Shape): void {
  const padded = paddedChannels(shape[1]);
  const pixels = out.bytes / (4 * padded);
  machine.run(CLEAR, Math.ceil(pixels / PIXELS_PER_TASK), [out.address, pixels, padded, shape[1]]);
}
