/**
 * Running the kernels of patches: any convolution as a product of matrices.
 *
 * @module
 */

import type { WasmBuffer } from "../../buffer.ts";
import type { Machine } from "../../machine.ts";
import { type FilterBank, formatBank, type Images, tapsOf, type Window } from "../images.ts";
import { rowsOf, widthOf } from "../panel.ts";
import { cutRows, shareSums } from "../chunks.ts";
import { type Form, withFilters } from "../prepared_filters.ts";
import { patchConvolve, patchScratch, ROWS } from "./convolve.ts";
import {
  GRADIENT_ROWS,
  PACKED_INS,
  packFilters,
  packNineTaps,
  unpackGradients,
} from "./filters.ts";
import { cutPatches, type PatchPanels } from "./gather.ts";
import { patchWeight, patchWeightScratch, RESULTS } from "./weight.ts";

/** Writes the correlation of images with a bank of filters to `results`. */
export function convolve(
  machine: Machine,
  images: Images,
  bank: FilterBank,
  bias: WasmBuffer,
  window: Window,
  results: Images,
): void {
  const width = widthOf(machine.target.tile);
  const cut = cutPatches(tapsOf(window), images.lanes);
  const widthPanels = Math.ceil(results.lanes / width);
  const count = results.count * results.height * results.width;
  const { rowsPerTask, panelsPerTask, tasks } = cutRows(count, ROWS, widthPanels);
  const panels = panelsOf(machine, bank, tapsOf(window), images.lanes, cut);
  withFilters(machine, bank, count < FEW_RESULTS, panels, ({ address }) => {
    machine.run(
      patchConvolve(cut.depth),
      tasks,
      [
        ...windowArguments(images, window, results),
        ...panelArguments(cut),
        address,
        bias.address,
        results.address,
        results.lanes,
        widthPanels,
        panelsPerTask,
        count,
        rowsPerTask,
      ],
      patchScratch({ depth: cut.depth, depthPanels: cut.count, widthPanels: panelsPerTask, width }),
    );
  });
}

/** With so many results or more, packing the filters takes a small part of the time. */
const FEW_RESULTS = 2048;

/** Filters, or a matrix, in panels. */
export function panelsOf(
  machine: Machine,
  bank: FilterBank,
  taps: number,
  lanes: number,
  cut: PatchPanels,
): Form {
  const width = widthOf(machine.target.tile);
  const widthPanels = Math.ceil(bank.outs / width);
  return {
    name: `patches ${lanes} ${formatBank(bank)}`,
    bytes: widthPanels * cut.count * cut.depth * width * 4,
    fill: (panels) => packBank(machine, bank, taps, lanes, cut, panels),
  };
}

function packBank(
  machine: Machine,
  bank: FilterBank,
  taps: number,
  lanes: number,
  cut: PatchPanels,
  panels: WasmBuffer,
): void {
  const widthPanels = Math.ceil(bank.outs / widthOf(machine.target.tile));
  const { address, outs, ins, outStride, inStride, turned } = bank;
  const from = [address, outs, ins, outStride, inStride];
  if (taps === 9) {
    const isFull = ins === cut.parts * cut.depth || (cut.parts === 1 && ins === lanes);
    if (!isFull || cut.taps * cut.count !== 9 * cut.parts) machine.floats(panels).fill(0);
    machine.run(packNineTaps(turned), widthPanels * Math.ceil(ins / PACKED_INS), [
      ...from,
      lanes,
      cut.depth,
      ...panelArguments(cut),
      panels.address,
    ]);
  } else {
    machine.run(packFilters, widthPanels * cut.count, [
      ...from,
      turned ? taps - 1 : 0,
      turned ? -1 : 1,
      taps,
      lanes,
      cut.depth,
      ...panelArguments(cut),
      panels.address,
    ]);
  }
}

/** Writes the gradient of filters [O,C,kH,kW] to `gradients`. */
export function convolveWeight(
  machine: Machine,
  images: Images,
  maps: Images,
  window: Window,
  gradients: WasmBuffer,
  [outs, ins]: readonly [number, number],
): void {
  const { tile } = machine.target;
  const width = widthOf(tile);
  const taps = tapsOf(window);
  const usedRows = taps * images.lanes;
  const rows = rowsOf(usedRows, tile.rows);
  const widthPanels = Math.ceil(maps.lanes / width);
  const count = maps.count * maps.height * maps.width;
  const { blocksPerChunk, chunks, groups } = shareSums(Math.ceil(count / RESULTS), maps.lanes, {
    inputs: count * usedRows,
    sums: usedRows * maps.lanes,
  });
  const panelsPerTask = Math.ceil(widthPanels / groups);
  const sums = machine.scratchBlock(chunks * widthPanels * rows.rows * width * 4);
  machine.run(patchWeight(rows), chunks * Math.ceil(widthPanels / panelsPerTask), [
    ...windowArguments(images, window, maps),
    ...panelArguments({ depth: rows.stride, taps, parts: 1, count: 1 }),
    maps.address,
    maps.lanes,
    sums.address,
    widthPanels,
    panelsPerTask,
    count,
    blocksPerChunk * RESULTS,
  ], patchWeightScratch(rows, panelsPerTask, width));
  machine.run(unpackGradients, widthPanels * Math.ceil(usedRows / GRADIENT_ROWS), [
    sums.address,
    chunks,
    rows.rows,
    usedRows,
    widthPanels,
    images.lanes,
    taps,
    gradients.address,
    outs,
    ins,
  ]);
  machine.free(sums);
}

function windowArguments(images: Images, window: Window, results: Images): number[] {
  return [
    images.address,
    images.height,
    images.width,
    images.lanes,
    ...window.size,
    ...window.stride,
    ...window.padding,
    ...window.dilation,
    results.height,
    results.width,
  ];
}

function panelArguments({ taps, parts, count }: PatchPanels): number[] {
  return [taps, parts, count];
}
