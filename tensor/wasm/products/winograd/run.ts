/**
 * Running Winograd's kernels: filters to planes, images by tiles, and the sums of gradients back.
 *
 * @module
 */

import type { WasmBuffer } from "../../buffer.ts";
import type { Machine } from "../../machine.ts";
import { cutDepth, rowsOf, widthOf } from "../panel.ts";
import { type FilterBank, formatBank, type Images } from "../images.ts";
import { withFilters } from "../prepared_filters.ts";
import { cutRows, shareSums } from "../chunks.ts";
import { convolveScratch, TILES, winogradConvolve } from "./convolve.ts";
import { filterGradients, GRADIENT_INS, PLANE_GAP, transformFilters } from "./filters.ts";
import type { Algorithm } from "./transforms.ts";
import { tilesPerBlock, weightScratch, winogradWeight } from "./weight.ts";

/** Zeros around the images, above and to the left. */
export type Border = readonly [top: number, left: number];

/** Writes the correlation of images with a bank of 3×3 filters to `results`. */
export function convolve(
  machine: Machine,
  algorithm: Algorithm,
  images: Images,
  bank: FilterBank,
  bias: WasmBuffer,
  [top, left]: Border,
  results: Images,
): void {
  const width = widthOf(machine.target.tile);
  const { count: depthPanels, each: depth } = cutDepth(images.lanes);
  const widthPanels = Math.ceil(results.lanes / width);
  const cut = cutTiles(algorithm, results, [top, left]);
  const { rowsPerTask, panelsPerTask, tasks } = cutRows(cut.tiles, TILES, widthPanels);
  const planes = {
    name: `winograd ${algorithm.name} ${formatBank(bank)}`,
    bytes: algorithm.planes * (widthPanels * depthPanels * depth * width * 4 + PLANE_GAP),
    fill: ({ address }: WasmBuffer) =>
      machine.run(transformFilters(algorithm, depth, bank.turned), depthPanels * widthPanels, [
        bank.address,
        bank.outs,
        bank.ins,
        bank.outStride,
        bank.inStride,
        address,
        depthPanels,
        widthPanels,
      ]),
  };
  withFilters(machine, bank, cut.tiles < FEW_TILES, planes, ({ address }) => {
    machine.run(
      winogradConvolve(algorithm, depth),
      tasks,
      [
        ...imageArguments(images),
        ...cut.arguments,
        address,
        bias.address,
        results.address,
        results.height,
        results.width,
        results.lanes,
        depthPanels,
        widthPanels,
        panelsPerTask,
        cut.tiles,
        rowsPerTask,
      ],
      convolveScratch(algorithm, {
        depth,
        depthPanels,
        widthPanels: panelsPerTask,
        width,
        lanes: Math.max(images.lanes, results.lanes),
      }),
    );
  });
}

/** Writes the gradient of 3×3 filters [O,C,3,3] to `gradients`. */
export function convolveWeight(
  machine: Machine,
  algorithm: Algorithm,
  images: Images,
  maps: Images,
  [top, left]: Border,
  gradients: WasmBuffer,
  [outs, ins]: readonly [number, number],
): void {
  const { tile } = machine.target;
  const width = widthOf(tile);
  const rows = rowsOf(images.lanes, tile.rows);
  const widthPanels = Math.ceil(maps.lanes / width);
  const cut = cutTiles(algorithm, maps, [top, left]);
  const depth = tilesPerBlock(cut.tiles);
  const { blocksPerChunk, chunks, groups } = shareSums(
    Math.ceil(cut.tiles / depth),
    maps.lanes,
    {
      inputs: cut.tiles * images.lanes * algorithm.planes,
      sums: algorithm.planes * images.lanes * maps.lanes,
    },
  );
  const panelsPerTask = Math.ceil(widthPanels / groups);
  const sums = machine.scratchBlock(
    chunks * algorithm.planes * widthPanels * rows.rows * width * 4,
  );
  machine.run(
    winogradWeight(algorithm, rows, depth),
    chunks * Math.ceil(widthPanels / panelsPerTask),
    [
      ...imageArguments(images),
      ...cut.arguments,
      maps.address,
      maps.height,
      maps.width,
      maps.lanes,
      sums.address,
      widthPanels,
      panelsPerTask,
      cut.tiles,
      blocksPerChunk * depth,
    ],
    weightScratch(algorithm, rows, {
      tiles: depth,
      panels: panelsPerTask,
      width,
      lanes: Math.max(images.lanes, maps.lanes),
    }),
  );
  machine.run(filterGradients(algorithm), widthPanels * Math.ceil(ins / GRADIENT_INS), [
    sums.address,
    chunks,
    rows.rows,
    widthPanels,
    gradients.address,
    outs,
    ins,
  ]);
  machine.free(sums);
}

function imageArguments({ address, height, width, lanes }: Images): number[] {
  return [address, height, width, lanes];
}

function cutTiles(
  { results }: Algorithm,
  { count, height, width }: Images,
  [top, left]: Border,
): { tiles: number; arguments: number[] } {
  const columns = Math.ceil(width / results);
  const perImage = columns * Math.ceil(height / results);
  return { tiles: count * perImage, arguments: [perImage, columns, -top, -left] };
}

/** With so many tiles or more, transforming the filters takes a small part of the time. */
const FEW_TILES = 1024;
