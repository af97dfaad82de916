/**
 * A run kept as data: when, where, with what, and the rows.
 *
 * @module
 */

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

/** Describes the machine as far as the system tells. */
export async function machineInWords(): Promise<string> {
  const [cpu, memory] = await Promise.all([
    firstMatch("/proc/cpuinfo", /^model name\s*: (.*)$/m),
    firstMatch("/proc/meminfo", /^MemTotal:\s*(\d+) kB$/m),
  ]);
  const cores = navigator.hardwareConcurrency;
  return [
    cpu ?? "unknown processor",
    `${cores} ${cores === 1 ? "core" : "cores"}`,
    ...(memory === undefined ? [] : [`${Math.round(Number(memory) / 2 ** 20)} GiB`]),
    `${Deno.build.os} ${Deno.build.arch}`,
  ].join(", ");
}

async function firstMatch(file: string, pattern: RegExp): Promise<string | undefined> {
  try {
    return pattern.exec(await Deno.readTextFile(file))?.[1];
  } catch {
    // Only Linux has it.
    return undefined;
  }
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
