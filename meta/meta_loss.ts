/**
 * The loss that one iteration descends: the regularized fine-grained meta-update as a function of the
 * weights.
 *
 * Source: Shao, Lan, Yuen (AAAI 2020), algorithm 1 and equations 2 to 7; what the published code does
 * beyond the paper are the fields of {@linkcode MetaOptions}.
 *
 * @module
 */

import { add, bceWithLogits, checkpoint, mse, scale, stopGradient } from "../autograd/mod.ts";
import type { Tensor } from "../tensor/mod.ts";
import type { Adapt, Roles } from "./methods.ts";
import type { NamedTensors } from "./networks/conv_block.ts";
import { estimateDepth } from "./networks/depth_estimator.ts";
import { extractFeatures } from "./networks/feature_extractor.ts";
import { embed } from "./networks/feature_embedder.ts";
import type { PerNetwork } from "./networks/model.ts";

/** One domain's images [N,6,S,S], depth maps [N,1,S/8,S/8] and labels [N] (1 = live). */
export interface DomainBatch {
  /** [N,6,S,S], 0 to 1. */
  readonly images: Tensor;
  /** [N,1,S/8,S/8], 0 to 1. */
  readonly depths: Tensor;
  /** [N], 1 for live. */
  readonly labels: Tensor;
}

/** The numbers and choices in the loss. */
export interface MetaOptions {
  /** By what the channels are divided. */
  readonly channelDivisor: number;
  /** α: the rate of the inner step. */
  readonly innerLearningRate: number;
  /** λ: the weight of the depth losses. */
  readonly depthWeight: number;
  /** μ: the weight of the meta-test losses. */
  readonly metaTestWeight: number;
  /** How far the running statistics of the extractor and the depth estimator move in a pass. */
  readonly normMomentum: number;
  /** The same for the embedder; at 1 they are the last meta-train batch's own. */
  readonly embedderNormMomentum: number;
  /** Whether losses over meta-train domains are added up or averaged. */
  readonly taskReduction: "sum" | "mean";
  /** Of several meta-test domains, whether the first or all are used. */
  readonly metaTestDomains: "first" | "all";
  /** Whether the meta-test loss reaches the extractor through the inner gradients too. */
  readonly innerGradient: "reaches-extractor" | "embedder-only";
  /** Whether the meta-test pass moves running statistics of the extractor and the depth estimator. */
  readonly metaTestStatistics: "move" | "keep";
  /** What the sweep computes again instead of keeping it; results are the same to the bit. */
  readonly recompute: "nothing" | "stages";
}

/** What comes out beside the loss. */
export type MetaOutcome = {
  /** The running statistics after the iteration. */
  readonly statistics: PerNetwork;
  /**
   * Scalars: `cls_train<i>`, `dep_train<i>` of each meta-train domain, `cls_test<i>` of each adapted
   * meta learner, `dep_test`, the sums of each kind, `dep_train_ave`, `meta_train`, `meta_test` and
   * `total`.
   */
  readonly losses: NamedTensors;
  /** The inner gradient of each meta-train domain, where the method takes one. */
  readonly innerGradients: readonly NamedTensors[];
};

/** The loss of one iteration; differentiate it with respect to `weights`. */
export function metaLoss(
  weights: PerNetwork,
  statistics: PerNetwork,
  { metaTrain, metaTest }: Roles<DomainBatch>,
  adapt: Adapt,
  options: MetaOptions,
): [Tensor, MetaOutcome] {
  let moved = statistics;
  const tasks: Task[] = [];
  for (const batch of metaTrain) {
    const task = learn(batch, weights, moved, adapt, options);
    tasks.push(task);
    moved = task.statistics;
  }
  const tests: Test[] = [];
  for (const batch of options.metaTestDomains === "first" ? metaTest.slice(0, 1) : metaTest) {
    const test = examine(tasks, batch, weights, moved, options);
    tests.push(test);
    if (options.metaTestStatistics === "move") moved = test.statistics;
  }
  const losses = combine(tasks, tests, options);
  const innerGradients = tasks.flatMap(({ gradient }) => gradient === undefined ? [] : [gradient]);
  return [losses.total, { statistics: moved, losses, innerGradients }];
}

/** What came of learning from a meta-train domain. */
interface Task {
  readonly loss: Tensor;
  readonly depthLoss: Tensor;
  /** The embedder's weights after the inner step. */
  readonly adapted: NamedTensors;
  readonly gradient?: NamedTensors;
  readonly statistics: PerNetwork;
}

function learn(
  batch: DomainBatch,
  weights: PerNetwork,
  before: PerNetwork,
  adapt: Adapt,
  options: MetaOptions,
): Task {
  const { features, depthLoss, statistics } = see(batch, weights, before, options);
  const adaptTo = (seen: Tensor) =>
    adapt(
      (embedder) => classify(seen, batch.labels, embedder, statistics.embedder, options),
      weights.embedder,
      options.innerLearningRate,
    );
  const { loss, aux, gradient, weights: adapted } = adaptTo(features);
  return {
    loss,
    depthLoss,
    adapted: options.innerGradient === "reaches-extractor"
      ? adapted
      : adaptTo(stopGradient(features)).weights,
    gradient,
    statistics: { ...statistics, embedder: aux },
  };
}

/** What came of testing on a meta-test domain. */
interface Test {
  /** The loss of each task's adapted embedder, whose passes leave running statistics alone. */
  readonly losses: readonly Tensor[];
  readonly depthLoss: Tensor;
  readonly statistics: PerNetwork;
}

function examine(
  tasks: readonly Task[],
  batch: DomainBatch,
  weights: PerNetwork,
  before: PerNetwork,
  options: MetaOptions,
): Test {
  const { features, depthLoss, statistics } = see(batch, weights, before, options);
  const losses = tasks.map(({ adapted }) => {
    const [loss] = classify(features, batch.labels, adapted, statistics.embedder, options);
    return loss;
  });
  return { losses, depthLoss, statistics };
}

/** A batch's features for the embedder, its depth loss, and the statistics left behind. */
function see(
  batch: DomainBatch,
  weights: PerNetwork,
  before: PerNetwork,
  { channelDivisor, normMomentum, recompute }: MetaOptions,
): { features: Tensor; depthLoss: Tensor; statistics: PerNetwork } {
  const wrapStage = recompute === "stages" ? checkpoint : undefined;
  const pass = { training: true, momentum: normMomentum, wrapStage };
  const [features, extractor] = extractFeatures(
    batch.images,
    weights.extractor,
    before.extractor,
    channelDivisor,
    pass,
  );
  const [depth, depthEstimator] = estimateDepth(
    features.all,
    weights.depthEstimator,
    before.depthEstimator,
    channelDivisor,
    pass,
  );
  return {
    features: features.last,
    depthLoss: mse(depth, batch.depths),
    statistics: { ...before, extractor, depthEstimator },
  };
}

function classify(
  features: Tensor,
  labels: Tensor,
  embedder: NamedTensors,
  before: NamedTensors,
  { channelDivisor, embedderNormMomentum }: MetaOptions,
): [Tensor, NamedTensors] {
  const pass = { training: true, momentum: embedderNormMomentum };
  const [logits, statistics] = embed(features, embedder, before, channelDivisor, pass);
  return [bceWithLogits(logits, labels), statistics];
}

function combine(
  tasks: readonly Task[],
  tests: readonly Test[],
  { depthWeight, metaTestWeight, taskReduction }: MetaOptions,
): Record<string, Tensor> {
  const share = taskReduction === "mean" ? 1 / tasks.length : 1;
  const trainClassification = tasks.map(({ loss }) => loss);
  const trainDepth = tasks.map(({ depthLoss }) => depthLoss);
  const clsTrain = scale(sumOf(trainClassification), share);
  const depTrain = scale(sumOf(trainDepth), share);
  const metaTrain = add(clsTrain, scale(depTrain, depthWeight));
  const trainLosses = {
    ...numbered("cls_train", trainClassification),
    ...numbered("dep_train", trainDepth),
    cls_train: clsTrain,
    dep_train_ave: scale(sumOf(trainDepth), 1 / tasks.length),
    meta_train: metaTrain,
  };
  if (tests.length === 0) return { ...trainLosses, total: metaTrain };

  const testClassification = tests.flatMap(({ losses }) => losses);
  const clsTest = scale(sumOf(testClassification), share);
  const depTest = sumOf(tests.map(({ depthLoss }) => depthLoss));
  const metaTest = add(clsTest, scale(depTest, depthWeight));
  return {
    ...trainLosses,
    ...numbered("cls_test", testClassification),
    cls_test: clsTest,
    dep_test: depTest,
    meta_test: metaTest,
    total: add(metaTrain, scale(metaTest, metaTestWeight)),
  };
}

function sumOf(terms: readonly Tensor[]): Tensor {
  return terms.reduce((sum, term) => add(sum, term));
}

function numbered(name: string, terms: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(terms.map((term, i) => [`${name}${i}`, term]));
}
