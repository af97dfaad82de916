/**
 * Cases become rows.
 *
 * @module
 */

import { alternate, type Effort, type Outcome, timingOf } from "./alternate.ts";
import { gpuDriving, gpuMemory, liveMemory, type MeasureApart } from "./apart.ts";
import type { Case } from "./case.ts";
import { coldLineup, type Contestants, type PeerEntry, type SubjectEntry } from "./lineup.ts";
import { Pace } from "./pace.ts";
import { peer, subject } from "./programs.ts";
import { reasonOf } from "./protocol.ts";
import { type Measured, type Peaks, type PeerOutcome, type Row, rowOf } from "./row.ts";
import { ProcessRunner, type ProgramCommand } from "./runner.ts";

/** What becomes of a case. */
export interface Measurement {
  readonly rows: Row[];
  /** What would have taken us too long, in words. */
  readonly skipped: string[];
  /** What went wrong on our side, in words. */
  readonly failed: string[];
}

const PEAK_RUNS = 3;

/** Measures cases one after the other, in one line-up. */
export class Measurer {
  readonly #pace = new Pace();

  constructor(
    readonly lineup: Contestants,
    readonly effort: Effort,
    readonly peaks: Peaks,
  ) {}

  async measure(one: Case): Promise<Measurement> {
    const result: Measurement = { rows: [], skipped: [], failed: [] };
    const { subjects, peers } = one.measure === "cold-start"
      ? coldLineup(this.lineup)
      : this.lineup;
    const able = subjects.filter(({ runner: { name } }) => {
      const objection = this.#objection(one, name);
      if (objection !== undefined) result.skipped.push(`${one.name} on ${name}: ${objection}`);
      return objection === undefined;
    });
    if (able.length === 0) return result;
    const invited = peers.map((entry): PeerEntry => {
      const error = this.#objection(one, entry.peer);
      return error === undefined ? entry : { peer: entry.peer, error };
    });
    switch (one.measure) {
      case "time":
      case "cold-start":
        await this.#times(one, able, invited, result);
        break;
      case "peak-memory":
        await this.#peakMemory(one, able, invited, result);
        break;
      case "live-memory":
        await this.#apart(one, able, result, liveMemory);
        break;
      case "gpu-memory":
        await this.#apart(one, able, result, gpuMemory);
        break;
      case "gpu-driving":
        await this.#apart(one, able, result, gpuDriving);
    }
    return result;
  }

  async #times(
    one: Case,
    subjects: readonly SubjectEntry[],
    peers: readonly PeerEntry[],
    result: Measurement,
  ): Promise<void> {
    const present = peers.flatMap((entry) => "runner" in entry ? [entry.runner] : []);
    const runners = [...subjects.map(({ runner }) => runner), ...present];
    const all = await alternate(runners, one.work, this.effort);
    const outcomes = new Map(runners.map((runner, i) => [runner, all[i]]));
    for (const [{ name }, outcome] of outcomes) {
      if ("timing" in outcome) this.#pace.learn(name, one, outcome.timing.min_ms);
    }
    const outcomeOf = (entry: SubjectEntry | PeerEntry): Outcome =>
      "error" in entry ? entry : outcomes.get(entry.runner) ?? { error: "not measured" };
    const theirs = peers.map((entry) => ({ peer: entry.peer, ...outcomeOf(entry) }));
    for (const entry of subjects) {
      const outcome = outcomeOf(entry);
      if ("error" in outcome) result.failed.push(failure(one, entry, outcome.error));
      else result.rows.push(...this.#rows(one, entry, outcome, theirs));
    }
  }

  /** The most that a process of its own ever holds. */
  async #peakMemory(
    one: Case,
    subjects: readonly SubjectEntry[],
    peers: readonly PeerEntry[],
    result: Measurement,
  ): Promise<void> {
    const theirs: PeerOutcome[] = [];
    for (const entry of peers) theirs.push({ peer: entry.peer, ...await peakOfPeer(one, entry) });
    for (const entry of subjects) {
      try {
        const { timing, memory } = await runAlone(subject(entry.setting), one);
        const measured = { timing, memory: memory.peak };
        result.rows.push(...this.#rows(one, entry, measured, theirs));
      } catch (error) {
        result.failed.push(failure(one, entry, reasonOf(error)));
      }
    }
  }

  /** Measures each of ours in a process of its own; peers do not tell what is asked there. */
  async #apart(
    one: Case,
    subjects: readonly SubjectEntry[],
    result: Measurement,
    measure: MeasureApart,
  ): Promise<void> {
    for (const entry of subjects) {
      try {
        await using runner = await ProcessRunner.start(subject(entry.setting));
        await runner.prepare(one.work);
        for (const { name, ...measured } of await measure(one.name, runner)) {
          result.rows.push(...this.#rows({ ...one, name }, entry, measured, []));
        }
      } catch (error) {
        result.failed.push(failure(one, entry, reasonOf(error)));
      }
    }
  }

  /** One beside each peer, or one alone. */
  #rows(
    one: Case,
    { setting: { device }, runner: { hello } }: SubjectEntry,
    measured: Measured,
    peers: readonly PeerOutcome[],
  ): Row[] {
    const beside: readonly (PeerOutcome | undefined)[] = peers.length > 0 ? peers : [undefined];
    return beside.map((against) => rowOf(one, { device, hello }, measured, this.peaks, against));
  }

  #objection(one: Case, program: string): string | undefined {
    return this.#pace.objection(program, one, this.effort.seconds);
  }
}

function failure({ name }: Case, { runner }: SubjectEntry, reason: string): string {
  return `${name} on ${runner.name}: ${reason}`;
}

async function peakOfPeer(one: Case, entry: PeerEntry) {
  if ("error" in entry) return entry;
  try {
    return await runAlone(peer(entry.peer), one);
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

async function runAlone(command: ProgramCommand, { work }: Case) {
  await using runner = await ProcessRunner.start(command);
  await runner.prepare(work);
  const times: number[] = [];
  for (let i = 0; i < PEAK_RUNS; i++) times.push(await runner.run(1));
  return { timing: timingOf(times), memory: await runner.memory() };
}
