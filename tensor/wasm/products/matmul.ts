/**
 * Products of matrices.
 *
 * Error: each result is a sum in float32, rounded once a term with fused multiplication and addition, in
 * blocks of at most 96 terms; about √K · 2^−25 of the root mean square of the results for depth K.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import { broadcastStrides, type Shape, sizeOf } from "../../shape.ts";
import { int, scratch } from "../assembler/mod.ts";
import type { WasmBuffer } from "../buffer.ts";
import { type Kernel, kernelOfParts } from "../kernel.ts";
import { withLayout } from "../layout.ts";
import type { Machine } from "../machine.ts";
import { cutDepth, panelProducts, SCRATCH_START, widthOf } from "./panel.ts";
import { panelsOf } from "./patches/run.ts";
import { withFilters } from "./prepared_filters.ts";
import { multiplyShare, shareOf, WIDTH } from "./share.ts";
import { cutRows } from "./chunks.ts";
import { writeUnevenRows } from "./results.ts";

/** The most rows of one task; a multiple of the rows of every tile of a product. */
const ROWS = 96;

/** The kernel of matrix products. */
export function matmulKernels(machine: Machine): Pick<Kernels<WasmBuffer>, "matmul"> {
  return {
    matmul(x, y, shape) {
      const result = machine.allocate(shape);
      if (result.bytes === 0) return result;
      const [M, K] = x.shape.slice(-2);
      const N = y.shape[y.shape.length - 1];
      if (K === 0) {
        machine.floats(result).fill(0);
        return result;
      }
      return withLayout(machine, x, "rowMajor", (a) =>
        withLayout(machine, y, "rowMajor", (b) => {
          const batch = shape.slice(0, -2);
          const aStarts = matrixStarts(x.shape, batch);
          const bStarts = matrixStarts(y.shape, batch);
          const runs = runsOfOneRight(aStarts, bStarts, M * K);
          for (const { first, matrices } of runs) {
            multiply(
              machine,
              { address: a.address + 4 * aStarts[first], rows: matrices * M, depth: K },
              { address: b.address + 4 * bStarts[first], columns: N },
              result.address + 4 * first * M * N,
            );
          }
          return result;
        }));
    },
  };
}

/** Where in a tensor each matrix of a batch begins, in floats. */
function matrixStarts(shape: Shape, batch: Shape): number[] {
  const size = sizeOf(shape.slice(-2));
  const strides = broadcastStrides(shape.slice(0, -2), batch);
  return Array.from({ length: sizeOf(batch) }, (_, matrix) => {
    let [rest, start] = [matrix, 0];
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      start += rest % batch[axis] * strides[axis];
      rest = Math.floor(rest / batch[axis]);
    }
    return start * size;
  });
}

/** Neighbours that share the right matrix and whose left ones are unbroken are one taller product. */
function runsOfOneRight(
  aStarts: readonly number[],
  bStarts: readonly number[],
  size: number,
): { first: number; matrices: number }[] {
  const runs: { first: number; matrices: number }[] = [];
  for (let i = 0; i < aStarts.length; i++) {
    const run = runs.at(-1);
    const goesOn = run !== undefined && bStarts[i] === bStarts[run.first] &&
      aStarts[i] === aStarts[run.first] + run.matrices * size;
    if (goesOn) run.matrices++;
    else runs.push({ first: i, matrices: 1 });
  }
  return runs;
}

function multiply(
  machine: Machine,
  a: { readonly address: number; readonly rows: number; readonly depth: number },
  b: { readonly address: number; readonly columns: number },
  result: number,
): void {
  const width = widthOf(machine.target.tile);
  const { count, each } = cutDepth(a.depth);
  const widthPanels = Math.ceil(b.columns / width);
  const bank = {
    address: b.address,
    outs: b.columns,
    ins: a.depth,
    outStride: 1,
    inStride: b.columns,
    turned: false,
  };
  const cut = { depth: each, taps: 1, parts: count, count };
  const form = panelsOf(machine, bank, 1, count * each, cut);
  const { rowsPerTask, panelsPerTask, tasks } = cutRows(a.rows, ROWS, widthPanels);
  withFilters(machine, bank, false, form, (panels) => {
    machine.run(matmulKernel(each), tasks, [
      a.address,
      a.rows,
      a.depth,
      rowsPerTask,
      count,
      panels.address,
      widthPanels,
      panelsPerTask,
      result,
      b.columns,
    ], SCRATCH_START + ROWS * 4 * (count * each + panelsPerTask * width));
  });
}

const kernels = new Map<number, Kernel>();

function matmulKernel(depth: number): Kernel {
  let kernel = kernels.get(depth);
  if (kernel === undefined) kernels.set(depth, kernel = write(depth));
  return kernel;
}

function write(depth: number): Kernel {
  const parameters = {
    a: "heap",
    rows: "i32",
    fullDepth: "i32",
    rowsPerTask: "i32",
    depthPanels: "i32",
    b: "heap",
    ...WIDTH,
    result: "heap",
    columns: "i32",
  } as const;
  return kernelOfParts(`matmul ${depth} deep`, parameters, (module, { tile }) => {
    const width = widthOf(tile);
    const byPanel = panelProducts(module, tile, depth, { by: "rows" }, ["heap", "scratch"]);
    const inputBytes = ROWS * depth * 4;
    const productBytes = ROWS * width * 4;
    return (k, args) => {
      const share = shareOf(k, args, args.columns, width);
      const firstRow = k.let(share.block.times(args.rowsPerTask));
      const rows = k.let(args.rows.minus(firstRow).atMost(args.rowsPerTask));
      const inputs = scratch(SCRATCH_START);
      const products = k.let(inputs.plus(args.depthPanels.times(inputBytes)));

      const rowBytes = k.let(args.fullDepth.shiftedLeft(2));
      const from = k.let(args.a.plus(firstRow.times(rowBytes)));
      k.for(0, rows, 1, (row) => {
        const to = k.let(inputs.plus(row.times(depth * 4)));
        k.for(0, rowBytes, depth * 4, (start) => {
          const bytes = k.let(rowBytes.minus(start).atMost(depth * 4));
          k.copy(to, from.plus(start), bytes);
          k.if(bytes.lessThan(depth * 4), () => {
            k.clear(to.plus(bytes), int(depth * 4).minus(bytes));
          });
          k.advance(to, inputBytes);
        });
        k.advance(from, rowBytes);
      });

      const filterBytes = depth * width * 4;
      multiplyShare(k, byPanel, share, {
        inputs,
        inputBytes,
        depthPanels: args.depthPanels,
        filters: args.b.plus(share.firstPanel.times(args.depthPanels).times(filterBytes)),
        filterBytes,
        products,
        productBytes,
        tileRows: k.let(rows.plus(tile.rows - 1).dividedBy(tile.rows)),
      });

      const place = firstRow.times(args.columns).plus(share.firstColumn);
      const to = k.let(args.result.plus(place.shiftedLeft(2)));
      writeUnevenRows(k, { products, panelBytes: productBytes, width }, to, {
        length: share.columns,
        pitch: args.columns,
        rows,
      });
    };
  });
}
