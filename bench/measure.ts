/**
 * Cases become rows.
 *
 * @module
 */

import { alternate, type Effort, type Outcome, type Timing, timingOf } from "./alternate.ts";
import type { Case } from "./case.ts";
import { coldLineup, type Contestants, type PeerEntry } from "./lineup.ts";
import type { MachinePeak } from "./machine_peak.ts";
import { Pace } from "./pace.ts";
import { peer, subject } from "./programs.ts";
import { reasonOf } from "./protocol.ts";
import { type PeerOutcome, type Row, rowOf } from "./row.ts";
import { ProcessRunner, type ProgramCommand } from "./runner.ts";

/** What becomes of a case. */
export interface Measurement {
  readonly rows: readonly Row[];
  /** What would have taken too long, in words. */
  readonly skipped: readonly string[];
  /** What went wrong on our side, in words. */
  readonly failed: readonly string[];
}

const PEAK_RUNS = 3;
const EARLY_STEP = 10;
const LATE_STEP = 500;

/** Measures cases one after the other, in one line-up. */
export class Measurer {
  readonly #pace = new Pace();

  constructor(
    readonly lineup: Contestants,
    readonly effort: Effort,
    readonly peak: MachinePeak,
  ) {}

  measure(one: Case): Promise<Measurement> {
    switch (one.measure) {
      case "time":
        return this.#times(one, this.lineup);
      case "cold-start":
        return this.#times(one, coldLineup(this.lineup));
      case "peak-memory":
        return this.#peakMemory(one);
      case "live-memory":
        return this.#liveMemory(one);
    }
  }

  async #times(one: Case, { subjects, peers }: Contestants): Promise<Measurement> {
    const result = emptyMeasurement();
    const ours = subjects.filter(({ runner }) => this.#isWithinReach(one, runner.name, result));
    if (ours.length === 0) return result;
    const invited = peers.flatMap((entry) => {
      const able = "runner" in entry && this.#objection(one, entry.peer) === undefined;
      return able ? [entry] : [];
    });
    const runners = [...ours, ...invited].map(({ runner }) => runner);
    const outcomes = await alternate(runners, one.work, this.effort);
    outcomes.forEach((outcome, i) => {
      if ("timing" in outcome) this.#learn(one, runners[i].name, outcome.timing);
    });
    const theirs = peers.map((entry): PeerOutcome => {
      if ("error" in entry) return entry;
      const place = runners.indexOf(entry.runner);
      if (place >= 0) return { peer: entry.peer, ...outcomes[place] };
      return { peer: entry.peer, error: this.#objection(one, entry.peer) ?? "not measured" };
    });
    ours.forEach(({ setting, runner }, i) => {
      const outcome: Outcome = outcomes[i];
      if ("error" in outcome) result.failed.push(`${one.name} on ${runner.name}: ${outcome.error}`);
      else {
        const row = (against?: PeerOutcome) =>
          rowOf(one, { device: setting.device, hello: runner.hello }, outcome, this.peak, against);
        result.rows.push(...(theirs.length === 0 ? [row()] : theirs.map(row)));
      }
    });
    return result;
  }

  /** The most that a process of its own ever holds. */
  async #peakMemory(one: Case): Promise<Measurement> {
    const result = emptyMeasurement();
    const theirs: PeerOutcome[] = [];
    for (const { setting, runner } of this.lineup.subjects) {
      if (!this.#isWithinReach(one, runner.name, result)) continue;
      if (theirs.length === 0) {
        for (const entry of this.lineup.peers) theirs.push(await this.#peerPeak(one, entry));
      }
      try {
        const { timing, memory } = await runAlone(subject(setting), one);
        const row = (against?: PeerOutcome) =>
          rowOf(
            one,
            { device: setting.device, hello: runner.hello },
            { timing, memory: memory.peak },
            this.peak,
            against,
          );
        result.rows.push(...(theirs.length === 0 ? [row()] : theirs.map(row)));
      } catch (error) {
        result.failed.push(`${one.name} on ${runner.name}: ${reasonOf(error)}`);
      }
    }
    return result;
  }

  async #peerPeak(one: Case, entry: PeerEntry): Promise<PeerOutcome> {
    if ("error" in entry) return entry;
    const objection = this.#objection(one, entry.peer);
    if (objection !== undefined) return { peer: entry.peer, error: objection };
    try {
      return { peer: entry.peer, ...await runAlone(peer(entry.peer), one) };
    } catch (error) {
      return { peer: entry.peer, error: reasonOf(error) };
    }
  }

  /** What live tensors hold early in a training and late; peers do not count theirs. */
  async #liveMemory(one: Case): Promise<Measurement> {
    const result = emptyMeasurement();
    for (const { setting, runner: { name, hello } } of this.lineup.subjects) {
      if (!this.#isWithinReach(one, name, result)) continue;
      try {
        await using runner = await ProcessRunner.start(subject(setting));
        await runner.prepare(one.work);
        for (
          const [step, steps] of [[EARLY_STEP, EARLY_STEP], [LATE_STEP, LATE_STEP - EARLY_STEP]]
        ) {
          const timing = timingOf([await runner.run(steps) / steps]);
          const { live } = await runner.memory();
          const named = { ...one, name: `${one.name} after step ${step}` };
          const subject = { device: setting.device, hello };
          result.rows.push(rowOf(named, subject, { timing, memory: live }, this.peak));
        }
      } catch (error) {
        result.failed.push(`${one.name} on ${name}: ${reasonOf(error)}`);
      }
    }
    return result;
  }

  #isWithinReach(one: Case, program: string, { skipped }: { skipped: string[] }): boolean {
    const objection = this.#objection(one, program);
    if (objection !== undefined) skipped.push(`${one.name} on ${program}: ${objection}`);
    return objection === undefined;
  }

  #objection({ operations }: Case, program: string): string | undefined {
    return this.#pace.objection(program, operations, this.effort.seconds);
  }

  #learn({ operations }: Case, program: string, { min_ms }: Timing): void {
    this.#pace.learn(program, operations, min_ms);
  }
}

function emptyMeasurement(): { rows: Row[]; skipped: string[]; failed: string[] } {
  return { rows: [], skipped: [], failed: [] };
}

async function runAlone(command: ProgramCommand, { work }: Case) {
  await using runner: ProcessRunner = await ProcessRunner.start(command);
  await runner.prepare(work);
  const times: number[] = [];
  for (let i = 0; i < PEAK_RUNS; i++) times.push(await runner.run(1));
  return { timing: timingOf(times), memory: await runner.memory() };
}
