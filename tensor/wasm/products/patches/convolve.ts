/**
 * Convolution of any window, stride and dilation: a product of patches with filters.
 *
 * Error against float64: a root mean square below 5e-7 of the results' own.
 *
 * @module
 */

import { type Kernel, kernelOfParts } from "../../kernel.ts";
import { int, scratch } from "../../assembler/mod.ts";
import { panelProducts, SCRATCH_START, widthOf } from "../panel.ts";
import { writeRows } from "../results.ts";
import { multiplyShare, shareOf, WIDTH } from "../share.ts";
import { gatherPatch, PATCH_PANELS, WINDOWS } from "./gather.ts";

/** The most results of one task; a multiple of the rows of every tile of a product. */
export const ROWS = 96;

const kernels = new Map<number, Kernel>();

/**
 * The kernel for panels of a depth. Arguments: the images and the window; how patches are cut; packed
 * filters, bias, the results and their lanes; panels of the width; results in all and of each task.
 */
export function patchConvolve(depth: number): Kernel {
  let kernel = kernels.get(depth);
  if (kernel === undefined) kernels.set(depth, kernel = write(depth));
  return kernel;
}

/** The bytes of scratch that a task needs. */
export function patchScratch(
  { depth, depthPanels, widthPanels, width }: {
    depth: number;
    depthPanels: number;
    widthPanels: number;
    width: number;
  },
): number {
  return SCRATCH_START + ROWS * 4 * (depthPanels * depth + widthPanels * width);
}

function write(depth: number): Kernel {
  const parameters = {
    ...WINDOWS,
    ...PATCH_PANELS,
    filters: "heap",
    bias: "heap",
    results: "heap",
    outLanes: "i32",
    ...WIDTH,
    resultCount: "i32",
    resultsPerTask: "i32",
  } as const;
  return kernelOfParts(`patches ${depth} deep`, parameters, (module, { tile }) => {
    const width = widthOf(tile);
    const byPanel = panelProducts(module, tile, depth, { by: "rows" }, ["heap", "scratch"]);
    const inputBytes = ROWS * depth * 4;
    const productBytes = ROWS * width * 4;
    return (k, args) => {
      const share = shareOf(k, args, args.outLanes, width);
      const first = k.let(share.block.times(args.resultsPerTask));
      const count = k.let(args.resultCount.minus(first).atMost(args.resultsPerTask));
      const inputs = scratch(SCRATCH_START);
      const products = k.let(inputs.plus(args.depthPanels.times(inputBytes)));
      k.for(0, count, 1, (row) => {
        const to = inputs.plus(row.times(depth * 4));
        gatherPatch(k, args, first.plus(row), to, k.let(int(depth)), k.let(int(inputBytes)));
      });
      const filterBytes = depth * width * 4;
      multiplyShare(k, byPanel, share, {
        inputs,
        inputBytes,
        depthPanels: args.depthPanels,
        filters: args.filters.plus(share.firstPanel.times(args.depthPanels).times(filterBytes)),
        filterBytes,
        products,
        productBytes,
        tileRows: k.let(count.plus(tile.rows - 1).dividedBy(tile.rows)),
      });
      const firstPlace = first.times(args.outLanes).plus(share.firstColumn);
      writeRows(
        k,
        { products, panelBytes: productBytes, width },
        args.results.plus(firstPlace.shiftedLeft(2)),
        { length: share.columns, pitch: args.outLanes, rows: count },
        args.bias.plus(share.firstColumn.shiftedLeft(2)),
      );
    };
  });
}
