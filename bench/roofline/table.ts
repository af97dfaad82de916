/**
 * The bounds of a step as tables that people read.
 *
 * @module
 */

import { callCount, fewestOperations, type GpuPeak, type KernelBound, totalOf } from "./bounds.ts";
import { PHASES, type RecordedStep } from "./step_calls.ts";

/** Rows are shown one by one until they make up this much of the step. */
const SHOWN = 0.95;

/** The bounds of a step, of its parts, of its kernels, and of the kernels on each shape. */
export function boundTables(bounds: readonly KernelBound[], peak: GpuPeak): string[] {
  const step = sumOf(bounds);
  return [
    `On a GPU of ${peak.gflops} GFLOP/s and ${peak.gbps} GB/s the step takes at least ` +
    `${milliseconds(step.ms)}, by the plain algorithm ${milliseconds(step.plainMs)}.`,
    "",
    ...table(PARTS, [...partsOf(bounds), ["the step", ...amounts(step, step)]]),
    "",
    ...table(KINDS, kindsOf(bounds, step)),
    "",
    ...table(SHAPES, shownOf(bounds, step)),
  ];
}

/** What the step holds in memory, and what it costs to hold less. */
export function memoryLine(
  kept: RecordedStep,
  recomputed: RecordedStep,
  recomputedBounds: readonly KernelBound[],
): string {
  return `It holds ${gibibytes(kept.peakBytes)} at the most; with --recompute stages ` +
    `${gibibytes(recomputed.peakBytes)}, and takes at least ` +
    `${milliseconds(sumOf(recomputedBounds).ms)}. The largest tensor takes ` +
    `${gibibytes(kept.largestBytes)}.`;
}

interface Column {
  readonly heading: string;
  readonly isText?: boolean;
}

const AMOUNTS: readonly Column[] = [
  { heading: "calls" },
  { heading: "GFLOP" },
  { heading: "fewest" },
  { heading: "GB" },
  { heading: "bound" },
  { heading: "of step" },
];
const PARTS = [{ heading: "part", isText: true }, ...AMOUNTS];
const KINDS = [{ heading: "kernel", isText: true }, ...AMOUNTS];
const SHAPES: readonly Column[] = [
  { heading: "kernel", isText: true },
  { heading: "shapes", isText: true },
  { heading: "forward" },
  { heading: "backward" },
  { heading: "second" },
  { heading: "GFLOP" },
  { heading: "fewest" },
  { heading: "GB" },
  { heading: "a call" },
  { heading: "limit", isText: true },
  { heading: "all calls" },
  { heading: "of step" },
];

/** What some calls come to. */
interface Sum {
  readonly calls: number;
  readonly operations: number;
  readonly fewest: number;
  readonly bytes: number;
  readonly ms: number;
  readonly plainMs: number;
}

function sumOf(bounds: readonly KernelBound[], countOf = callCount): Sum {
  const over = (amount: (bound: KernelBound) => number) =>
    bounds.reduce((sum, bound) => sum + countOf(bound) * amount(bound), 0);
  return {
    calls: over(() => 1),
    operations: over(({ operations }) => operations),
    fewest: over(fewestOperations),
    bytes: over(({ bytes }) => bytes),
    ms: over(({ bound_ms }) => bound_ms),
    plainMs: over(({ plain_bound_ms }) => plain_bound_ms),
  };
}

function amounts({ calls, operations, fewest, bytes, ms }: Sum, step: Sum): string[] {
  return [
    String(calls),
    billions(operations),
    billions(fewest),
    billions(bytes),
    milliseconds(ms),
    percent(ms / step.ms),
  ];
}

function partsOf(bounds: readonly KernelBound[]): string[][] {
  const step = sumOf(bounds);
  return PHASES.map((phase) => [
    phase,
    ...amounts(sumOf(bounds, ({ calls }) => calls[phase]), step),
  ]);
}

function kindsOf(bounds: readonly KernelBound[], step: Sum): string[][] {
  return [...Map.groupBy(bounds, ({ kernel }) => kernel)]
    .map(([kernel, group]) => ({ kernel, sum: sumOf(group) }))
    .sort((a, b) => b.sum.ms - a.sum.ms)
    .map(({ kernel, sum }) => [kernel, ...amounts(sum, step)]);
}

function shownOf(bounds: readonly KernelBound[], step: Sum): string[][] {
  let covered = 0;
  const shown = bounds.filter((bound) => {
    const isShown = covered < SHOWN * step.ms;
    covered += totalOf(bound);
    return isShown;
  });
  const rest = bounds.slice(shown.length);
  const line = (bound: KernelBound) => [
    bound.kernel,
    bound.shapes,
    ...[bound.calls.forward, bound.calls.backward, bound.calls["second order"]].map(String),
    billions(bound.operations),
    billions(fewestOperations(bound)),
    billions(bound.bytes),
    milliseconds(bound.bound_ms),
    bound.limited_by,
    milliseconds(totalOf(bound)),
    percent(totalOf(bound) / step.ms),
  ];
  const others = sumOf(rest);
  const last = ["others", `${rest.length} kinds and shapes`, ...Array(8).fill("")];
  return [...shown.map(line), [...last, milliseconds(others.ms), percent(others.ms / step.ms)]];
}

function table(columns: readonly Column[], lines: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ heading }, i) =>
    Math.max(heading.length, ...lines.map((line) => line[i].length))
  );
  const row = (cells: readonly string[]) =>
    cells.map((cell, i) => columns[i].isText ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))
      .join("  ").trimEnd();
  return [row(columns.map(({ heading }) => heading)), ...lines.map(row)];
}

function billions(amount: number): string {
  return (amount / 1e9).toFixed(amount < 1e9 ? 3 : amount < 1e11 ? 1 : 0);
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 1 ? 4 : ms < 100 ? 2 : 0)} ms`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
