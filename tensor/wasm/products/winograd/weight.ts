/**
 * The gradient of 3×3 filters by Winograd: with V = Bᵀ·x·B and Z = A·g·Aᵀ of each tile, it is
 * Gᵀ·[Σ V ⊗ Z]·G, the sum over tiles being a product of matrices for each place of a tile.
 *
 * Error against float64: a root mean square below 1.5e-6 of the results' own by F(4×4, 3×3), below 5e-7 by
 * F(2×2, 3×3).
 *
 * @module
 */

import { int, scratch } from "../../assembler/mod.ts";
import { type Kernel, kernelOfParts } from "../../kernel.ts";
import { multiplyPanel, panelProducts, type Rows, SCRATCH_START, widthOf } from "../panel.ts";
import { shareOf, WIDTH } from "../share.ts";
import {
  blockBytes,
  CUT,
  IMAGES,
  planeBytes,
  readSquare,
  squareOf,
  squaresToPlanes,
} from "./tiles.ts";
import type { Algorithm } from "./transforms.ts";

/**
 * How many tiles' products are added up in registers, of so many in all: the depth of the product. Blocks
 * are as equal as they can be, since all have room for the same number of tiles.
 */
export function tilesPerBlock(tiles: number): number {
  const blocks = Math.ceil(tiles / MOST_TILES);
  return Math.ceil(tiles / blocks / 4) * 4;
}

const MOST_TILES = 48;

const kernels = new Map<string, Kernel>();

/** The bytes of scratch that a task needs. */
export function weightScratch(
  algorithm: Algorithm,
  { stride }: Rows,
  { tiles, panels, width, lanes }: {
    readonly tiles: number;
    readonly panels: number;
    readonly width: number;
    readonly lanes: number;
  },
): number {
  const inputs = blockBytes({ algorithm, lanes: stride, tiles });
  const gradients = panels * blockBytes({ algorithm, lanes: width, tiles });
  return SCRATCH_START + inputs + gradients + algorithm.planes * 4 * lanes;
}

/**
 * The kernel for so many rows of input channels, and so many tiles at a time. A task adds up one chunk of tiles for some panels of the
 * width. Arguments: the images, how they are cut, the gradients of the results, the chunks' sums; the panels of
 * the width and those of each task; tiles in all and in each chunk.
 */
export function winogradWeight(algorithm: Algorithm, rows: Rows, depth: number): Kernel {
  const name = `winograd ${algorithm.name} weight, ${rows.rows} channels, ${depth} deep`;
  let kernel = kernels.get(name);
  if (kernel === undefined) kernels.set(name, kernel = write(name, algorithm, rows, depth));
  return kernel;
}

function write(
  name: string,
  algorithm: Algorithm,
  { rows, stride }: Rows,
  depth: number,
): Kernel {
  const parameters = {
    ...IMAGES,
    ...CUT,
    gradients: "heap",
    outHeight: "i32",
    outWidth: "i32",
    outLanes: "i32",
    sums: "heap",
    ...WIDTH,
    tiles: "i32",
    tilesPerChunk: "i32",
  } as const;
  return kernelOfParts(name, parameters, (module, { tile }) => {
    const width = widthOf(tile);
    const inputPlanes = { algorithm, lanes: stride, tiles: depth };
    const gradientPlanes = { algorithm, lanes: width, tiles: depth };
    const transformInput = squaresToPlanes(module, "inputs", inputPlanes);
    const transformGradient = squaresToPlanes(module, "results", gradientPlanes);
    const order = { by: "columns", stride } as const;
    const products = panelProducts(module, tile, depth, order, ["scratch", "heap"]);
    return (k, args) => {
      const share = shareOf(k, args, args.outLanes, width);
      const { block: chunk, firstPanel, panels, firstColumn: firstLane, columns: lanes } = share;
      const firstTile = k.let(chunk.times(args.tilesPerChunk));
      const end = k.let(firstTile.plus(args.tilesPerChunk).atMost(args.tiles));

      const inputs = scratch(SCRATCH_START);
      const gradients = k.let(inputs.plus(blockBytes(inputPlanes)));
      const gradientBytes = k.let(panels.times(blockBytes(gradientPlanes)));
      const patch = k.let(gradients.plus(gradientBytes));
      const panelBytes = rows * width * 4;
      const firstSum = chunk.times(algorithm.planes).times(args.widthPanels).plus(firstPanel);
      const sums = k.let(args.sums.plus(firstSum.times(panelBytes)));
      const origin = k.let(int(0));
      const maps = {
        images: k.let(args.gradients.plus(firstLane.shiftedLeft(2))),
        height: args.outHeight,
        width: args.outWidth,
        lanes: args.outLanes,
      };
      const pixelBytes = args.lanes.shiftedLeft(2);
      const outPixelBytes = args.outLanes.shiftedLeft(2);

      k.for(firstTile, end, depth, (first) => {
        const tiles = k.let(end.minus(first).atMost(depth));
        // Tiles that are missing must add zeros: there is no telling what is there.
        k.if(tiles.lessThan(depth), () => {
          k.clear(inputs, blockBytes(inputPlanes));
          k.clear(gradients, gradientBytes);
        });
        k.for(0, tiles, 1, (tile) => {
          const inputSquare = squareOf(k, first.plus(tile), algorithm.results, args);
          readSquare(
            k,
            args,
            inputSquare,
            algorithm.inputs,
            patch,
            args.lanes,
            (from, rowBytes) => {
              const to = inputs.plus(tile.times(stride * 4));
              k.call(transformInput(from), from, to, rowBytes, pixelBytes, args.lanes);
            },
          );
          const square = squareOf(k, first.plus(tile), algorithm.results, {
            ...args,
            top: origin,
            left: origin,
          });
          readSquare(k, maps, square, algorithm.results, patch, lanes, (from, rowBytes) => {
            const to = gradients.plus(tile.times(width * 4));
            k.call(transformGradient(from), from, to, rowBytes, outPixelBytes, lanes);
          });
        });
        const input = k.let(inputs);
        const gradient = k.local("scratch");
        const sum = k.let(sums);
        const isLater = k.let(firstTile.lessThan(first));
        const columns = k.local("i32");
        const tileRows = int(rows / tile.rows);
        k.for(0, algorithm.planes, 1, (plane) => {
          k.set(columns, lanes);
          k.set(gradient, gradients.plus(plane.times(planeBytes(gradientPlanes))));
          k.for(0, panels, 1, () => {
            multiplyPanel(k, products, columns, [input, gradient, sum, tileRows, isLater]);
            k.set(columns, columns.minus(width));
            k.advance(gradient, blockBytes(gradientPlanes));
            k.advance(sum, panelBytes);
          });
          k.advance(sum, args.widthPanels.minus(panels).times(panelBytes));
          k.advance(input, planeBytes(inputPlanes));
        });
      });
    };
  });
}
