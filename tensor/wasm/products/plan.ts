/**
 * Which way a convolution is computed: from its shapes alone, so that the same shapes give the same bits.
 *
 * @module
 */

import { type Images, tapsOf, type Window } from "./images.ts";

/** The three faces of a convolution. */
export type Face = "conv2d" | "conv2dInput" | "conv2dWeight";

/** The ways to compute a convolution; Winograd's are called by their tiles. */
export type Method = "winograd 4×4" | "winograd 2×2" | "patches";

/** The way chosen, and what each way that fits is reckoned to cost in multiplications. */
export interface Plan {
  readonly face: Face;
  readonly method: Method;
  readonly costs: { readonly [M in Method]?: number };
}

/*
 * Costs are counted in multiplications of a product that keeps the machine busy; the factors say how
 * many of those the other work takes, as measured.
 */
const TRANSFORM_INPUT = 10;
const TRANSFORM_OUTPUT = 7;
const GATHER = 12;
const PANEL = 10;
/** Rows that a product takes at a time. */
const ROWS = 12;
/** A third of what it takes: a training step uses a weight several times and prepares it once. */
const PREPARE_FILTER = 12;
const WINOGRAD_GRADIENT = 30;
const PATCHES_GRADIENT = 60;

/**
 * Chooses between Winograd's F(4×4, 3×3) and F(2×2, 3×3), for 3×3 windows that move by 1, and a product
 * of patches, for all others, few channels and few pixels.
 */
export function planConvolution(face: Face, images: Images, window: Window, results: Images): Plan {
  const costs: Partial<Record<Method, number>> = {};
  if (fitsWinograd(window)) {
    costs["winograd 4×4"] = costOfWinograd(face, 4, images, results);
    costs["winograd 2×2"] = costOfWinograd(face, 2, images, results);
  }
  costs.patches = costOfPatches(face, images, window, results);
  const [[method]] = Object.entries(costs).sort(([, a], [, b]) => a - b);
  return { face, method: method as Method, costs };
}

/** A plan in words: the way chosen, and what each way is reckoned to cost. */
export function formatPlan({ method, costs }: Plan): string {
  const reckoned = Object.entries(costs).map(([way, cost]) => `${way} ${(cost / 1e6).toFixed(1)}`);
  return `${method} (millions of multiplications: ${reckoned.join(", ")})`;
}

function fitsWinograd({ size, stride, dilation }: Window): boolean {
  return size.every((length) => length === 3) &&
    [...stride, ...dilation].every((step) => step === 1);
}

function costOfWinograd(
  face: Face,
  side: 2 | 4,
  images: Images,
  { count, height, width, lanes }: Images,
): number {
  const tiles = roundedUp(count * Math.ceil(height / side) * Math.ceil(width / side));
  const planes = (side + 2) ** 2;
  const products = images.lanes * lanes * (1 + PANEL / Math.min(images.lanes, 64));
  const transforms = TRANSFORM_INPUT * images.lanes + TRANSFORM_OUTPUT * lanes;
  const filter = face === "conv2dWeight" ? WINOGRAD_GRADIENT : PREPARE_FILTER;
  return planes * (tiles * (products + transforms) + filter * images.lanes * lanes);
}

function costOfPatches(face: Face, images: Images, window: Window, results: Images): number {
  const patches = roundedUp(results.count * results.height * results.width);
  const taps = tapsOf(window) * images.lanes;
  const panel = 1 + PANEL / Math.min(taps, 64);
  const filter = face === "conv2dWeight" ? PATCHES_GRADIENT : PREPARE_FILTER;
  return taps * (patches * (results.lanes * panel + GATHER) + filter * results.lanes);
}

function roundedUp(rows: number): number {
  return Math.ceil(rows / ROWS) * ROWS;
}
