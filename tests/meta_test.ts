import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import {
  add,
  bceWithLogits,
  conv2d,
  dot,
  grad,
  mean,
  mse,
  scale,
  stopGradient,
  sub,
  valueAndGrad,
  variance,
} from "../autograd/mod.ts";
import { DEFAULTS } from "../meta/config.ts";
import { type DomainBatch, metaLoss, type MetaOptions } from "../meta/meta_loss.ts";
import { divide, METHODS, type Roles } from "../meta/methods.ts";
import type { NamedTensors } from "../meta/networks/conv_block.ts";
import { estimateDepth } from "../meta/networks/depth_estimator.ts";
import { embed } from "../meta/networks/feature_embedder.ts";
import { extractFeatures } from "../meta/networks/feature_extractor.ts";
import { initModel, type PerNetwork } from "../meta/networks/model.ts";
import { trainStep } from "../meta/train_step.ts";
import { adam } from "../nn/mod.ts";
import {
  disposeReplaced,
  foldIn,
  init,
  leaves,
  mapTree,
  memory,
  normal,
  randomKey,
  type Tensor,
  tensor,
  type Tree,
  uniform,
  zipTrees,
} from "../tensor/mod.ts";

await init("js");
const DIVISOR = 32;
const SIDE = 32;
const DTYPE = { dtype: "float64" } as const;
const KEY = randomKey(6);

/** At an inner rate this large the second order is a good part of the gradient. */
const OPTIONS: MetaOptions = { ...DEFAULTS, channelDivisor: DIVISOR, innerLearningRate: 0.5 };
const { weights, statistics } = initModel(KEY, {
  channelDivisor: DIVISOR,
  init: "xavier",
  normScale: "uniform",
  ...DTYPE,
});
const DOMAINS = [0, 1, 2, 3].map((domain): DomainBatch => {
  const key = foldIn(KEY, domain);
  return {
    images: uniform(foldIn(key, "images"), [4, 6, SIDE, SIDE], DTYPE),
    depths: uniform(foldIn(key, "depths"), [4, 1, SIDE / 8, SIDE / 8], DTYPE),
    labels: tensor([1, 0, 0, 1], [4], DTYPE),
  };
});
const [first, second, third, fourth] = DOMAINS;
const ROLES: Roles<DomainBatch> = { metaTrain: [first, second], metaTest: [third] };
const PASS = { training: true, momentum: OPTIONS.normMomentum };

const values = (x: Tensor) => Float64Array.from(x.dataSync());
const value = (x: Tensor) => x.dataSync()[0];

/** The largest difference, relative to the largest value. */
function deviation(got: Tree, wanted: Tree): number {
  const largest = (tree: Tree) =>
    Math.max(...leaves(tree).flatMap((x) => [...values(x)].map(Math.abs)));
  return largest(zipTrees(sub, got, wanted)) / largest(wanted);
}
const agree = (got: Tree, wanted: Tree) => deviation(got, wanted) < 1e-10;

function lossOf(
  { roles = ROLES, method = METHODS.rfmeta, of = weights, ...options }: Partial<MetaOptions> & {
    roles?: Roles<DomainBatch>;
    method?: typeof METHODS[keyof typeof METHODS];
    of?: PerNetwork;
  } = {},
) {
  return metaLoss(of, statistics, roles, method.adapt, { ...OPTIONS, ...options });
}

function gradientOf(options: Parameters<typeof lossOf>[0] = {}): PerNetwork {
  return grad((of: PerNetwork) => lossOf({ ...options, of }))(weights);
}

const secondOrder = gradientOf();
const firstOrder = gradientOf({ method: METHODS["rfmeta-first-order"] });

function classificationLoss(
  extractor: NamedTensors,
  embedder: NamedTensors,
  { images, labels }: DomainBatch,
): Tensor {
  const [features] = extractFeatures(images, extractor, statistics.extractor, DIVISOR, PASS);
  const [logits] = embed(features.last, embedder, statistics.embedder, DIVISOR, PASS);
  return bceWithLogits(logits, labels);
}

function depthLoss(
  extractor: NamedTensors,
  depthEstimator: NamedTensors,
  { images, depths }: DomainBatch,
): Tensor {
  const [features] = extractFeatures(images, extractor, statistics.extractor, DIVISOR, PASS);
  const before = statistics.depthEstimator;
  const [depth] = estimateDepth(features.all, depthEstimator, before, DIVISOR, PASS);
  return mse(depth, depths);
}

Deno.test("the gradient is the slope of the loss, inner step included, for each network", () => {
  const names = ["extractor", "depthEstimator", "embedder"] as const;
  for (const name of names) {
    const direction = mapTree(
      weights[name],
      (weight, path) => normal(foldIn(foldIn(KEY, "direction"), path), weight.shape, DTYPE),
    );
    const lossAt = (distance: number) => {
      const moved = zipTrees((w, d) => add(w, scale(d, distance)), weights[name], direction);
      return value(lossOf({ of: { ...weights, [name]: moved } })[0]);
    };
    // Longer steps meet kinks of ReLU.
    const step = 1e-8;
    const slope = (lossAt(step) - lossAt(-step)) / (2 * step);
    const derivative = value(dot(secondOrder[name], direction));
    ok(Math.abs(slope - derivative) < 1e-6 * Math.abs(slope), `${name}: ${slope} ${derivative}`);
    const withoutIt = value(dot(firstOrder[name], direction));
    equal(Math.abs(slope - withoutIt) < 1e-3 * Math.abs(slope), name === "depthEstimator");
  }
});

Deno.test("the second order adds the inner gradients' derivative along the test gradients", () => {
  const rate = OPTIONS.innerLearningRate;
  const { extractor, embedder } = weights;
  const innerGradient = (batch: DomainBatch, from: NamedTensors, at: NamedTensors) =>
    grad((of: NamedTensors) => classificationLoss(from, of, batch))(at);
  const term = grad((both: { extractor: NamedTensors; embedder: NamedTensors }) =>
    ROLES.metaTrain.map((batch) => {
      const inner = innerGradient(batch, both.extractor, both.embedder);
      const adapted = zipTrees((w, g) => sub(w, scale(stopGradient(g), rate)), embedder, inner);
      return scale(dot(inner, innerGradient(third, extractor, adapted)), -rate);
    }).reduce((total, term) => add(total, term))
  )({ extractor, embedder });
  const added = (gradient: PerNetwork, network: "extractor" | "embedder") =>
    zipTrees(add, gradient[network], term[network]);
  ok(agree(added(firstOrder, "embedder"), secondOrder.embedder));
  ok(agree(added(firstOrder, "extractor"), secondOrder.extractor));
  ok(agree(firstOrder.depthEstimator, secondOrder.depthEstimator));
  ok(deviation(firstOrder.embedder, secondOrder.embedder) > 0.01);
  ok(deviation(firstOrder.extractor, secondOrder.extractor) > 0.01);
});

Deno.test("an inner gradient for the embedder only changes what the extractor learns, and no loss", () => {
  const options = { innerGradient: "embedder-only" } as const;
  deepEqual(losses(options), losses());
  const gradient = gradientOf(options);
  ok(agree(gradient.embedder, secondOrder.embedder));
  ok(agree(gradient.depthEstimator, secondOrder.depthEstimator));
  ok(agree(gradient.extractor, firstOrder.extractor));
  ok(deviation(gradient.extractor, secondOrder.extractor) > 0.01);
});

function losses(options: Parameters<typeof lossOf>[0] = {}): Record<string, number> {
  const [, { losses }] = lossOf(options);
  return Object.fromEntries(Object.entries(losses).map(([name, loss]) => [name, value(loss)]));
}

const isNear = (got: number, wanted: number) =>
  ok(Math.abs(got - wanted) <= 1e-12 * Math.abs(wanted), `${got} is not ${wanted}`);

Deno.test("the loss is the sum over tasks, depth and test losses weighted", () => {
  const l = losses({ depthWeight: 3, metaTestWeight: 0.7 });
  isNear(l.cls_train, l.cls_train0 + l.cls_train1);
  isNear(l.cls_test, l.cls_test0 + l.cls_test1);
  isNear(l.dep_train_ave, (l.dep_train0 + l.dep_train1) / 2);
  isNear(l.meta_train, l.cls_train + 3 * (l.dep_train0 + l.dep_train1));
  isNear(l.meta_test, l.cls_test + 3 * l.dep_test);
  isNear(l.total, l.meta_train + 0.7 * l.meta_test);
});

Deno.test("the mean over tasks is their sum over their number; the test's depth loss stays one", () => {
  const added = losses();
  const averaged = losses({ taskReduction: "mean" });
  isNear(averaged.meta_train, added.meta_train / 2);
  isNear(averaged.cls_test, added.cls_test / 2);
  isNear(averaged.dep_test, added.dep_test);
  isNear(averaged.total, averaged.meta_train + averaged.meta_test);
});

Deno.test("of several meta-test domains the first or all are used", () => {
  const roles = { metaTrain: [first, second], metaTest: [third, fourth] };
  deepEqual(losses({ roles, metaTestDomains: "first" }), losses());
  const only = losses({ roles: { ...roles, metaTest: [fourth] } });
  const all = losses({ roles, metaTestDomains: "all" });
  isNear(all.dep_test, losses().dep_test + only.dep_test);
  isNear(all.cls_test, losses().cls_test + only.cls_test);
  deepEqual([all.cls_test2, all.cls_test3], [only.cls_test0, only.cls_test1]);
});

Deno.test("two, three and four domains run, with one to three of them learned from", () => {
  for (const [count, size] of [[2, 1], [3, 1], [3, 2], [4, 1], [4, 2], [4, 3]]) {
    const roles = divide(DOMAINS.slice(0, count), METHODS.rfmeta, size);
    deepEqual([roles.metaTrain.length, roles.metaTest.length], [size, count - size]);
    const names = Object.keys(losses({ roles, metaTestDomains: "all" }));
    equal(names.filter((name) => /^cls_train\d$/.test(name)).length, size);
    equal(names.filter((name) => /^cls_test\d$/.test(name)).length, size * (count - size));
  }
});

Deno.test("without meta-learning the step is joint training on all domains", () => {
  const method = METHODS["no-meta"];
  const roles = divide(DOMAINS.slice(0, 3), method, 2);
  deepEqual(roles, { metaTrain: [first, second, third], metaTest: [] });
  const joint = ({ extractor, depthEstimator, embedder }: PerNetwork) =>
    roles.metaTrain.map((batch) =>
      add(
        classificationLoss(extractor, embedder, batch),
        scale(depthLoss(extractor, depthEstimator, batch), OPTIONS.depthWeight),
      )
    ).reduce((total, loss) => add(total, loss));
  const [total, gradient] = valueAndGrad(joint)(weights);
  isNear(losses({ roles, method }).total, value(total));
  ok(agree(gradientOf({ roles, method }), gradient));
});

Deno.test("the embedder's running statistics become the last meta-train batch's own", () => {
  const [, { statistics: after }] = lossOf();
  const [features] = extractFeatures(
    second.images,
    weights.extractor,
    statistics.extractor,
    DIVISOR,
    PASS,
  );
  const { "features.0.conv0.weight": filters, "features.0.conv0.bias": bias } = weights.embedder;
  const mapped = conv2d(features.last, filters, { padding: 1, bias });
  ok(agree(after.embedder["features.0.bn0.running_mean"], mean(mapped, [0, 2, 3])));
  ok(agree(after.embedder["features.0.bn0.running_var"], variance(mapped, [0, 2, 3])));
  // Nor do deeper layers hear of the meta-test domain.
  const pass = { training: true, momentum: 1 };
  const [, alone] = embed(features.last, weights.embedder, statistics.embedder, DIVISOR, pass);
  equal(deviation(after.embedder, alone), 0);
});

Deno.test("the meta-test pass moves the other networks' running statistics, or keeps them", () => {
  const after = (batches: readonly DomainBatch[]) =>
    batches.reduce((moved, { images }) => {
      const [features, extractor] = extractFeatures(
        images,
        weights.extractor,
        moved.extractor,
        DIVISOR,
        PASS,
      );
      const before = moved.depthEstimator;
      const head = weights.depthEstimator;
      const [, depthEstimator] = estimateDepth(features.all, head, before, DIVISOR, PASS);
      return { extractor, depthEstimator };
    }, { extractor: statistics.extractor, depthEstimator: statistics.depthEstimator });
  const left = (metaTestStatistics: "move" | "keep") => {
    const [, { statistics: { extractor, depthEstimator } }] = lossOf({ metaTestStatistics });
    return { extractor, depthEstimator };
  };
  ok(agree(left("move"), after([first, second, third])));
  ok(agree(left("keep"), after([first, second])));
  ok(deviation(left("keep"), left("move")) > 1e-3);
});

Deno.test("a step moves every network, leaves what it was given as it was, and frees the rest", () => {
  const small = { channelDivisor: 64, init: "xavier", normScale: "uniform", ...DTYPE } as const;
  const model = initModel(KEY, small);
  const optimizer = adam({ lr: 1e-3 });
  const before = leaves(model).map(values);
  const start = { ...model, optimizer: optimizer.init(model.weights) };
  const options = { ...OPTIONS, channelDivisor: 64 };
  const step = (state: typeof start) =>
    trainStep(state, ROLES, METHODS.rfmeta.adapt, options, optimizer);

  let { state, gradients, outcome } = step(start);
  equal(deviation(state.statistics, outcome.statistics), 0);
  const again = step(start);
  deepEqual(leaves(again.state).map(values), leaves(state).map(values));
  disposeReplaced({ again, gradients, outcome }, state);
  for (const name of ["extractor", "depthEstimator", "embedder"] as const) {
    notDeepEqual(leaves(state.weights[name]).map(values), leaves(model.weights[name]).map(values));
  }

  const counts: number[] = [];
  for (let i = 0; i < 10; i++) {
    const next = step(state);
    disposeReplaced({ ...next, state }, next.state);
    state = next.state;
    counts.push(memory().tensors, memory().bytes);
  }
  deepEqual(counts, Array.from({ length: 10 }, () => counts.slice(0, 2)).flat());
  deepEqual(leaves(model).map(values), before);
});
