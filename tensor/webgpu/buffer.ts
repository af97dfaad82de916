/**
 * Where a tensor lies on the GPU.
 *
 * @module
 */

import type { Operand } from "../device.ts";
import type { Windows } from "../shape.ts";

/** A buffer of the GPU that holds one tensor, row-major, four bytes an element. */
export interface WebgpuBuffer {
  /** Names the buffer of the GPU to the cache of bind groups. */
  readonly id: number;
  readonly gpu: GPUBuffer;
  /** What the tensor takes. */
  readonly bytes: number;
  /** What the buffer has: a multiple of 16, so that programs may go by four elements. */
  readonly capacity: number;
  /** Of the places of window maxima: the windows, so that a scatter knows who may point where. */
  readonly windows?: Windows;
}

/** A tensor as the kernels of this device see it. */
export type WebgpuOperand = Operand<WebgpuBuffer>;
