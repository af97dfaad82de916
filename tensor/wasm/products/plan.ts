/**
 * Which way a convolution is computed: from its shapes alone, so that the same shapes give the same bits.
 *
 * @module
 */

import { type Images, tapsOf, type Window } from "./images.ts";

/** The three faces of a convolution. */
export type Face = "conv2d" | "conv2dInput" | "conv2dWeight";

/** A way to compute a convolution, and what each way is reckoned to cost in multiplications. */
export interface Plan {
  readonly face: Face;
  readonly method: "winograd" | "patches";
  /** Absent where Winograd's tiles do not fit the window. */
  readonly winogradCost?: number;
  readonly patchesCost: number;
}

/*
 * Costs are counted in multiplications of a product that keeps the machine busy; the factors say how
 * many of those the other work takes, as measured.
 */
const TRANSFORM_INPUT = 360;
const TRANSFORM_OUTPUT = 250;
const TRANSFORM_FILTER = 1100;
const TRANSFORM_FILTER_GRADIENT = 2000;
const GATHER = 12;
const PANEL = 10;

/**
 * Chooses between Winograd's F(4×4, 3×3), for 3×3 windows that move by 1, and a product of patches, for
 * all others, few channels and few pixels.
 */
export function planConvolution(face: Face, images: Images, window: Window, results: Images): Plan {
  const patchesCost = costOfPatches(images, window, results);
  if (!fitsWinograd(window)) return { face, method: "patches", patchesCost };
  const winogradCost = costOfWinograd(face, images, results);
  const method = winogradCost < patchesCost ? "winograd" : "patches";
  return { face, method, winogradCost, patchesCost };
}

/** A plan in words: the way chosen, and what each way is reckoned to cost. */
export function formatPlan({ method, winogradCost, patchesCost }: Plan): string {
  const millions = (cost: number) => `${(cost / 1e6).toFixed(1)} million`;
  const winograd = winogradCost === undefined
    ? "not for this window"
    : `${millions(winogradCost)} multiplications`;
  return `${method} (Winograd ${winograd}, patches ${millions(patchesCost)})`;
}

function fitsWinograd({ size, stride, dilation }: Window): boolean {
  return size.every((length) => length === 3) &&
    [...stride, ...dilation].every((step) => step === 1);
}

function costOfWinograd(
  face: Face,
  images: Images,
  { count, height, width, lanes }: Images,
): number {
  const tiles = count * Math.ceil(height / 4) * Math.ceil(width / 4);
  const products = 36 * images.lanes * lanes * (1 + PANEL / Math.min(images.lanes, 64));
  const transforms = TRANSFORM_INPUT * images.lanes + TRANSFORM_OUTPUT * lanes;
  const filter = face === "conv2dWeight" ? TRANSFORM_FILTER_GRADIENT : TRANSFORM_FILTER;
  return tiles * (products + transforms) + filter * images.lanes * lanes;
}

function costOfPatches(images: Images, window: Window, results: Images): number {
  const patches = results.count * results.height * results.width;
  const taps = tapsOf(window) * images.lanes;
  const panel = 1 + PANEL / Math.min(taps, 64);
  return patches * taps * (results.lanes * panel + GATHER) + taps * results.lanes;
}
