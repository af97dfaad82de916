/**
 * Times the same work in several programs by turns, sample by sample, so that whatever else the
 * machine does hits all of them alike.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { reasonOf } from "./protocol.ts";
import type { Runner } from "./runner.ts";
import type { Work } from "./work.ts";

/** What the samples of one program come to, in milliseconds. */
export interface Timing {
  readonly median_ms: number;
  readonly min_ms: number;
  readonly runs: number;
}

/** A timing, or why there is none. */
export type Outcome = { readonly timing: Timing } | { readonly error: string };

/** How long to measure. */
export interface Effort {
  /** The most samples of a program. */
  readonly runs: number;
  /** The longest run that is still taken; samples beyond the third must fit into as much together. */
  readonly seconds: number;
  /** How long a program runs before its first sample counts; 300 ms unless told. */
  readonly warm_ms?: number;
}

/** Engines compile what is hot, in tiers, while it runs. */
const WARM_MS = 300;
/** Times have settled when the latest is not this many times faster than the best before. */
const SETTLED = 1.1;
/** So many times as long a program warms that grows faster and faster, or whose runs are long. */
const LONGEST_WARMING = 8;
const SAMPLE_MS = 5;
const FEWEST_SAMPLES = 3;
/** The threads of the program before spin a while before they sleep. */
const PAUSE_MS = 10;

/** A program on its way through the samples. */
interface Contestant {
  readonly runner: Runner;
  readonly repeats: number;
  readonly samples: number;
  readonly times: number[];
  error?: string;
}

/** Prepares and warms each program, then takes samples by turns; outcomes are in the runners' order. */
export async function alternate(
  runners: readonly Runner[],
  work: Work,
  effort: Effort,
): Promise<Outcome[]> {
  const contestants: Contestant[] = [];
  for (const runner of runners) contestants.push(await enter(runner, work, effort));
  for (let round = 0; round < effort.runs; round++) {
    for (const contestant of contestants) {
      if (contestant.error === undefined && round < contestant.samples) await sample(contestant);
    }
  }
  return contestants.map(({ error, times }) =>
    error === undefined ? { timing: timingOf(times) } : { error }
  );
}

async function enter(runner: Runner, work: Work, effort: Effort): Promise<Contestant> {
  try {
    await runner.prepare(work);
    const once = await warm(runner, effort.warm_ms ?? WARM_MS);
    const repeats = Math.max(1, Math.ceil(sampleLength(runner) / once));
    const affordable = Math.floor(1000 * effort.seconds / (once * repeats));
    const samples = Math.min(effort.runs, Math.max(FEWEST_SAMPLES, affordable));
    return { runner, repeats, samples, times: [] };
  } catch (error) {
    return { runner, repeats: 0, samples: 0, times: [], error: reasonOf(error) };
  }
}

/** The milliseconds of the fastest run once they are warm. */
async function warm(runner: Runner, least: number): Promise<number> {
  let times = 1;
  let fastest = Infinity;
  for (let spent = 0;;) {
    const ms = await runner.run(times);
    const once = Math.max(ms / times, 1e-6);
    const hasSettled = SETTLED * once > fastest || spent + ms >= LONGEST_WARMING * least;
    fastest = Math.min(fastest, once);
    spent += ms;
    if (spent >= least && hasSettled) return fastest;
    const wanted = sampleLength(runner);
    if (ms < wanted) times = Math.min(10 * times, Math.ceil(wanted / fastest));
  }
}

function sampleLength({ hello }: Runner): number {
  return hello.sample_ms ?? SAMPLE_MS;
}

async function sample(contestant: Contestant): Promise<void> {
  const { runner, repeats, times } = contestant;
  try {
    await pause(PAUSE_MS);
    times.push(await runner.run(repeats) / repeats);
  } catch (error) {
    contestant.error = reasonOf(error);
  }
}

/** The median and the minimum of some times. */
export function timingOf(times: readonly number[]): Timing {
  const sorted = times.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median_ms: median, min_ms: sorted[0], runs: sorted.length };
}
