/**
 * A call of a kernel as far as it decides on the work: which kernel, and the shapes.
 *
 * @module
 */

import type { Geometry, Kernels, Shape } from "../../tensor/mod.ts";

/** The name of a kernel. */
export type KernelName = keyof Kernels;

/** How a convolution or a pooling slides. */
export interface SlidingWindow {
  /** Vertical, horizontal. */
  readonly size: readonly [number, number];
  readonly geometry: Geometry;
}

/** One call. */
export interface KernelCall {
  readonly kernel: KernelName;
  /** Of the operands, in their order. */
  readonly inputs: readonly Shape[];
  /** Of what the kernel makes; `accumulate` changes its first operand and has that shape here. */
  readonly outputs: readonly Shape[];
  /** Of the products and poolings that have one. */
  readonly window?: SlidingWindow;
}
