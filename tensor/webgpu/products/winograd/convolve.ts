/**
 * 3×3 convolution with stride 1 by Winograd's F(4×4, 3×3), its transpose in the image, and its
 * transpose in the weight.
 *
 * @module
 */

import type { Shape } from "../../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../../buffer.ts";
import type { Gpu } from "../../gpu.ts";
import { apart, fours } from "../fours.ts";
import { type Panel, runProduct } from "../panel.ts";
import { LONGEST_SUM, SCRATCH_BYTES, splitsOf, tileFor } from "../plan.ts";
import { PLANES, RESULTS } from "./matrices.ts";
import {
  filterProgram,
  gradientProgram,
  inputByChannelsProgram,
  inputProgram,
  outputProgram,
  tapProgram,
} from "./programs.ts";

/** How filters lead from the channels of an image to those of the result. */
export interface Filters {
  readonly weight: WebgpuBuffer;
  /** Channels before and after. */
  readonly from: number;
  readonly to: number;
  /** From one channel to the next in the weight, in elements. */
  readonly fromStep: number;
  readonly toStep: number;
  /** Whether each is rotated by half a turn, as in a transposed convolution. */
  readonly isRotated: boolean;
}

/** Fewer tiles than this do not fill the columns of a product's tile. */
const FEW_TILES = 32;

/** How an image is cut into tiles of results. */
function tilesOf([batch, , height, width]: Shape) {
  const down = Math.ceil(height / RESULTS);
  const across = Math.ceil(width / RESULTS);
  return { down, across, all: batch * down * across };
}

/** Tiles that are worked on at once: as many as scratch holds, whatever the GPU. */
function tilesAtOnce(all: number, channels: number): number {
  const held = Math.floor(SCRATCH_BYTES / (PLANES * 4 * channels * 4)) * 4;
  return Math.min(all, Math.max(held, 4));
}

/** Convolves x [N,from,·,·] to `shape` [N,to,·,·] by filters, with zeros of `padding` around x. */
export function convolve(
  gpu: Gpu,
  x: WebgpuOperand,
  filters: Filters,
  padding: readonly [number, number],
  shape: Shape,
  bias?: WebgpuBuffer,
): WebgpuBuffer {
  const { from, to } = filters;
  const [, , height, width] = shape;
  const out = gpu.allocate(shape);
  const planes = transformFilters(gpu, filters);
  const tiles = tilesOf(shape);
  const most = tilesAtOnce(tiles.all, Math.max(from, to));
  const row = apart(fours(most));
  const inputPlane = apart(from * row);
  const inputs = gpu.allocateBytes(PLANES * inputPlane * 16);
  // A product of few columns wastes most of a tile: then the tiles of the image are its rows.
  const isTransposed = most < FEW_TILES && to > most;
  const productRow = isTransposed ? apart(fours(to)) : row;
  const productPlane = apart((isTransposed ? fours(most) * 4 : to) * productRow);
  const products = gpu.allocateBytes(PLANES * productPlane * 16);
  const output = outputProgram(bias !== undefined, width % 4 === 0);
  for (let firstTile = 0; firstTile < tiles.all; firstTile += most) {
    const count = Math.min(most, tiles.all - firstTile);
    const places = {
      tiles: count,
      firstTile,
      allTiles: tiles.all,
      tilesAcross: tiles.across,
      tilesDown: tiles.down,
    };
    gpu.each(inputProgram, from * count, { image_: x.buffer, planes: inputs }, {
      ...places,
      planeStep: inputPlane * 4,
      channelStep: row * 4,
      tileStep: 1,
      channels: from,
      height: x.shape[2],
      width: x.shape[3],
      paddingTop: padding[0],
      paddingLeft: padding[1],
    });
    const ofTiles = { buffer: inputs, rowStep: row, batchStep: inputPlane };
    const [a, b] = isTransposed ? [ofTiles, planes] : [planes, ofTiles];
    const [rows, columns] = isTransposed ? [count, to] : [to, count];
    const extent = { batch: PLANES, rows, columns: fours(columns) * 4, depth: from };
    runProduct(gpu, tileFor(gpu.limits, extent), a, b, {
      buffer: products,
      rowStep: productRow * 4,
      batchStep: productPlane * 4,
    }, extent);
    const buffers = { planes: products, image_: out, ...(bias && { bias }) };
    gpu.each(output, to * count, buffers, {
      ...places,
      planeStep: productPlane * 4,
      channelStep: isTransposed ? 1 : productRow * 4,
      tileStep: isTransposed ? productRow * 4 : 1,
      channels: to,
      height,
      width,
    });
  }
  for (const scratch of [planes.buffer, inputs, products]) gpu.free(scratch);
  return out;
}

/** The filters as planes [36][from][to]. */
function transformFilters(
  gpu: Gpu,
  { weight, from, to, fromStep, toStep, isRotated }: Filters,
): Panel {
  const row = apart(fours(to));
  const plane = apart(from * row);
  const planes = gpu.allocateBytes(PLANES * plane * 16);
  gpu.each(filterProgram(isRotated), from * to, { weight, planes }, {
    to,
    fromStep,
    toStep,
    planeStep: plane * 4,
    rowStep: row * 4,
  });
  return { buffer: planes, rowStep: row, batchStep: plane };
}

/**
 * The gradient of a weight [O,C,3,3] from an image and the gradient of its convolution: a product over
 * all tiles, cut into splits that are summed for themselves and then added in order.
 */
export function convolveToWeight(
  gpu: Gpu,
  x: WebgpuOperand,
  g: WebgpuOperand,
  padding: readonly [number, number],
  shape: Shape,
): WebgpuBuffer {
  const [to, from] = shape;
  const weight = gpu.allocate(shape);
  const tiles = tilesOf(g.shape);
  const most = tilesAtOnce(tiles.all, Math.max(from, to));
  const { splits, length } = splitsOf(most, LONGEST_SUM);
  const atOnce = splits * length;
  const rounds = Math.ceil(tiles.all / atOnce);
  const [fromRow, toRow] = [from, to].map((channels) => apart(fours(channels)));
  const inputs = gpu.allocateBytes(PLANES * atOnce * fromRow * 16);
  const gradients = gpu.allocateBytes(PLANES * atOnce * toRow * 16);
  const sumsSize = to * fromRow * 4;
  const parts = gpu.allocateBytes(PLANES * splits * sumsSize * 4);
  const extent = { batch: PLANES * splits, rows: to, columns: fours(from) * 4, depth: length };
  for (let round = 0; round < rounds; round++) {
    const places = {
      tiles: atOnce,
      firstTile: round * atOnce,
      allTiles: tiles.all,
      tilesAcross: tiles.across,
      tilesDown: tiles.down,
      channelStep: 1,
    };
    gpu.each(inputByChannelsProgram, fours(from) * atOnce, { image_: x.buffer, planes: inputs }, {
      ...places,
      planeStep: atOnce * fromRow,
      tileStep: fromRow,
      channels: from,
      height: x.shape[2],
      width: x.shape[3],
      paddingTop: padding[0],
      paddingLeft: padding[1],
    });
    gpu.each(gradientProgram, fours(to) * atOnce, { image_: g.buffer, planes: gradients }, {
      ...places,
      planeStep: atOnce * toRow,
      tileStep: toRow,
      channels: to,
      height: g.shape[2],
      width: g.shape[3],
      paddingTop: 0,
      paddingLeft: 0,
    });
    runProduct(
      gpu,
      tileFor(gpu.limits, extent),
      { buffer: gradients, rowStep: toRow, batchStep: length * toRow },
      { buffer: inputs, rowStep: fromRow, batchStep: length * fromRow },
      {
        buffer: parts,
        isAdded: round > 0,
        rowStep: fromRow * 4,
        batchStep: sumsSize,
      },
      extent,
    );
  }
  gpu.each(tapProgram, to * from, { planes: parts, weight }, {
    inputs: from,
    rowStep: fromRow * 4,
    planeStep: splits * sumsSize,
    splits,
    splitStep: sumsSize,
  });
  for (const scratch of [inputs, gradients, parts]) gpu.free(scratch);
  return weight;
}
