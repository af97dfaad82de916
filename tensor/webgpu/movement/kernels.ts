/**
 * Movement on the `webgpu` device: the same elements in another place.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import { broadcastStrides, type Shape, stridesOf } from "../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { joinedWalk } from "../walk.ts";
import { copy, type Places } from "./copy.ts";
import { pad } from "./pad.ts";
import { transpose, transposedShape } from "./transpose.ts";

type Movement = Pick<
  Kernels<WebgpuBuffer>,
  "reshape" | "permute" | "broadcastTo" | "slice" | "pad" | "cat"
>;

/** The movement kernels of a GPU. */
export function movementKernels(gpu: Gpu): Movement {
  return {
    reshape: (x) => x.buffer,
    permute: (x, axes) => permute(gpu, x, axes),
    broadcastTo: (x, shape) => read(gpu, x, shape, broadcastStrides(x.shape, shape)),
    slice: (x, start, shape) => {
      const strides = stridesOf(x.shape);
      return read(gpu, x, shape, strides, offset(start, strides));
    },
    pad: (x, start, shape) => pad(gpu, x, start, shape),
    cat: (xs, axis, shape) => cat(gpu, xs, axis, shape),
  };
}

/** What a GPU in software reads one by one gains nothing by tiles. */
function permute(gpu: Gpu, x: WebgpuOperand, axes: readonly number[]): WebgpuBuffer {
  const strides = stridesOf(x.shape);
  const permuted = axes.map((axis) => strides[axis]);
  const shape = axes.map((axis) => x.shape[axis]);
  const walk = joinedWalk(shape, [permuted, stridesOf(shape)]);
  const matrices = gpu.limits.isSoftware ? undefined : transposedShape(walk);
  if (matrices === undefined) return read(gpu, x, shape, permuted);
  const out = gpu.allocate(shape);
  transpose(gpu, x.buffer, matrices, out);
  return out;
}

/** A new tensor whose elements are x's at these places. */
function read(
  gpu: Gpu,
  { buffer }: WebgpuOperand,
  shape: Shape,
  strides: readonly number[],
  start = 0,
): WebgpuBuffer {
  const out = gpu.allocate(shape);
  copy(gpu, shape, { buffer, strides, start }, wholly(out, shape));
  return out;
}

function cat(gpu: Gpu, xs: readonly WebgpuOperand[], axis: number, shape: Shape): WebgpuBuffer {
  const out = gpu.allocate(shape);
  const strides = stridesOf(shape);
  let start = 0;
  for (const x of xs) {
    copy(gpu, x.shape, wholly(x.buffer, x.shape), { buffer: out, strides, start });
    start += x.shape[axis] * strides[axis];
  }
  return out;
}

function wholly(buffer: WebgpuBuffer, shape: Shape): Places {
  return { buffer, strides: stridesOf(shape), start: 0 };
}

function offset(position: readonly number[], strides: readonly number[]): number {
  return position.reduce((sum, index, axis) => sum + index * strides[axis], 0);
}
