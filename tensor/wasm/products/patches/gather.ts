/**
 * Patches: what a window sees of an image, written out as one row of a matrix.
 *
 * A row holds the window's taps one after the other, all channels of each. It is cut into panels: some whole
 * taps each, or, where an image has many channels, parts of one tap each.
 *
 * @module
 */

import { type Arguments, type Body, f32x4, int, v128, type Value } from "../../assembler/mod.ts";
import { cutDepth, DEEPEST } from "../panel.ts";

/** Images and how a window slides over them. */
export const WINDOWS = {
  images: "heap",
  height: "i32",
  width: "i32",
  lanes: "i32",
  windowRows: "i32",
  windowColumns: "i32",
  strideDown: "i32",
  strideRight: "i32",
  paddingTop: "i32",
  paddingLeft: "i32",
  dilationDown: "i32",
  dilationRight: "i32",
  outHeight: "i32",
  outWidth: "i32",
} as const;

/** How the row of a patch is cut into panels. */
export interface PatchPanels {
  /** Floats of a panel. */
  readonly depth: number;
  /** Whole taps in each panel. */
  readonly taps: number;
  /** Panels that one tap is cut into. */
  readonly parts: number;
  /** Panels in all. */
  readonly count: number;
}

/** Cuts patches of so many taps and lanes: several taps a panel, or several panels a tap. */
export function cutPatches(taps: number, lanes: number): PatchPanels {
  if (2 * lanes > DEEPEST) {
    const { each: depth, count: parts } = cutDepth(lanes);
    return { depth, taps: 1, parts, count: taps * parts };
  }
  const most = Math.floor(DEEPEST / lanes);
  const groups = Math.ceil(taps / most);
  const each = Math.ceil(taps / groups);
  return { depth: each * lanes, taps: each, parts: 1, count: groups };
}

/** How the same is told to a kernel. */
export const PATCH_PANELS = {
  tapsPerPanel: "i32",
  partsPerTap: "i32",
  depthPanels: "i32",
} as const;

/**
 * Writes the patch of result number `result` to `to`; the panels of one patch lie `panelBytes` apart,
 * and a panel has `depth` floats.
 */
export function gatherPatch(
  k: Body,
  args: Arguments<typeof WINDOWS> & Arguments<typeof PATCH_PANELS>,
  result: Value<"i32">,
  to: Value<"scratch">,
  depth: Value<"i32">,
  panelBytes: Value<"i32">,
): void {
  const row = k.let(result.dividedBy(args.outWidth));
  const image = k.let(row.dividedBy(args.outHeight));
  const top = k.let(
    row.minus(image.times(args.outHeight)).times(args.strideDown).minus(args.paddingTop),
  );
  const firstLeft = k.let(
    result.minus(row.times(args.outWidth)).times(args.strideRight).minus(args.paddingLeft),
  );
  const left = k.let(firstLeft);
  const windowRow = k.let(int(0));
  const windowColumn = k.let(int(0));
  const lanesPerPart = k.let(args.lanes.atMost(depth));
  const panel = k.let(to);

  k.for(0, args.depthPanels.dividedBy(args.partsPerTap), 1, () => {
    const tapStart = k.let(panel);
    k.repeat(args.tapsPerPanel, () => {
      const sees = inside(top, args.height).and(inside(left, args.width))
        .and(windowRow.lessThan(args.windowRows));
      const pixel = image.times(args.height).plus(top).times(args.width).plus(left);
      const from = k.let(args.images.plus(pixel.times(args.lanes).shiftedLeft(2)));
      const visible = k.let(sees);
      const part = k.let(tapStart);
      k.for(0, args.lanes, lanesPerPart, (lane) => {
        const lanes = k.let(args.lanes.minus(lane).atMost(lanesPerPart));
        k.if(visible, () => copyLanes(k, part, from, lanes), () => clearLanes(k, part, lanes));
        clearLanes(k, k.let(part.plus(lanes.shiftedLeft(2))), lanesPerPart.minus(lanes));
        k.advance(from, lanes.shiftedLeft(2));
        k.advance(part, panelBytes);
      });
      k.advance(tapStart, args.lanes.shiftedLeft(2));
      k.advance(windowColumn, 1);
      k.set(left, left.plus(args.dilationRight));
      k.if(windowColumn.equals(args.windowColumns), () => {
        k.set(windowColumn, int(0));
        k.set(left, firstLeft);
        k.advance(windowRow, 1);
        k.set(top, top.plus(args.dilationDown));
      });
    });
    k.advance(panel, args.partsPerTap.times(panelBytes));
  });
}

function inside(place: Value<"i32">, length: Value<"i32">): Value<"i32"> {
  return place.atLeast(0).and(place.lessThan(length));
}

function copyLanes(
  k: Body,
  to: Value<"scratch">,
  from: Value<"heap">,
  lanes: Value<"i32">,
): void {
  k.for(0, lanes.shiftedLeft(2), 16, (at) => k.store(to.plus(at), v128.load(from.plus(at))));
}

function clearLanes(k: Body, to: Value<"scratch">, lanes: Value<"i32">): void {
  k.for(0, lanes.shiftedLeft(2), 16, (at) => k.store(to.plus(at), f32x4.const(0)));
}
