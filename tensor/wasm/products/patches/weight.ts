/**
 * The gradient of filters of any window, stride and dilation: a product of patches, turned on their side,
 * with the gradients of the results.
 *
 * Error against float64: a root mean square below 5e-7 of the results' own.
 *
 * @module
 */

import { f32x4, int, scratch, v128 } from "../../assembler/mod.ts";
import { type Kernel, kernelOfParts } from "../../kernel.ts";
import { multiplyPanel, panelProducts, type Rows, SCRATCH_START, widthOf } from "../panel.ts";
import { shareOf, WIDTH } from "../share.ts";
import { gatherPatch, PATCH_PANELS, WINDOWS } from "./gather.ts";

/** The results whose products are added up in registers: the depth of the product. */
export const RESULTS = 48;

const kernels = new Map<string, Kernel>();

/** The bytes of scratch that a task needs. */
export function patchWeightScratch({ stride }: Rows, panels: number, width: number): number {
  return SCRATCH_START + RESULTS * 4 * (stride + panels * width);
}

/**
 * The kernel for so many rows, one for each lane of each tap. A task adds up one chunk of results for some
 * panels of the width. Arguments: the images and the window; patches as one panel; the gradients of the results
 * and their lanes; the chunks' sums; the panels of the width and those of each task; results in all and in
 * each chunk.
 */
export function patchWeight(rows: Rows): Kernel {
  const name = `patch weight, ${rows.rows} rows`;
  let kernel = kernels.get(name);
  if (kernel === undefined) kernels.set(name, kernel = write(name, rows));
  return kernel;
}

function write(name: string, { rows, stride }: Rows): Kernel {
  const parameters = {
    ...WINDOWS,
    ...PATCH_PANELS,
    gradients: "heap",
    outLanes: "i32",
    sums: "heap",
    ...WIDTH,
    resultCount: "i32",
    resultsPerChunk: "i32",
  } as const;
  return kernelOfParts(name, parameters, (module, { tile }) => {
    const width = widthOf(tile);
    const order = { by: "columns", stride } as const;
    const products = panelProducts(module, tile, RESULTS, order, ["scratch", "heap"]);
    return (k, args) => {
      const share = shareOf(k, args, args.outLanes, width);
      const { block: chunk, firstPanel, panels, firstColumn: firstLane, columns: lanes } = share;
      const firstResult = k.let(chunk.times(args.resultsPerChunk));
      const end = k.let(firstResult.plus(args.resultsPerChunk).atMost(args.resultCount));
      const patches = scratch(SCRATCH_START);
      const gradients = scratch(SCRATCH_START + RESULTS * stride * 4);
      const gradientBytes = RESULTS * width * 4;
      const panelBytes = rows * width * 4;
      const firstSum = chunk.times(args.widthPanels).plus(firstPanel);
      const sums = k.let(args.sums.plus(firstSum.times(panelBytes)));
      const depth = k.let(int(stride));

      k.for(firstResult, end, RESULTS, (first) => {
        const count = k.let(end.minus(first).atMost(RESULTS));
        // Results that are missing must add zeros: there is no telling what is there.
        k.if(count.lessThan(RESULTS), () => {
          k.clear(patches, RESULTS * stride * 4);
          k.clear(gradients, panels.times(gradientBytes));
        });
        k.for(0, count, 1, (row) => {
          const result = k.let(first.plus(row));
          gatherPatch(k, args, result, patches.plus(row.times(stride * 4)), depth, depth);
          const pixel = k.let(args.gradients.plus(result.times(args.outLanes).shiftedLeft(2)));
          k.for(0, panels, 1, (panel) => {
            const panelLane = k.let(firstLane.plus(panel.times(width)));
            const to = k.let(gradients.plus(panel.times(gradientBytes)).plus(row.times(width * 4)));
            for (let vector = 0; vector < tile.vectors; vector++) {
              const lane = k.let(panelLane.plus(4 * vector));
              k.if(lane.lessThan(args.outLanes), () => {
                k.store(to, v128.load(pixel.plus(lane.shiftedLeft(2))), 16 * vector);
              }, () => k.store(to, f32x4.const(0), 16 * vector));
            }
          });
        });
        const gradient = k.let(gradients);
        const sum = k.let(sums);
        const isLater = k.let(firstResult.lessThan(first));
        const columns = k.let(lanes);
        const tileRows = int(rows / tile.rows);
        k.for(0, panels, 1, () => {
          multiplyPanel(k, products, columns, [patches, gradient, sum, tileRows, isLater]);
          k.set(columns, columns.minus(width));
          k.advance(gradient, gradientBytes);
          k.advance(sum, panelBytes);
        });
      });
    };
  });
}
