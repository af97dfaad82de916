/**
 * Pools of any windows: overlapping, padded, dilated.
 *
 * @module
 */

import { type Body, f32x4, i32x4, type Local, v128 } from "../assembler/mod.ts";
import { type Kernel, kernel } from "../kernel.ts";
import { exceeds } from "./exceeds.ts";
import {
  forRows,
  loadPlaces,
  type Seen,
  seenPixels,
  storePlaces,
  type WindowArguments,
  WINDOWS,
} from "./windows.ts";

/** The place of each window's maximum, one byte each. */
export const argmaxWindows = argmaxOf("argmaxWindows", "place", (k, args, number) => {
  const at = k.let(args.to.plus(number.times(args.lanes)));
  return (places) => {
    storePlaces(k, at, [places]);
    k.advance(at, 4);
  };
});

/** The position in the image of each window's maximum, int32. */
export const argmaxPositions = argmaxOf("argmaxPositions", "position", (k, args, number) => {
  const at = k.let(args.to.plus(number.times(args.lanes).shiftedLeft(2)));
  return (positions) => {
    k.store(at, positions);
    k.advance(at, 16);
  };
});

type ArgmaxArguments = WindowArguments & { readonly [Name in "to" | "x"]: Local<"heap"> };

function argmaxOf(
  name: string,
  numbering: Numbering,
  storing: (
    k: Body,
    args: ArgmaxArguments,
    window: Local<"i32">,
  ) => (numbers: Local<"v128">) => void,
): Kernel {
  return kernel(name, { to: "heap", x: "heap", ...WINDOWS }, (k, args) => {
    forWindows(k, args, (window) => {
      const store = storing(k, args, window.number);
      forLanes(k, args, (lane) => {
        const best = k.local("v128");
        const chosen = k.let(i32x4.const(-1));
        forTaps(k, args, window, args.x, lane, numbering, (pixel, number) => {
          const value = k.let(v128.load(pixel));
          const isFirst = i32x4.lt(chosen, i32x4.const(0));
          const isLarger = k.let(v128.or(isFirst, exceeds(value, best)));
          k.set(best, v128.bitselect(value, best, isLarger));
          k.set(chosen, v128.bitselect(i32x4.splat(number), chosen, isLarger));
        });
        store(chosen);
      });
    });
  });
}

export const gatherWindows = kernel(
  "gatherWindows",
  { to: "heap", x: "heap", places: "heap", ...WINDOWS },
  (k, args) => {
    forWindows(k, args, (window) => {
      const first = k.let(window.number.times(args.lanes));
      const at = k.let(args.places.plus(first));
      const to = k.let(args.to.plus(first.shiftedLeft(2)));
      forLanes(k, args, (lane) => {
        const [chosen] = loadPlaces(k, at, 1);
        const value = k.let(f32x4.const(0));
        forTaps(k, args, window, args.x, lane, "place", (pixel, place) => {
          const isChosen = i32x4.eq(chosen, i32x4.splat(place));
          k.set(value, v128.bitselect(v128.load(pixel), value, isChosen));
        });
        k.store(to, value);
        k.advance(at, 4);
        k.advance(to, 16);
      });
    });
  },
);

/** Each pixel asks the windows that see it, in their order, so that no two tasks write to it. */
export const scatterWindows = kernel(
  "scatterWindows",
  { to: "heap", g: "heap", places: "heap", ...WINDOWS },
  (k, args) => {
    const bytesPerPixel = k.let(args.lanes.shiftedLeft(2));
    forRows(k, args, args.height, (row, image, rowOfImage) => {
      const pixel = k.let(args.to.plus(row.times(args.width).times(bytesPerPixel)));
      k.for(0, args.width, 1, (column) => {
        k.clear(pixel, bytesPerPixel);
        forWindowsOf(k, rowOfImage, args, DOWN, (windowRow, down) => {
          forWindowsOf(k, column, args, RIGHT, (windowColumn, right) => {
            const place = k.let(i32x4.splat(down.times(args.kernelWidth).plus(right)));
            const window = image.times(args.rows).plus(windowRow).times(args.columns)
              .plus(windowColumn);
            const first = k.let(window.times(args.lanes));
            const at = k.let(args.places.plus(first));
            const g = k.let(args.g.plus(first.shiftedLeft(2)));
            forLanes(k, args, (lane) => {
              const [chosen] = loadPlaces(k, at, 1);
              const passed = v128.and(v128.load(g), i32x4.eq(chosen, place));
              const sum = k.let(pixel.plus(lane));
              k.store(sum, f32x4.add(v128.load(sum), passed));
              k.advance(at, 4);
              k.advance(g, 16);
            });
          });
        });
        k.advance(pixel, bytesPerPixel);
      });
    });
  },
);

/** A window, and which of its pixels are in the image. */
interface Window {
  /** Of all windows of all images. */
  readonly number: Local<"i32">;
  readonly image: Local<"i32">;
  readonly down: Seen;
  readonly right: Seen;
}

function forWindows(k: Body, args: WindowArguments, visit: (window: Window) => void): void {
  forRows(k, args, args.rows, (row, image, rowOfImage) => {
    const down = seenPixels(
      k,
      rowOfImage.times(args.strideDown).minus(args.paddingTop),
      args.dilationDown,
      args.kernelHeight,
      args.height,
    );
    k.for(0, args.columns, 1, (column) => {
      const right = seenPixels(
        k,
        column.times(args.strideRight).minus(args.paddingLeft),
        args.dilationRight,
        args.kernelWidth,
        args.width,
      );
      const number = k.let(row.times(args.columns).plus(column));
      visit({ number, image, down, right });
    });
  });
}

/** Visits vectors of four channels: with how many bytes they are from the pixel's first. */
function forLanes(
  k: Body,
  { lanes }: WindowArguments,
  visit: (lane: Local<"i32">) => void,
): void {
  k.for(0, lanes.shiftedLeft(2), 16, visit);
}

/** How a window's pixels are told apart: by their place in it, or their position in the image. */
type Numbering = "place" | "position";

/** Visits the pixels of a window: with where some channels are in the map, and the number. */
function forTaps(
  k: Body,
  args: WindowArguments,
  { image, down, right }: Window,
  map: Local<"heap">,
  lane: Local<"i32">,
  numbering: Numbering,
  visit: (pixel: Local<"heap">, number: Local<"i32">) => void,
): void {
  const bytesPerPixel = k.let(args.lanes.shiftedLeft(2));
  const column = k.let(right.start.plus(right.first.times(args.dilationRight)));
  const step = k.let(bytesPerPixel.times(args.dilationRight));
  k.for(down.first, down.end, 1, (i) => {
    const rowOfImage = k.let(down.start.plus(i.times(args.dilationDown)));
    const row = image.times(args.height).plus(rowOfImage);
    const offset = row.times(args.width).plus(column).times(bytesPerPixel);
    const pixel = k.let(map.plus(offset).plus(lane));
    const number = k.let(
      numbering === "place"
        ? i.times(args.kernelWidth).plus(right.first)
        : rowOfImage.times(args.width).plus(column),
    );
    k.for(right.first, right.end, 1, () => {
      visit(pixel, number);
      k.advance(pixel, step);
      k.advance(number, numbering === "place" ? 1 : args.dilationRight);
    });
  });
}

const DOWN = {
  kernel: "kernelHeight",
  stride: "strideDown",
  padding: "paddingTop",
  dilation: "dilationDown",
  count: "rows",
} as const;

const RIGHT = {
  kernel: "kernelWidth",
  stride: "strideRight",
  padding: "paddingLeft",
  dilation: "dilationRight",
  count: "columns",
} as const;

/** Visits the windows along one axis that see a position: with their number, and its place there. */
function forWindowsOf(
  k: Body,
  position: Local<"i32">,
  args: WindowArguments,
  axis: typeof DOWN | typeof RIGHT,
  visit: (window: Local<"i32">, place: Local<"i32">) => void,
): void {
  const stride = args[axis.stride];
  // The last place first, for the first window.
  k.for(0, args[axis.kernel], 1, (i) => {
    const place = k.let(args[axis.kernel].minus(1).minus(i));
    const start = k.let(
      position.plus(args[axis.padding]).minus(place.times(args[axis.dilation])),
    );
    k.if(start.atLeast(0).and(start.modulo(stride).equals(0)), () => {
      const window = k.let(start.dividedBy(stride));
      k.if(window.lessThan(args[axis.count]), () => visit(window, place));
    });
  });
}
