/**
 * Repeating a recorded run from its first weights and its batches.
 *
 * @module
 */

import { adam } from "../../nn/mod.ts";
import { disposeReplaced, type DType, type Tensor } from "../../tensor/mod.ts";
import { FAITHFUL } from "../presets.ts";
import { divide, type Method, METHODS } from "../methods.ts";
import type { NamedTensors } from "../networks/conv_block.ts";
import { liveScores } from "../networks/live_scores.ts";
import type { PerNetwork } from "../networks/model.ts";
import { type TrainingState, trainStep } from "../train_step.ts";
import type { Replayed } from "./comparison.ts";
import { PUBLISHED_NAMES, type Trace } from "./trace.ts";

/**
 * Repeats a run on the current device and returns what each recorded result became; by another
 * method than the one recorded, to see how far that is from it.
 *
 * @throws {Error} that names what the trace lacks.
 */
export async function replayTrace(
  trace: Trace,
  dtype: DType,
  method: Method = METHODS.rfmeta,
): Promise<Replayed[]> {
  const { settings } = trace;
  const options = { ...FAITHFUL, ...settings };
  const optimizer = adam({
    lr: settings.learningRate,
    betas: settings.betas,
    epsilon: settings.epsilon,
  });

  const results: Promise<Replayed>[] = [];
  const record = (prefix: string, tensors: NamedTensors) => {
    const names = new Set([...Object.keys(tensors), ...trace.keysUnder(`${prefix}/`)]);
    for (const name of names) {
      results.push(replayedAs(trace, `${prefix}/${name}`, tensors[name]));
    }
  };
  const recordNetworks = (prefix: string, networks: PerNetwork) => {
    for (const [network, tensors] of Object.entries(networks)) {
      record(`${prefix}/${PUBLISHED_NAMES[network as keyof PerNetwork]}`, tensors);
    }
  };

  const model = trace.model("init", dtype);
  let state: TrainingState = { ...model, optimizer: optimizer.init(model.weights) };
  for (let step = 1; step <= settings.steps; step++) {
    const batches = trace.batches(step, dtype);
    const { state: next, outcome, gradients } = trainStep(
      state,
      divide(batches, method, 2),
      method.adapt,
      options,
      optimizer,
    );
    record(`step${step}/loss`, outcome.losses);
    if (step === 1) {
      recordNetworks("step1/grad", gradients);
      outcome.innerGradients.forEach((inner, i) => record(`step1/inner_grad${i}`, inner));
    }
    disposeReplaced({ state, batches, outcome, gradients }, next);
    state = next;
  }
  recordNetworks("final", merged(state.weights, state.statistics));
  const scores = liveScores(trace.scoredImages(dtype), state, settings.channelDivisor);
  results.push(replayedAs(trace, "eval/score", scores));
  return await Promise.all(results);
}

async function replayedAs(trace: Trace, key: string, x: Tensor | undefined): Promise<Replayed> {
  const replayed = x === undefined ? [] : await x.data();
  return { key, recorded: trace.values(key), replayed };
}

function merged(weights: PerNetwork, statistics: PerNetwork): PerNetwork {
  return {
    extractor: { ...weights.extractor, ...statistics.extractor },
    depthEstimator: { ...weights.depthEstimator, ...statistics.depthEstimator },
    embedder: { ...weights.embedder, ...statistics.embedder },
  };
}
