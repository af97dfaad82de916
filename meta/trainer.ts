/**
 * Training: from a config and a run folder to trained networks and scores.
 *
 * A step is a function of the config, the data and its number alone, so a run that was stopped goes on
 * from its newest checkpoint as if nothing had happened.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import {
  type DataRoot,
  DEPTH_SHRINK,
  openDataRoot,
  openDomain,
  readAhead,
  readSamples,
  type TrainingBatch,
} from "../data/mod.ts";
import { rocAucScore } from "../eval/mod.ts";
import type { AdamState, Optimizer } from "../nn/mod.ts";
import {
  currentDevice,
  disposeReplaced,
  foldIn,
  randomKey,
  scope,
  tensor,
  zeros,
} from "../tensor/mod.ts";
import type { TrainingConfig } from "./config.ts";
import type { DomainBatch } from "./meta_loss.ts";
import { divide, METHODS } from "./methods.ts";
import { initModel, type Model } from "./networks/model.ts";
import { optimizerOf } from "./optimizer.ts";
import { bestCheckpoint, resultOf, type RunResult } from "./run/result.ts";
import type { RunFolder } from "./run/run_folder.ts";
import type { StepMetrics } from "./run/log.ts";
import { imageTensor, scoreSamples } from "./score_samples.ts";
import { openSources, type SourceDomains } from "./source_domains.ts";
import { type TrainingState, trainStep } from "./train_step.ts";

/** What a run tells whoever watches it. */
export interface TrainingObserver {
  /** Something a person should know. */
  note(message: string): void;
  /** Programs of the GPU have been made ready. */
  prepared(done: number, of: number): void;
  /** A step has been done. */
  step(metrics: StepMetrics, steps: number, images: number, seconds: number): void;
  /** Images of the target have been scored. */
  scored(done: number, of: number): void;
  /** Whether to save and stop now. */
  shouldStop(): boolean;
}

/** How a run ended: with a result, or stopped after a step. */
export type TrainingEnd = { readonly result: RunResult } | { readonly stoppedAfter: number };

/**
 * Trains as a config says, in a run folder: from the start, or from the newest sound checkpoint in
 * it. The folder is made once the data are known to do.
 *
 * @throws {Error} if a loss is no longer finite; the checkpoints before it stand.
 */
export async function train(
  config: TrainingConfig,
  run: RunFolder,
  observer: TrainingObserver,
): Promise<TrainingEnd> {
  const key = randomKey(config.seed);
  const root = await openDataRoot(config.data);
  const sources = await openSources(root, config, foldIn(key, "data"));
  const target = await readTarget(root, config);
  sources.notes.forEach((note) => observer.note(note));
  const steps = config.steps > 0 ? config.steps : config.epochs * sources.iterations;
  const every = config.checkpointEvery > 0 ? config.checkpointEvery : sources.iterations;
  const optimizer = optimizerOf(config, steps);
  const load = readAhead(sources.load, steps);

  if (await run.config() === undefined) await run.begin(config);
  const logged = await run.metrics();
  let { step, state } = await startingPoint(config, run, logged.length, observer);
  const metrics = logged.slice(0, step);
  await run.rewriteLogs(metrics, config.logEvery);
  if (step < steps) {
    await currentDevice().warmUp?.(
      () => rehearse(state, config, optimizer),
      (done, of) => observer.prepared(done, of),
    );
  }
  while (step < steps) {
    const began = performance.now();
    const batches = await load(step);
    const { state: next, losses } = await descend(state, batches, config, optimizer);
    disposeReplaced(state, next);
    state = next;
    step++;
    if (!Number.isFinite(losses.total)) {
      throw new Error(
        `Cannot go on from step ${step}: its loss is ${losses.total}; begin anew with a lower ` +
          `--learning-rate, or look for what is wrong with the data`,
      );
    }

    const isMilestone = step % every === 0 || step === steps;
    const entry = {
      step,
      epoch: Math.floor((step - 1) / sources.iterations) + 1,
      iteration: (step - 1) % sources.iterations + 1,
      losses,
      ...(isMilestone ? await heldOutAuc(state, config, sources) : {}),
    };
    metrics.push(entry);
    const seconds = (performance.now() - began) / 1000;
    await run.log(entry, seconds, config.logEvery);
    observer.step(entry, steps, imageCount(batches), seconds);
    // Finalisers and the signal listener run between turns of the event loop only.
    await pause();
    const isStopping = observer.shouldStop() && step < steps;
    if (isMilestone || isStopping) {
      const best = bestCheckpoint(metrics)?.checkpoint;
      await run.saveCheckpoint({ config, step, state }, config.keepCheckpoints, best);
    }
    if (isStopping) return { stoppedAfter: step };
  }
  const scores = target &&
    await scoreSamples(target, state, config.channelDivisor, sources.reader, (done) => {
      observer.scored(done, target.length);
    });
  if (scores !== undefined) await run.saveScores(scores);
  const result = resultOf(config, metrics, scores);
  await run.finish(result);
  return { result };
}

async function startingPoint(
  config: TrainingConfig,
  run: RunFolder,
  loggedSteps: number,
  observer: TrainingObserver,
): Promise<{ step: number; state: TrainingState }> {
  const { checkpoint, skipped } = await run.newestCheckpoint(loggedSteps);
  for (const { file, reason } of skipped) observer.note(`${file} is passed over: ${reason}`);
  if (checkpoint !== undefined) return checkpoint;
  const key = foldIn(randomKey(config.seed), "weights");
  const model = initModel(key, config);
  return { step: 0, state: { ...model, optimizer: optimizerOf(config, 1).init(model.weights) } };
}

/** Asks for everything that a step asks for, on batches of nothing. */
function rehearse(
  state: TrainingState,
  config: TrainingConfig,
  optimizer: Optimizer<AdamState>,
): void {
  const { imageSize } = config;
  const count = 2 * config.batchSize;
  const depthSize = imageSize / DEPTH_SHRINK;
  scope(() => {
    const batches = config.sources.map((): DomainBatch => ({
      images: zeros([count, 6, imageSize, imageSize]),
      depths: zeros([count, 1, depthSize, depthSize]),
      labels: zeros([count]),
    }));
    const method = METHODS[config.method];
    const roles = divide(batches, method, config.metaTrainSize);
    trainStep(state, roles, method.adapt, config, optimizer);
  });
}

/** Does one step and reads its losses. */
async function descend(
  state: TrainingState,
  batches: readonly TrainingBatch[],
  config: TrainingConfig,
  optimizer: Optimizer<AdamState>,
): Promise<{ state: TrainingState; losses: Record<string, number> }> {
  const method = METHODS[config.method];
  const { state: next, losses } = scope(() => {
    const tensors = batches.map((batch) => batchTensors(batch, config.imageSize));
    const roles = divide(tensors, method, config.metaTrainSize);
    const { state: next, outcome } = trainStep(state, roles, method.adapt, config, optimizer);
    return { state: next, losses: outcome.losses };
  });
  // Together: a GPU is then waited for once a step.
  const numbers = Object.fromEntries(
    await Promise.all(
      Object.entries(losses).map(async ([name, loss]) => [name, await loss.item()] as const),
    ),
  );
  // All at once, after reading: one tensor may be there by two names.
  disposeReplaced(losses, []);
  return { state: next, losses: numbers };
}

function batchTensors(batch: TrainingBatch, imageSize: number): DomainBatch {
  const count = batch.samples.length;
  const depthSize = imageSize / DEPTH_SHRINK;
  return {
    images: imageTensor(batch.images, count, imageSize),
    depths: tensor(batch.depths, [count, 1, depthSize, depthSize]),
    labels: tensor(batch.labels),
  };
}

function imageCount(batches: readonly TrainingBatch[]): number {
  return batches.reduce((count, batch) => count + batch.samples.length, 0);
}

/** The AUC on the held-out parts, where they have both classes. */
async function heldOutAuc(
  model: Model,
  config: TrainingConfig,
  { heldOut, reader }: SourceDomains,
): Promise<{ held_out_auc?: number }> {
  if (new Set(heldOut.map((sample) => sample.label)).size < 2) return {};
  const { label, score } = await scoreSamples(heldOut, model, config.channelDivisor, reader);
  return { held_out_auc: rocAucScore(label, score) };
}

/** What is scored at the end, if a target is named; it is read first, to be known to do. */
async function readTarget(root: DataRoot, { target }: TrainingConfig) {
  if (target === "") return undefined;
  const samples = await readSamples(await openDomain(root, target), "all");
  const live = samples.filter((sample) => sample.label === 1).length;
  if (live === 0 || live === samples.length) {
    throw new Error(
      `Cannot measure anything on ${target}: its image_list_all.txt must name live and spoof ` +
        `images, got ${live} live and ${samples.length - live} spoof; train without --target, ` +
        `then score it with deno task eval`,
    );
  }
  return samples;
}
