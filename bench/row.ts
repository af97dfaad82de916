/**
 * Rows: what was measured, as `--json` writes it.
 *
 * @module
 */

import type { Timing } from "./alternate.ts";
import type { Case } from "./case.ts";
import type { MachinePeak } from "./machine_peak.ts";
import type { Hello, MemoryUse, Mode } from "./protocol.ts";

/** A case on one device, beside at most one peer. */
export interface Row {
  readonly name: string;
  readonly device: string;
  readonly threads: number;
  readonly mode: Mode;
  readonly median_ms: number;
  readonly min_ms: number;
  readonly runs: number;
  /** Of the operations of the plain algorithm. */
  readonly gflops: number | null;
  readonly peer: string | null;
  readonly peer_median_ms: number | null;
  /** median_ms / peer_median_ms: below 1 we are faster. */
  readonly ratio: number | null;
  /** Why the peer has no time. */
  readonly peer_error?: string;
  /** Of the 128-bit FMA peak of as many cores as there are threads, or of the GPU's. */
  readonly share_of_peak?: number;
  /** At the least, by one run; in rows of memory, what is held. */
  readonly bytes?: number;
  readonly gbs?: number;
  /** Of the bandwidth of as many cores as there are threads, or of the GPU's. */
  readonly share_of_bandwidth?: number;
  /** How many of what the name says. */
  readonly count?: number;
  readonly peer_bytes?: number;
  /** bytes / peer_bytes. */
  readonly bytes_ratio?: number;
}

/** Whether a row counts something; its time is that of the run that was counted. */
export function isCount(row: Row): row is Row & { readonly count: number } {
  return row.count !== undefined;
}

/** Whether a row tells how much is held; its time is that of the run that held it. */
export function isOfMemory(row: Row): row is Row & { readonly bytes: number } {
  return row.bytes !== undefined && row.gbs === undefined;
}

/** What shares are shares of. */
export interface Peaks {
  readonly core: MachinePeak;
  /** As far as one knows it. */
  readonly gpu: Partial<MachinePeak>;
}

/** A program of ours that was measured. */
export interface Subject {
  readonly device: string;
  readonly hello: Pick<Hello, "threads" | "mode">;
}

/** What came of a peer. */
export type PeerOutcome =
  & { readonly peer: string }
  & (
    | { readonly timing: Timing; readonly memory?: MemoryUse }
    | { readonly error: string }
  );

/** What a case came to on our side. */
export interface Measured {
  readonly timing: Timing;
  readonly memory?: number;
  readonly count?: number;
}

/** Puts a row together. */
export function rowOf(
  { name, operations, bytes }: Pick<Case, "name" | "operations" | "bytes">,
  { device, hello: { threads, mode = "plain" } }: Subject,
  { timing, memory, count }: Measured,
  peaks: Peaks,
  against?: PeerOutcome,
): Row {
  const seconds = timing.median_ms / 1000;
  // Where memory is asked for, the clock is not: nothing takes turns then.
  const isTimed = operations !== undefined && memory === undefined && count === undefined;
  const gflops = isTimed ? operations / seconds / 1e9 : null;
  const best = bestOf(device, threads, peaks);
  return {
    name,
    device,
    threads,
    mode,
    ...timing,
    gflops,
    ...comparison(timing.median_ms, memory, against),
    ...(gflops === null || best.fma_gflops === undefined
      ? {}
      : { share_of_peak: gflops / best.fma_gflops }),
    ...(memory === undefined ? {} : { bytes: memory }),
    ...(count === undefined ? {} : { count }),
    ...(bytes === undefined ? {} : traffic(bytes, seconds, best)),
  };
}

function traffic(bytes: number, seconds: number, { bandwidth_gbs }: Partial<MachinePeak>) {
  const gbs = bytes / seconds / 1e9;
  if (bandwidth_gbs === undefined) return { bytes, gbs };
  return { bytes, gbs, share_of_bandwidth: gbs / bandwidth_gbs };
}

/** The best that can be hoped for: of all the cores that compute, or of the GPU. */
function bestOf(device: string, threads: number, { core, gpu }: Peaks): Partial<MachinePeak> {
  if (device === "webgpu") return gpu;
  return {
    fma_gflops: threads * core.fma_gflops,
    bandwidth_gbs: threads * core.bandwidth_gbs,
  };
}

function comparison(median_ms: number, memory: number | undefined, against?: PeerOutcome) {
  if (against === undefined) return { peer: null, peer_median_ms: null, ratio: null };
  const { peer } = against;
  if ("error" in against) {
    return { peer, peer_median_ms: null, ratio: null, peer_error: against.error };
  }
  const theirs = against.timing.median_ms;
  const times = { peer, peer_median_ms: theirs, ratio: median_ms / theirs };
  if (memory === undefined || against.memory === undefined) return times;
  const peer_bytes = against.memory.peak;
  return { ...times, peer_bytes, bytes_ratio: memory / peer_bytes };
}
