/**
 * Products of matrices, the axes in front of them broadcast.
 *
 * @module
 */

import { broadcastStrides, type Shape, sizeOf } from "../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { joinedWalk } from "../walk.ts";
import { type Matrices, withPanel } from "./pack.ts";
import { runLongProduct } from "./parts.ts";

/** [..., M, K] by [..., K, N] to `shape` [..., M, N]. */
export function matmul(
  gpu: Gpu,
  x: WebgpuOperand,
  y: WebgpuOperand,
  shape: Shape,
): WebgpuBuffer {
  const out = gpu.allocate(shape);
  if (sizeOf(shape) === 0) return out;
  const [rows, columns] = shape.slice(-2);
  const depth = x.shape[x.shape.length - 1];
  const [sizeX, sizeY] = [rows * depth, depth * columns];
  const leading = shape.slice(0, -2);
  const walk = joinedWalk(leading, [
    broadcastStrides(x.shape.slice(0, -2), leading),
    broadcastStrides(y.shape.slice(0, -2), leading),
  ]);
  const last = walk.lengths.length - 1;
  const batch = walk.lengths[last];
  // Axes that do not join to one, which is rare, are walked over here.
  for (let outer = 0; outer < sizeOf(walk.lengths.slice(0, -1)); outer++) {
    const [startX, startY] = walk.steps.map((steps) => offsetOf(outer, walk.lengths, steps));
    const left: Matrices = {
      buffer: x.buffer,
      start: startX * sizeX,
      batch,
      depth,
      width: rows,
      batchStep: walk.steps[0][last] * sizeX,
      depthStep: 1,
      widthStep: depth,
    };
    const right: Matrices = {
      buffer: y.buffer,
      start: startY * sizeY,
      batch,
      depth,
      width: columns,
      batchStep: walk.steps[1][last] * sizeY,
      depthStep: columns,
      widthStep: 1,
    };
    const extent = { batch, rows, columns, depth };
    const start = outer * batch * rows * columns;
    withPanel(
      gpu,
      left,
      (a) => withPanel(gpu, right, (b) => runLongProduct(gpu, a, b, out, start, extent)),
    );
  }
  return out;
}

/** Where an operand is at place `outer` of the axes before the last. */
function offsetOf(outer: number, lengths: readonly number[], steps: readonly number[]): number {
  let offset = 0;
  let rest = outer;
  for (let axis = lengths.length - 2; axis >= 0; axis--) {
    offset += rest % lengths[axis] * steps[axis];
    rest = Math.floor(rest / lengths[axis]);
  }
  return offset;
}
