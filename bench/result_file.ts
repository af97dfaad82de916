/**
 * A run kept as data: when, where, with what, and the rows.
 *
 * @module
 */

import { cpus, totalmem } from "node:os";
import type { MachinePeak } from "./machine_peak.ts";
import type { Row } from "./row.ts";

/** What `--save` writes. */
export interface BenchResult {
  /** The day, as 2026-01-31. */
  readonly date: string;
  /** What computes: processor, cores, memory, system; nothing that names the machine. */
  readonly machine: string;
  readonly peak: MachinePeak;
  /** Of the runtime and the peers. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
}

/** Describes the machine as far as the permissions `sys` of `cpus` and `systemMemoryInfo` allow. */
export function machineInWords(): string {
  const cores = navigator.hardwareConcurrency;
  return [
    mayAsk("cpus") ? cpus()[0].model : "unknown processor",
    `${cores} ${cores === 1 ? "core" : "cores"}`,
    ...(mayAsk("systemMemoryInfo") ? [`${Math.round(totalmem() / 2 ** 30)} GiB`] : []),
    `${Deno.build.os} ${Deno.build.arch}`,
  ].join(", ");
}

function mayAsk(kind: "cpus" | "systemMemoryInfo"): boolean {
  return Deno.permissions.querySync({ name: "sys", kind }).state === "granted";
}

/**
 * Reads a kept run.
 *
 * @throws {Error} that says what is wrong, if it is none.
 */
export function parseResult(text: string, file: string): BenchResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`Cannot read ${file}: it is no JSON`);
  }
  if (!isResult(value)) {
    throw new Error(
      `Cannot read ${file}: a run that bench --save has written was wanted, with date, machine, ` +
        `peak, versions and rows`,
    );
  }
  return value;
}

function isResult(value: unknown): value is BenchResult {
  if (typeof value !== "object" || value === null) return false;
  const { date, machine, peak, versions, rows } = value as Partial<Record<string, unknown>>;
  return typeof date === "string" && typeof machine === "string" && typeof peak === "object" &&
    typeof versions === "object" && Array.isArray(rows);
}
