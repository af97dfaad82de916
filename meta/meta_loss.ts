/**
 * The loss that one iteration descends: the regularized fine-grained meta-update as a function of the
 * weights.
 *
 * Source: Shao, Lan, Yuen (AAAI 2020), algorithm 1 and equations 2 to 7; what the published code does
 * beyond the paper are the fields of {@linkcode MetaOptions}.
 *
 * @module
 */

import { add, bceWithLogits, mse, scale, stopGradient } from "../autograd/mod.ts";
import type { Tensor } from "../tensor/mod.ts";
import type { Adapt, Roles } from "./methods.ts";
import type { NamedTensors } from "./networks/conv_block.ts";
import { estimateDepth } from "./networks/depth_estimator.ts";
import { extractFeatures, type Features } from "./networks/feature_extractor.ts";
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
  const { channelDivisor, depthWeight } = options;
  const norm = { training: true, momentum: options.normMomentum };
  const embedderNorm = { training: true, momentum: options.embedderNormMomentum };

  /** Features and depth loss of a batch, and the statistics that the pass leaves behind. */
  const see = (batch: DomainBatch, before: PerNetwork): [Features, Tensor, PerNetwork] => {
    const [features, extractor] = extractFeatures(
      batch.images,
      weights.extractor,
      before.extractor,
      channelDivisor,
      norm,
    );
    const [depth, depthEstimator] = estimateDepth(
      features.all,
      weights.depthEstimator,
      before.depthEstimator,
      channelDivisor,
      norm,
    );
    return [features, mse(depth, batch.depths), { ...before, extractor, depthEstimator }];
  };
  const classify = (
    features: Tensor,
    labels: Tensor,
    embedder: NamedTensors,
    before: PerNetwork,
  ): [Tensor, NamedTensors] => {
    const [logits, moved] = embed(
      features,
      embedder,
      before.embedder,
      channelDivisor,
      embedderNorm,
    );
    return [bceWithLogits(logits, labels), moved];
  };

  let moved = statistics;
  const trainDepth: Tensor[] = [];
  const tasks = metaTrain.map((batch) => {
    const [features, depthLoss, after] = see(batch, moved);
    trainDepth.push(depthLoss);
    const learnFrom = (seen: Tensor) =>
      adapt(
        (embedder) => classify(seen, batch.labels, embedder, after),
        weights.embedder,
        options.innerLearningRate,
      );
    const task = learnFrom(features.last);
    moved = { ...after, embedder: task.aux };
    return options.innerGradient === "reaches-extractor"
      ? task
      : { ...task, weights: learnFrom(stopGradient(features.last)).weights };
  });

  const testDepth: Tensor[] = [];
  const tested = metaTest.slice(0, options.metaTestDomains === "first" ? 1 : undefined);
  const testClassification = tested.flatMap((batch) => {
    const [features, depthLoss, after] = see(batch, moved);
    testDepth.push(depthLoss);
    if (options.metaTestStatistics === "move") moved = after;
    return tasks.map((task) => classify(features.last, batch.labels, task.weights, after)[0]);
  });

  const share = options.taskReduction === "mean" ? 1 / metaTrain.length : 1;
  const trainClassification = tasks.map((task) => task.loss);
  const clsTrain = scale(total(trainClassification), share);
  const depTrain = scale(total(trainDepth), share);
  const metaTrainLoss = add(clsTrain, scale(depTrain, depthWeight));
  const losses: Record<string, Tensor> = {
    ...numbered("cls_train", trainClassification),
    ...numbered("dep_train", trainDepth),
    cls_train: clsTrain,
    dep_train_ave: scale(total(trainDepth), 1 / metaTrain.length),
    meta_train: metaTrainLoss,
    total: metaTrainLoss,
  };
  if (tested.length > 0) {
    const clsTest = scale(total(testClassification), share);
    const depTest = total(testDepth);
    const metaTestLoss = add(clsTest, scale(depTest, depthWeight));
    Object.assign(losses, {
      ...numbered("cls_test", testClassification),
      cls_test: clsTest,
      dep_test: depTest,
      meta_test: metaTestLoss,
      total: add(metaTrainLoss, scale(metaTestLoss, options.metaTestWeight)),
    });
  }
  const innerGradients = tasks.flatMap(({ gradient }) => gradient === undefined ? [] : [gradient]);
  return [losses.total, { statistics: moved, losses, innerGradients }];
}

function total(terms: readonly Tensor[]): Tensor {
  return terms.reduce((sum, term) => add(sum, term));
}

function numbered(name: string, terms: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(terms.map((term, i) => [`${name}${i}`, term]));
}
