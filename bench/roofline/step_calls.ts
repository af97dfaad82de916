/**
 * The kernels that a training step calls, found by running the step on a device that computes nothing.
 *
 * @module
 */

import { alias } from "../../autograd/ops/alias.ts";
import { type Derivative, Tape } from "../../autograd/tape.ts";
import {
  type Adapt,
  DEFAULTS,
  divide,
  type DomainBatch,
  initModel,
  metaLoss,
  METHODS,
  type PerNetwork,
} from "../../meta/mod.ts";
import { optimizerOf } from "../../meta/optimizer.ts";
import {
  leaves,
  mapTree,
  onesLike,
  randomKey,
  scope,
  type Tensor,
  type Tree,
  zeros,
} from "../../tensor/mod.ts";
import type { StepWork } from "../work.ts";
import type { KernelCall } from "./kernel_call.ts";
import { recordingDevice } from "./recording_device.ts";

/**
 * The parts of a step: computing losses; the gradients of what computed them, the inner ones included;
 * the gradients of the inner gradients; and the optimiser.
 */
export const PHASES = ["forward", "backward", "second order", "update"] as const;

/** A part of a step. */
export type Phase = typeof PHASES[number];

/** A call, and the part of the step that makes it. */
export interface PhasedCall extends KernelCall {
  readonly phase: Phase;
}

/** What a step does and holds. */
export interface RecordedStep {
  readonly calls: readonly PhasedCall[];
  /** The most that tensors hold at once, the weights, the batches and the old state included. */
  readonly peakBytes: number;
  /** The largest single tensor. */
  readonly largestBytes: number;
}

/** Which part of the step is being run. */
class Clock {
  now: Phase = "forward";

  during<T>(phase: Phase, body: () => T): T {
    const before = this.now;
    this.now = phase;
    try {
      return body();
    } finally {
      this.now = before;
    }
  }
}

/** The outermost tape: it knows of each rule whether it differentiates a loss or an inner gradient. */
class PhasedTape extends Tape {
  readonly #clock: Clock;

  constructor(variables: readonly Tensor[], clock: Clock) {
    super(variables);
    this.#clock = clock;
  }

  override hear(op: string, outputs: readonly Tensor[], derivatives: readonly Derivative[]): void {
    const clock = this.#clock;
    const phase = clock.now === "forward" ? "backward" : "second order";
    const timed = derivatives.map(({ inputs, keeps, rule }): Derivative => ({
      inputs,
      keeps,
      rule: (...gsAndKept) => {
        // Until the next rule: what adds this one's gradients to others comes after it.
        clock.now = phase;
        return rule(...gsAndKept);
      },
    }));
    super.hear(op, outputs, timed);
  }
}

/** Runs a step on no numbers at all. */
export function recordStep(work: StepWork): RecordedStep {
  const clock = new Clock();
  const calls: PhasedCall[] = [];
  let isRecording = false;
  const device = recordingDevice((call) => {
    if (isRecording) calls.push({ ...call, phase: clock.now });
  });
  scope(() => {
    const config = { ...DEFAULTS, ...work };
    const optimizer = optimizerOf(config, 1);
    const like = <T extends Tree>(tree: T) =>
      mapTree(tree, ({ shape }) => zeros(shape, { device }));
    // On whichever device is current: of these only the shapes are wanted.
    const { weights, statistics } = initModel(randomKey(0), {
      channelDivisor: work.channelDivisor,
      init: "zeros",
      normScale: "one",
    });
    const state = { weights: like(weights), statistics: like(statistics) };
    const before = optimizer.init(state.weights);
    const batches = batchesOf(work, (shape) => zeros(shape, { device }));
    const roles = divide(batches, METHODS[config.method], config.metaTrainSize);

    isRecording = true;
    const loss = (weights: PerNetwork) =>
      metaLoss(weights, state.statistics, roles, timedAdapt(config.method, clock), config);
    const gradients = gradientsOf(loss, state.weights, clock);
    clock.during("update", () => optimizer.update(state.weights, gradients, before));
  });
  const { peakBytes, largestBytes } = device;
  return { calls, peakBytes, largestBytes };
}

const DOMAINS = 3;

function batchesOf(
  { imageSize, batchSize }: StepWork,
  place: (shape: readonly number[]) => Tensor,
): DomainBatch[] {
  const count = 2 * batchSize;
  const depthSize = imageSize / 8;
  return Array.from({ length: DOMAINS }, () => ({
    images: place([count, 6, imageSize, imageSize]),
    depths: place([count, 1, depthSize, depthSize]),
    labels: place([count]),
  }));
}

/** The inner step: its loss goes forward, all the rest of it back. */
function timedAdapt(method: keyof typeof METHODS, clock: Clock): Adapt {
  return (loss, weights, rate) =>
    clock.during("backward", () =>
      METHODS[method].adapt(
        (embedder) => clock.during("forward", () => loss(embedder)),
        weights,
        rate,
      ));
}

/** As `valueAndGrad` does it, with a tape that tells the time. */
function gradientsOf<X extends Tree>(f: (x: X) => [Tensor, Tree], x: X, clock: Clock): X {
  return scope(() => {
    const variables = mapTree(x, alias);
    const watched = leaves(variables);
    const tape = new PhasedTape(watched, clock);
    const [value] = scope(() => tape.listen(() => f(mapTree(variables, (v) => v.share()))));
    return clock.during("backward", () => {
      const gradients = tape.sweep([value], [onesLike(value)], watched);
      let next = 0;
      return mapTree(x, () => gradients[next++]);
    });
  });
}
