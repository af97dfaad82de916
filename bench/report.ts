/**
 * Rows as a table that people read.
 *
 * @module
 */

import type { MachinePeak } from "./machine_peak.ts";
import { isCount, isOfMemory, type Row } from "./row.ts";

interface Column {
  readonly heading: string;
  readonly width: number;
  readonly isText?: boolean;
}

const COLUMNS: readonly Column[] = [
  { heading: "work", width: 48, isText: true },
  { heading: "device", width: 28, isText: true },
  { heading: "median", width: 11 },
  { heading: "GFLOP/s", width: 7 },
  { heading: "of peak", width: 7 },
  { heading: "GB/s", width: 6 },
  { heading: "of peak", width: 7 },
  { heading: "peer", width: 11, isText: true },
  { heading: "its median", width: 11 },
  { heading: "ratio", width: 6 },
];

/** Lays out rows one by one, in columns wide enough for the works that are named. */
export class Report {
  readonly #columns: readonly Column[];

  constructor(names: readonly string[]) {
    const [work, ...others] = COLUMNS;
    this.#columns = [
      { ...work, width: Math.max(work.width, ...names.map((name) => name.length)) },
      ...others,
    ];
  }

  heading(): string {
    return this.#line(COLUMNS.map(({ heading }) => heading));
  }

  /** A row; why a peer has no time stands where the time would. */
  row(row: Row): string {
    return this.#line([
      row.name,
      deviceOf(row),
      amountOf(row),
      row.gflops?.toFixed(1) ?? "",
      percent(row.share_of_peak),
      row.gbs?.toFixed(1) ?? "",
      percent(row.share_of_bandwidth),
      row.peer ?? "",
      ...peerCells(row),
    ]);
  }

  #line(cells: readonly string[]): string {
    return cells.map((cell, i) => {
      const { width, isText } = this.#columns[i];
      return isText ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd();
  }
}

/** What the shares in the table are shares of. */
export function peakLine({ fma_gflops, bandwidth_gbs }: MachinePeak): string {
  return `One core's peak: ${fma_gflops.toFixed(1)} GFLOP/s in fused multiply-adds of 128 bits, ` +
    `${bandwidth_gbs.toFixed(1)} GB/s. Shares are of as many cores as there are threads; GFLOP/s ` +
    `count the plain algorithm.`;
}

/** A row's device and how it ran. */
export function deviceOf({ device, threads, mode }: Pick<Row, "device" | "threads" | "mode">) {
  const words = [
    device,
    ...(threads > 1 ? [`${threads} threads`] : []),
    ...(mode === "plain" ? [] : [mode]),
  ];
  return words.join(", ");
}

/** What a row is about: a time, a number of bytes or a number of things. */
export function amountOf(row: Row): string {
  if (isCount(row)) return row.count.toFixed(Number.isInteger(row.count) ? 0 : 1);
  return isOfMemory(row) ? mebibytes(row.bytes) : milliseconds(row.median_ms);
}

/** A time with as many digits as it deserves. */
export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(3) : ms < 1000 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

/** Bytes in MiB. */
export function mebibytes(bytes: number): string {
  const megabytes = bytes / 2 ** 20;
  return `${megabytes.toFixed(megabytes < 10 ? 3 : 0)} MiB`;
}

function peerCells(row: Row): string[] {
  if (row.peer_error !== undefined) return [`cannot: ${row.peer_error}`];
  if (isOfMemory(row)) {
    const theirs = row.peer_bytes === undefined ? "" : mebibytes(row.peer_bytes);
    return [theirs, row.bytes_ratio?.toFixed(2) ?? ""];
  }
  if (row.peer_median_ms === null) return [];
  return [milliseconds(row.peer_median_ms), row.ratio?.toFixed(2) ?? ""];
}

function percent(share: number | undefined): string {
  return share === undefined ? "" : `${(100 * share).toFixed(0)}%`;
}
