/**
 * 3×3 convolution of images in channels-last order by one of Winograd's algorithms.
 *
 * Error against float64: a root mean square below 1.5e-6 of the results' own by F(4×4, 3×3), up to 512
 * channels, and below 5e-7 by F(2×2, 3×3); that of a direct convolution in float32 is near 3e-7.
 *
 * @module
 */

import { type Body, f32x4, int, scratch, type Value } from "../../assembler/mod.ts";
import { type Kernel, kernelOfParts } from "../../kernel.ts";
import { PLANE_GAP } from "./filters.ts";
import { panelProducts, SCRATCH_START, widthOf } from "../panel.ts";
import { multiplyShare, shareOf, WIDTH } from "../share.ts";
import {
  blockBytes,
  CUT,
  IMAGES,
  planeBytes,
  type Planes,
  planesToSquare,
  readSquare,
  squareOf,
  squaresToPlanes,
  writeSquare,
} from "./tiles.ts";
import type { Algorithm } from "./transforms.ts";

/** The most tiles of one task; a multiple of the rows of every tile of a product. */
export const TILES = 48;

const kernels = new Map<string, Kernel>();

/**
 * The kernel for panels of a depth. Arguments: the images, how they are cut, transformed filters, bias,
 * the results; the panels of the depth and of the width, panels of the width in each task, tiles in all
 * and in each task.
 */
export function winogradConvolve(algorithm: Algorithm, depth: number): Kernel {
  const name = `winograd ${algorithm.name}, ${depth} deep`;
  let kernel = kernels.get(name);
  if (kernel === undefined) kernels.set(name, kernel = write(name, algorithm, depth));
  return kernel;
}

/** The bytes of scratch that a task needs. */
export function convolveScratch(
  algorithm: Algorithm,
  { depth, depthPanels, widthPanels, width, lanes }: {
    depth: number;
    depthPanels: number;
    widthPanels: number;
    width: number;
    lanes: number;
  },
): number {
  const inputs = depthPanels * blockBytes({ algorithm, lanes: depth, tiles: TILES });
  const products = widthPanels * blockBytes({ algorithm, lanes: width, tiles: TILES });
  return SCRATCH_START + inputs + products + algorithm.planes * 4 * lanes;
}

function write(name: string, algorithm: Algorithm, depth: number): Kernel {
  const parameters = {
    ...IMAGES,
    ...CUT,
    filters: "heap",
    bias: "heap",
    results: "heap",
    outHeight: "i32",
    outWidth: "i32",
    outLanes: "i32",
    depthPanels: "i32",
    ...WIDTH,
    tiles: "i32",
    tilesPerTask: "i32",
  } as const;
  return kernelOfParts(name, parameters, (module, { tile }) => {
    const width = widthOf(tile);
    const inputPlanes = { algorithm, lanes: depth, tiles: TILES };
    const productPlanes = { algorithm, lanes: width, tiles: TILES };
    const transformInput = squaresToPlanes(module, "inputs", inputPlanes);
    const writeToHeap = planesToSquare(module, "heap", productPlanes);
    const writeToScratch = planesToSquare(module, "scratch", productPlanes);
    const byPanel = panelProducts(module, tile, depth, { by: "rows" }, ["heap", "scratch"]);
    return (k, args) => {
      const share = shareOf(k, args, args.outLanes, width);
      const { block, firstPanel, panels, firstColumn: firstLane, columns: lanes } = share;
      const firstTile = k.let(block.times(args.tilesPerTask));
      const tiles = k.let(args.tiles.minus(firstTile).atMost(args.tilesPerTask));
      const inputs = scratch(SCRATCH_START);
      const products = k.let(inputs.plus(args.depthPanels.times(blockBytes(inputPlanes))));
      const patch = k.let(products.plus(panels.times(blockBytes(productPlanes))));

      k.for(0, tiles, 1, (tile) => {
        const square = squareOf(k, firstTile.plus(tile), algorithm.results, args);
        const to = inputs.plus(tile.times(depth * 4));
        readSquare(k, args, square, algorithm.inputs, patch, args.lanes, (from, rowBytes) => {
          const pixelBytes = args.lanes.shiftedLeft(2);
          k.call(transformInput(from), from, to, rowBytes, pixelBytes, args.lanes);
        });
      });
      clearLanesBeyond(k, inputs, args, inputPlanes);

      const tileRows = k.let(tiles.plus(tile.rows - 1).dividedBy(tile.rows));
      const filterBytes = depth * width * 4;
      k.for(0, algorithm.planes, 1, (plane) => {
        const firstFilter = plane.times(args.widthPanels).plus(firstPanel).times(args.depthPanels)
          .times(filterBytes).plus(plane.times(PLANE_GAP));
        multiplyShare(k, byPanel, share, {
          inputs: k.let(inputs.plus(plane.times(planeBytes(inputPlanes)))),
          inputBytes: blockBytes(inputPlanes),
          depthPanels: args.depthPanels,
          filters: args.filters.plus(firstFilter),
          filterBytes,
          products: products.plus(plane.times(planeBytes(productPlanes))),
          productBytes: blockBytes(productPlanes),
          tileRows,
        });
      });

      const bias = k.let(args.bias.plus(firstLane.shiftedLeft(2)));
      const outputs = {
        images: k.let(args.results.plus(firstLane.shiftedLeft(2))),
        height: args.outHeight,
        width: args.outWidth,
        lanes: args.outLanes,
      };
      const origin = k.let(int(0));
      k.for(0, tiles, 1, (tile) => {
        const square = squareOf(k, firstTile.plus(tile), algorithm.results, {
          ...args,
          top: origin,
          left: origin,
        });
        const from = products.plus(tile.times(width * 4));
        writeSquare(
          k,
          outputs,
          square,
          algorithm.results,
          patch,
          lanes,
          (to, rowBytes, pixelBytes) => {
            const callee = to.type === "heap" ? writeToHeap : writeToScratch;
            k.call(callee, from, to, bias, rowBytes, pixelBytes, lanes);
          },
        );
      });
    };
  });
}

/** Channels that the last panel of the depth has too many must be zeros: there is no telling what is there. */
function clearLanesBeyond(
  k: Body,
  inputs: Value<"scratch">,
  { lanes, depthPanels }: { lanes: Value<"i32">; depthPanels: Value<"i32"> },
  planes: Planes,
): void {
  const last = k.let(depthPanels.minus(1));
  const first = k.let(lanes.minus(last.times(planes.lanes)));
  k.if(first.lessThan(planes.lanes), () => {
    const plane = k.let(inputs.plus(last.times(blockBytes(planes))));
    k.repeat(planes.algorithm.planes, () => {
      k.for(0, planes.tiles * planes.lanes * 4, planes.lanes * 4, (tile) => {
        k.for(first.shiftedLeft(2), planes.lanes * 4, 16, (lane) => {
          k.store(plane.plus(tile).plus(lane), f32x4.const(0));
        });
      });
      k.advance(plane, planeBytes(planes));
    });
  });
}
