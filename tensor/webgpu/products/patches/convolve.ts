/**
 * Convolution with any window, stride, padding and dilation as a product with patches, and its two
 * transposes. Images are done as many at a time as scratch memory holds.
 *
 * @module
 */

import { type Geometry, type Shape, sizeOf } from "../../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../../buffer.ts";
import type { Gpu } from "../../gpu.ts";
import { type Matrices, withPanel } from "../pack.ts";
import { runProduct } from "../panel.ts";
import { addParts, runLongProduct } from "../parts.ts";
import { LONGEST_SUM, SCRATCH_BYTES, splitsOf, tileFor } from "../plan.ts";
import { imageProgram, patchByWindowProgram, patchProgram } from "./programs.ts";

/** The numbers of a convolution of images `image` [N,C,H,W] to `result` [N,O,oH,oW]. */
interface Windows {
  readonly image: Shape;
  readonly weight: Shape;
  readonly result: Shape;
  readonly geometry: Geometry;
}

function windowNumbers({ image, weight, result, geometry }: Windows) {
  const [, channels, height, width] = image;
  const [, , kernelHeight, kernelWidth] = weight;
  const [, , down, across] = result;
  const { stride, padding, dilation } = geometry;
  return {
    channels,
    height,
    width,
    across,
    windows: down * across,
    kernelHeight,
    kernelWidth,
    strideY: stride[0],
    strideX: stride[1],
    paddingY: padding[0],
    paddingX: padding[1],
    dilationY: dilation[0],
    dilationX: dilation[1],
  };
}

/** The lengths that the products have. */
function lengthsOf({ image, weight, result }: Windows) {
  const [images] = image;
  const outputs = weight[0];
  const taps = sizeOf(weight.slice(1));
  const windows = sizeOf(result.slice(2));
  const perImage = taps * Math.ceil(windows / 4) * 16;
  const atOnce = Math.min(images, Math.max(1, Math.floor(SCRATCH_BYTES / perImage)));
  return { images, outputs, taps, windows, atOnce };
}

/** Calls with each range of images that is done at once. */
function forImages(images: number, atOnce: number, run: (first: number, count: number) => void) {
  for (let first = 0; first < images; first += atOnce) {
    run(first, Math.min(atOnce, images - first));
  }
}

/** Cross-correlation of x [N,C,H,W] with weight [O,C,kH,kW] to `shape`. */
export function convolvePatches(
  gpu: Gpu,
  x: WebgpuOperand,
  weight: WebgpuOperand,
  geometry: Geometry,
  shape: Shape,
): WebgpuBuffer {
  const out = gpu.allocate(shape);
  const sizes = { image: x.shape, weight: weight.shape, result: shape, geometry };
  const { images, outputs, taps, windows, atOnce } = lengthsOf(sizes);
  const row = Math.ceil(windows / 4);
  const patches = gpu.allocateBytes(atOnce * taps * row * 16);
  withPanel(
    gpu,
    transposed(weight.buffer, outputs, taps),
    (a) =>
      forImages(images, atOnce, (firstImage, batch) => {
        gpu.each(patchProgram, batch * taps * row, { image_: x.buffer, patches }, {
          ...windowNumbers(sizes),
          firstImage,
        });
        const extent = { batch, rows: outputs, columns: windows, depth: taps };
        const b = { buffer: patches, rowStep: row, batchStep: taps * row };
        runLongProduct(gpu, a, b, out, firstImage * outputs * windows, extent);
      }),
  );
  gpu.free(patches);
  return out;
}

/** A weight [O][taps] to be read as [taps][O], once for all images. */
function transposed(buffer: WebgpuBuffer, outputs: number, taps: number): Matrices {
  return {
    buffer,
    batch: 1,
    batchStep: 0,
    depth: taps,
    width: outputs,
    depthStep: 1,
    widthStep: taps,
  };
}

/** The transpose in x: g [N,O,oH,oW] and weight to `shape` [N,C,H,W]. */
export function convolvePatchesToInput(
  gpu: Gpu,
  g: WebgpuOperand,
  weight: WebgpuOperand,
  geometry: Geometry,
  shape: Shape,
): WebgpuBuffer {
  const out = gpu.allocate(shape);
  const sizes = { image: shape, weight: weight.shape, result: g.shape, geometry };
  const { images, outputs, taps, windows, atOnce } = lengthsOf(sizes);
  const row = Math.ceil(windows / 4);
  const patches = gpu.allocateBytes(atOnce * taps * row * 16);
  const weights: Matrices = {
    buffer: weight.buffer,
    batch: 1,
    batchStep: 0,
    depth: outputs,
    width: taps,
    depthStep: taps,
    widthStep: 1,
  };
  withPanel(gpu, weights, (a) =>
    forImages(images, atOnce, (first, batch) => {
      const gradients: Matrices = {
        buffer: g.buffer,
        start: first * outputs * windows,
        batch,
        depth: outputs,
        width: windows,
        batchStep: outputs * windows,
        depthStep: windows,
        widthStep: 1,
      };
      const extent = { batch, rows: taps, columns: row * 4, depth: outputs };
      withPanel(gpu, gradients, (b) =>
        runProduct(
          gpu,
          tileFor(gpu.limits, extent),
          a,
          b,
          { buffer: patches, rowStep: row * 4, batchStep: taps * row * 4 },
          extent,
        ));
      const pixels = sizeOf(shape.slice(1));
      gpu.each(imageProgram, batch * pixels, { patches, image_: out }, {
        ...windowNumbers(sizes),
        down: g.shape[2],
        rowStep: row * 4,
        firstPixel: first * pixels,
      });
    }));
  gpu.free(patches);
  return out;
}

/** The transpose in weight: x and g to `shape` [O,C,kH,kW]. Sums of parts are added in order. */
export function convolvePatchesToWeight(
  gpu: Gpu,
  x: WebgpuOperand,
  g: WebgpuOperand,
  geometry: Geometry,
  shape: Shape,
): WebgpuBuffer {
  const out = gpu.allocate(shape);
  const sizes = { image: x.shape, weight: shape, result: g.shape, geometry };
  const { images, outputs, taps, windows } = lengthsOf(sizes);
  const row = Math.ceil(taps / 4);
  const perImage = windows * row * 16;
  const atOnce = Math.min(images, Math.max(1, Math.floor(SCRATCH_BYTES / perImage)));
  const { splits, length } = splitsOf(windows, LONGEST_SUM);
  const partSize = outputs * row * 4;
  const patches = gpu.allocateBytes(atOnce * perImage);
  const parts = gpu.allocateBytes(images * splits * partSize * 4);
  forImages(images, atOnce, (firstImage, batch) => {
    gpu.each(patchByWindowProgram, batch * windows * row, { image_: x.buffer, patches }, {
      ...windowNumbers(sizes),
      firstImage,
    });
    const gradients: Matrices = {
      buffer: g.buffer,
      start: firstImage * outputs * windows,
      batch,
      depth: windows,
      width: outputs,
      batchStep: outputs * windows,
      depthStep: 1,
      widthStep: windows,
    };
    withPanel(gpu, gradients, (a) => {
      for (let split = 0; split < splits; split++) {
        const depth = Math.min(length, windows - split * length);
        const extent = { batch, rows: outputs, columns: row * 4, depth };
        runProduct(
          gpu,
          tileFor(gpu.limits, extent),
          { ...a, start: (a.start ?? 0) + split * length * a.rowStep },
          { buffer: patches, start: split * length * row, rowStep: row, batchStep: windows * row },
          {
            buffer: parts,
            start: (firstImage * splits + split) * partSize,
            rowStep: row * 4,
            batchStep: splits * partSize,
          },
          extent,
        );
      }
    });
  });
  addParts(
    gpu,
    { buffer: parts, count: images * splits, step: partSize, rowStep: row * 4 },
    out,
    { rows: outputs, columns: taps },
  );
  gpu.free(patches);
  gpu.free(parts);
  return out;
}
