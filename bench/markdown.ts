/**
 * A kept run as the table that the README shows.
 *
 * @module
 */

import { familiesOf, type Family, peersOf, ratiosTo, shapeCount, spreadOf } from "./families.ts";
import { amountOf, deviceOf } from "./report.ts";
import type { BenchResult } from "./result_file.ts";

/** A line for each kind of work: our time and how it compares; below 1 we are faster. */
export function markdownTable({ date, machine, peak, versions, rows }: BenchResult): string {
  const peers = peersOf(rows);
  const ran = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
  const header = ["work", "device", "time", "GFLOP/s", ...peers.map((peer) => `÷ ${peer}`)];
  const lines = familiesOf(rows).map((family) => [
    nameOf(family),
    deviceOf(family.rows[0]),
    shapeCount(family) > 1 ? "" : amountOf(family.rows[0]),
    speedOf(family),
    ...peers.map((peer) => ratioTo(peer, family)),
  ]);
  const fma = peak.fma_gflops.toFixed(0);
  const bandwidth = peak.bandwidth_gbs.toFixed(0);
  return [
    `${date}, ${machine} (one core: ${fma} GFLOP/s in multiply-adds of 128 bits, ${bandwidth} GB/s); ` +
    `${ran}. Medians; a ratio is our time by the peer's, of several shapes the geometric mean ` +
    `and the range.`,
    "",
    ...table(header, lines),
  ].join("\n");
}

function nameOf(family: Family): string {
  const count = shapeCount(family);
  return count > 1 ? `${family.name}, ${count} shapes` : family.name;
}

function speedOf(family: Family): string {
  const speeds = spreadOf(family.rows.flatMap(({ gflops }) => gflops ?? []));
  return speeds === undefined ? "" : speeds.mean.toFixed(speeds.mean < 10 ? 1 : 0);
}

function ratioTo(peer: string, family: Family): string {
  const ratios = ratiosTo(peer, family);
  if (ratios === undefined) {
    return family.rows.some((row) => row.peer === peer) ? "cannot" : "";
  }
  const { mean, least, most } = ratios;
  const range = shapeCount(family) > 1 ? ` (${digits(least)} to ${digits(most)})` : "";
  return digits(mean) + range;
}

function digits(ratio: number): string {
  return ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2);
}

/** Padded as `deno fmt` pads it. */
function table(header: readonly string[], lines: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, i) =>
    Math.max(3, title.length, ...lines.map((line) => line[i].length))
  );
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [row(header), row(widths.map((width) => "-".repeat(width))), ...lines.map(row)];
}
