/**
 * Places within windows turned into positions within images, for who wants to see an index.
 *
 * @module
 */

import type { Windows } from "../../shape.ts";
import { type Body, i32, type Local } from "../assembler/mod.ts";
import { paddedChannels, type WasmBuffer, type WasmOperand } from "../buffer.ts";
import { kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";

const PIXELS_PER_TASK = 1024;

/** The row-major int32 positions that a tensor of `windowPlaces` stands for. */
export function positionsOf(machine: Machine, x: WasmOperand): WasmBuffer {
  const { shape, buffer: from } = x;
  const windows = windowsOf(x);
  const [N, C] = shape;
  const { kernel: [, kW], geometry: { stride, padding, dilation }, image: [, W], count } = windows;
  const to = machine.allocate(shape);
  const pixels = N * count[0] * count[1];
  machine.run(positions, Math.ceil(pixels / PIXELS_PER_TASK), [
    to.address,
    from.address,
    pixels,
    C,
    paddedChannels(C),
    count[0] * count[1],
    count[1],
    stride[0] * W,
    stride[1],
    padding[0] * W + padding[1],
    kW,
    dilation[0] * W,
    dilation[1],
  ]);
  return to;
}

/** The windows that an index is places of. */
export function windowsOf({ buffer: { layout, windows } }: WasmOperand): Windows {
  if (windows === undefined) throw new TypeError(`Cannot find the windows of a ${layout} index`);
  return windows;
}

const positions = kernel(
  "positions",
  {
    to: "heap",
    from: "heap",
    pixels: "i32",
    channels: "i32",
    padded: "i32",
    windows: "i32",
    windowsInRow: "i32",
    /** Positions from a window to the one below it. */
    down: "i32",
    /** Positions from a window to the one to its right. */
    right: "i32",
    /** Positions from the first window's corner to the image's. */
    margin: "i32",
    placesInRow: "i32",
    placeDown: "i32",
    placeRight: "i32",
  },
  (k, args) => {
    const first = args.task.times(PIXELS_PER_TASK);
    k.for(first, first.plus(PIXELS_PER_TASK).atMost(args.pixels), 1, (pixel) => {
      const window = k.let(pixel.modulo(args.windows));
      const image = pixel.dividedBy(args.windows);
      const corner = k.let(
        window.dividedBy(args.windowsInRow).times(args.down)
          .plus(window.modulo(args.windowsInRow).times(args.right)).minus(args.margin),
      );
      const source = k.let(args.from.plus(pixel.times(args.padded)));
      const target = k.let(
        args.to.plus(image.times(args.channels).times(args.windows).plus(window).shiftedLeft(2)),
      );
      k.for(0, args.channels, 1, () => {
        k.store(target, corner.plus(distance(k, args, i32.load8U(source))));
        k.advance(source, 1);
        k.advance(target, args.windows.shiftedLeft(2));
      });
    });
  },
);

function distance(
  k: Body,
  args: { [Name in "placesInRow" | "placeDown" | "placeRight"]: Local<"i32"> },
  loaded: ReturnType<typeof i32.load8U>,
) {
  const place = k.let(loaded);
  return place.dividedBy(args.placesInRow).times(args.placeDown)
    .plus(place.modulo(args.placesInRow).times(args.placeRight));
}
