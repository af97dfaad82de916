/**
 * Filters on their way to panels, and gradients of filters on their way back.
 *
 * @module
 */

import { f32, f32x4, int, scratch, v128 } from "../../assembler/mod.ts";
import { type Kernel, kernelOfParts } from "../../kernel.ts";
import { BANK, FilterWalk } from "../nine_taps.ts";
import { SCRATCH_START, widthOf } from "../panel.ts";

/**
 * Filters, or a matrix as filters of one tap, to panels as patches are cut: for each panel of the width
 * the panels of the depth, one task for each panel of both.
 */
export const packFilters: Kernel = kernelOfParts(
  "pack filters",
  {
    ...BANK,
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

/** Input channels of one task of {@linkcode packNineTaps}. */
export const PACKED_INS = 16;

const nineTapKernels = new Map<boolean, Kernel>();

/**
 * The same for 3×3 filters, ten times as fast: one task for each panel of the width and
 * {@linkcode PACKED_INS} channels. What has no filter is left as it is.
 */
export function packNineTaps(turned: boolean): Kernel {
  let kernel = nineTapKernels.get(turned);
  if (kernel === undefined) nineTapKernels.set(turned, kernel = writeNineTaps(turned));
  return kernel;
}

function writeNineTaps(turned: boolean): Kernel {
  const parameters = {
    ...BANK,
    lanes: "i32",
    depth: "i32",
    tapsPerPanel: "i32",
    partsPerTap: "i32",
    depthPanels: "i32",
    panels: "heap",
  } as const;
  const name = `pack 3×3 filters${turned ? ", turned" : ""}`;
  return kernelOfParts(name, parameters, (_, { tile }) => (k, args) => {
    const width = widthOf(tile);
    const groups = k.let(args.ins.plus(PACKED_INS - 1).dividedBy(PACKED_INS));
    const panel = k.let(args.task.dividedBy(groups));
    const firstIn = k.let(args.task.modulo(groups).times(PACKED_INS));
    const walk = new FilterWalk(k, args, k.let(panel.times(width)), tile.vectors, firstIn);
    const rowBytes = width * 4;
    const panelRows = args.depthPanels.times(args.depth);
    const first = k.let(args.panels.plus(panel.times(panelRows).plus(firstIn).times(rowBytes)));
    const tapPlaces = Array.from({ length: 9 }, (_, tap) => {
      const group = k.let(int(tap).dividedBy(args.tapsPerPanel));
      const within = int(tap).minus(group.times(args.tapsPerPanel));
      const row = group.times(args.partsPerTap).times(args.depth).plus(within.times(args.lanes));
      return k.let(first.plus(row.times(rowBytes)));
    });
    k.for(firstIn, firstIn.plus(PACKED_INS).atMost(args.ins), 1, () => {
      for (let vector = 0; vector < tile.vectors; vector++) {
        walk.taps(vector, turned).forEach((tap, i) => k.store(tapPlaces[i], tap, 16 * vector));
      }
      for (const place of tapPlaces) k.advance(place, rowBytes);
      walk.advance();
    });
  });
}

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
