/**
 * Filters on their way to panels, and gradients of filters on their way back.
 *
 * @module
 */

import { f32, f32x4, scratch, v128 } from "../../assembler/mod.ts";
import { type Kernel, kernelOfParts } from "../../kernel.ts";
import { SCRATCH_START, widthOf } from "../panel.ts";

/**
 * Filters, or a matrix as filters of one tap, to panels as patches are cut: for each panel of the width
 * the panels of the depth, one task for each panel of both.
 */
export const packFilters: Kernel = kernelOfParts(
  "pack filters",
  {
    bank: "heap",
    outs: "i32",
    ins: "i32",
    outStride: "i32",
    inStride: "i32",
    firstTap: "i32",
    tapStep: "i32",
    taps: "i32",
    lanes: "i32",
    depth: "i32",
    tapsPerPanel: "i32",
    partsPerTap: "i32",
    depthPanels: "i32",
    panels: "heap",
  },
  (_, { tile }) => (k, args) => {
    const width = widthOf(tile);
    const panel = k.let(args.task.modulo(args.depthPanels));
    const group = k.let(panel.dividedBy(args.partsPerTap));
    const firstOut = k.let(args.task.dividedBy(args.depthPanels).times(width));
    const firstLane = k.let(panel.minus(group.times(args.partsPerTap)).times(args.depth));
    const lanesPerPart = k.let(args.lanes.atMost(args.depth));
    const to = k.let(args.panels.plus(args.task.times(args.depth).times(width * 4)));
    const panelIsWhole = k.let(firstOut.plus(width).atMost(args.outs).equals(firstOut.plus(width)));
    k.for(0, args.tapsPerPanel, 1, (place) => {
      const tap = k.let(group.times(args.tapsPerPanel).plus(place));
      const tapStart = k.let(tap.times(args.tapStep).plus(args.firstTap));
      k.for(0, lanesPerPart, 1, (lane) => {
        const input = k.let(firstLane.plus(lane));
        const exists = k.let(input.lessThan(args.ins).and(tap.lessThan(args.taps)));
        const start = k.let(
          input.times(args.inStride).plus(firstOut.times(args.outStride)).plus(tapStart),
        );
        k.if(exists.and(panelIsWhole).and(args.outStride.equals(1)), () => {
          const from = k.let(args.bank.plus(start.shiftedLeft(2)));
          for (let vector = 0; vector < tile.vectors; vector++) {
            k.store(to, v128.load(from, 16 * vector), 16 * vector);
          }
        }, () => {
          for (let column = 0; column < width; column++) {
            const out = firstOut.plus(column);
            k.if(exists.and(out.lessThan(args.outs)), () => {
              const index = start.plus(args.outStride.times(column));
              k.store(to, f32.load(args.bank.plus(index.shiftedLeft(2))), 4 * column);
            }, () => k.store(to, f32.const(0), 4 * column));
          }
        });
        k.advance(to, width * 4);
      });
    });
  },
);

/** Rows of gradients of one task of {@linkcode unpackGradients}. */
export const GRADIENT_ROWS = 32;

/**
 * The chunks' sums to gradients of filters [O,C,kH,kW]. Each chunk holds for each panel of the width `rows`
 * rows, one for each lane of each tap. One task for each panel and {@linkcode GRADIENT_ROWS} rows.
 */
export const unpackGradients: Kernel = kernelOfParts(
  "unpack filter gradients",
  {
    sums: "heap",
    chunks: "i32",
    rows: "i32",
    usedRows: "i32",
    widthPanels: "i32",
    lanes: "i32",
    taps: "i32",
    gradients: "heap",
    outs: "i32",
    ins: "i32",
  },
  (_, { tile }) => (k, args) => {
    const width = widthOf(tile);
    const groups = k.let(args.usedRows.plus(GRADIENT_ROWS - 1).dividedBy(GRADIENT_ROWS));
    const panel = k.let(args.task.dividedBy(groups));
    const firstRow = k.let(args.task.modulo(groups).times(GRADIENT_ROWS));
    const panelBytes = k.let(args.rows.times(width * 4));
    const chunkBytes = k.let(panelBytes.times(args.widthPanels));
    const from = k.local("heap");
    const sum = k.local("v128");
    k.for(firstRow, firstRow.plus(GRADIENT_ROWS).atMost(args.usedRows), 1, (row) => {
      const tap = k.let(row.dividedBy(args.lanes));
      const input = k.let(row.minus(tap.times(args.lanes)));
      k.if(input.lessThan(args.ins), () => {
        for (let vector = 0; vector < tile.vectors; vector++) {
          const place = panel.times(panelBytes).plus(row.times(width * 4)).plus(16 * vector);
          k.set(from, args.sums.plus(place));
          k.set(sum, f32x4.const(0));
          k.repeat(args.chunks, () => {
            k.set(sum, f32x4.add(sum, v128.load(from)));
            k.advance(from, chunkBytes);
          });
          k.store(scratch(SCRATCH_START), sum, 16 * vector);
        }
        k.for(0, width, 1, (column) => {
          const out = k.let(panel.times(width).plus(column));
          k.if(out.lessThan(args.outs), () => {
            const index = out.times(args.ins).plus(input).times(args.taps).plus(tap);
            const value = f32.load(scratch(SCRATCH_START).plus(column.shiftedLeft(2)));
            k.store(args.gradients.plus(index.shiftedLeft(2)), value);
          });
        });
      });
    });
  },
);
