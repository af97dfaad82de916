/**
 * What a program is asked besides the time, in a process of its own: what it holds and what it asks of a
 * GPU.
 *
 * @module
 */

import { timingOf } from "./alternate.ts";
import type { Driving } from "./protocol.ts";
import type { Measured } from "./row.ts";
import type { ProcessRunner } from "./runner.ts";

/** What becomes a row. */
export interface NamedMeasure extends Measured {
  readonly name: string;
}

/** Asks a program that has prepared the work so named. */
export type MeasureApart = (
  name: string,
  runner: Pick<ProcessRunner, "run" | "memory" | "driving">,
) => Promise<NamedMeasure[]>;

const EARLY_STEP = 10;
const LATE_STEP = 500;
const LATE_STEP_ON_GPU = 200;
const COUNTED_STEPS = 3;

/** What live tensors hold early in a training and late. */
export const liveMemory: MeasureApart = async (name, runner) => {
  const measures: NamedMeasure[] = [];
  for (const [from, to] of [[0, EARLY_STEP], [EARLY_STEP, LATE_STEP]]) {
    const timing = timingOf([await runner.run(to - from) / (to - from)]);
    const { live } = await runner.memory();
    measures.push({ name: `${name} after step ${to}`, timing, memory: live });
  }
  return measures;
};

/** What tensors, the buffers of a GPU and the process hold, early and late; each step is waited for. */
export const gpuMemory: MeasureApart = async (name, runner) => {
  const measures: NamedMeasure[] = [];
  for (const [from, to] of [[0, EARLY_STEP], [EARLY_STEP, LATE_STEP_ON_GPU]]) {
    const timing = timingOf(await runEach(runner, to - from));
    const { live, device, resident } = await runner.memory();
    if (device === undefined) throw new Error("there is no GPU to ask");
    const after = `${name} after step ${to}`;
    measures.push(
      { name: `live bytes of ${after}`, timing, memory: live },
      { name: `device bytes of ${after}`, timing, memory: device },
      { name: `resident memory of ${after}`, timing, memory: resident },
    );
  }
  return measures;
};

/** What a step asks of a GPU in a training that waits for the losses of each. */
export const gpuDriving: MeasureApart = async (name, runner) => {
  await runner.run(1);
  const before = await runner.driving();
  const timing = timingOf(await runEach(runner, COUNTED_STEPS));
  const after = await runner.driving();
  const ofStep = (kind: keyof Driving) => (after[kind] - before[kind]) / COUNTED_STEPS;
  return [
    { name: `dispatches of a ${name}`, timing, count: ofStep("dispatches") },
    { name: `submissions of a ${name}`, timing, count: ofStep("submissions") },
    { name: `read-backs of a ${name}`, timing, count: ofStep("readBacks") },
    { name: `programs compiled for a ${name}`, timing, count: after.programs },
  ];
};

async function runEach(runner: Pick<ProcessRunner, "run">, times: number): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) all.push(await runner.run(1));
  return all;
}
