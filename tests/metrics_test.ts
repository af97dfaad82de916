import { deepEqual, equal, ok, throws } from "node:assert/strict";
import {
  chooseThreshold,
  equalErrorRate,
  errorRates,
  formatSummary,
  hter,
  rocAucScore,
  rocCurve,
  summarizeScores,
} from "../eval/mod.ts";
import { fc } from "./fast_check.ts";

/** One case of tests/reference/metrics_cases.py. */
interface Case {
  readonly labels: string;
  readonly scores: number[];
  readonly auc: number;
  readonly eer: number;
  readonly threshold: number;
  readonly at: number;
  readonly far: number;
  readonly frr: number;
  readonly roc?: { readonly fpr: number[]; readonly tpr: number[] };
}

const FIXTURE = new URL("fixtures/eval/metrics_cases.json", import.meta.url);

function readCases(): (Case & { yTrue: number[] })[] {
  const cases: Case[] = JSON.parse(Deno.readTextFileSync(FIXTURE));
  return cases.map((each) => ({ ...each, yTrue: [...each.labels].map(Number) }));
}

function near(actual: number, wanted: number): void {
  ok(Math.abs(actual - wanted) <= 1e-12, `got ${actual}, wanted ${wanted}`);
}

Deno.test("AUC and ROC are scikit-learn's, ties and all", () => {
  for (const { yTrue, scores, auc, roc } of readCases()) {
    near(rocAucScore(yTrue, scores), auc);
    if (roc === undefined) continue;
    const { fpr, tpr, thresholds } = rocCurve(yTrue, scores);
    deepEqual([...fpr], roc.fpr);
    deepEqual([...tpr], roc.tpr);
    deepEqual([...thresholds], [Infinity, ...new Set(scores.toSorted((a, b) => b - a))]);
  }
});

Deno.test("the equal error rate and its threshold follow their definition", () => {
  for (const { yTrue, scores, eer, threshold } of readCases()) {
    const got = equalErrorRate(yTrue, scores);
    near(got.eer, eer);
    equal(got.threshold, threshold);
    near(hter(yTrue, scores, threshold), eer);
  }
});

Deno.test("a score that equals the threshold is accepted", () => {
  for (const { yTrue, scores, at, far, frr } of readCases()) {
    const got = errorRates(yTrue, scores, at);
    equal(got.far, far);
    equal(got.frr, frr);
    equal(hter(yTrue, scores, at), (far + frr) / 2);
  }
});

Deno.test("of several thresholds that are equally good the highest is taken", () => {
  // 1.5 gives FAR 1 and FRR 1/2, 2.5 gives FAR 0 and FRR 1/2.
  deepEqual(equalErrorRate([1, 0, 1], [1, 2, 3]), { eer: 0.25, threshold: 2.5 });
  // 1.5 gives FAR 1/2 and FRR 0, 2.5 gives FAR 1/2 and FRR 1.
  deepEqual(equalErrorRate([0, 1, 0], [1, 2, 3]), { eer: 0.75, threshold: 2.5 });
});

Deno.test("where all scores are equal everything is accepted, and every figure is finite", () => {
  const summary = summarizeScores([1, 0, 0], [0.5, 0.5, 0.5]);
  deepEqual(summary, {
    auc: 0.5,
    eer: 0.5,
    hter: 0.5,
    far: 1,
    frr: 0,
    threshold: 0.5,
    threshold_policy: "target-eer",
    n_live: 1,
    n_spoof: 2,
  });
});

Deno.test("a threshold between neighbouring doubles, or at the ends of their range, still splits", () => {
  const next = 1 + Number.EPSILON;
  const tiny = Number.MIN_VALUE;
  const huge = Number.MAX_VALUE;
  const pairs = [
    [1, next],
    [-next, -1],
    [next, next + Number.EPSILON],
    [0, tiny],
    [-tiny, 0],
    [
      tiny,
      2 * tiny,
    ],
    [huge / 2, huge],
    [-huge, -huge / 2],
    [-huge, huge],
  ];
  for (const [spoof, live] of pairs) {
    const { eer, threshold } = equalErrorRate([0, 1], [spoof, live]);
    equal(eer, 0);
    equal(hter([0, 1], [spoof, live], threshold), 0);
    ok(spoof < threshold && threshold <= live, `${spoof} < ${threshold} <= ${live}`);
  }
});

Deno.test("positive and negative zero are one score", () => {
  equal(rocAucScore([0, 1], [-0, 0]), 0.5);
  equal(rocAucScore([0, 1], [0, -0]), 0.5);
  equal(equalErrorRate([0, 1], [-0, 0]).eer, 0.5);
});

Deno.test("what cannot be measured is refused with the place where it is", () => {
  const start = "Cannot compare live with spoof scores: ";
  const cases: [number[], number[], string][] = [
    [[1, 0], [1], "each label needs one score, got 2 labels and 1 scores"],
    [[1, 0, 2], [1, 2, 3], "a label must be 1 (live) or 0 (spoof), got 2 at index 2"],
    [[1, 0, -1], [1, 2, 3], "a label must be 1 (live) or 0 (spoof), got -1 at index 2"],
    [[1, 0], [1, NaN], "a score must be finite, got NaN at index 1"],
    [[1, 0], [-Infinity, 1], "a score must be finite, got -Infinity at index 0"],
    [[1, 1], [1, 2], "both are needed, got 2 live and 0 spoof"],
    [[0], [1], "both are needed, got 0 live and 1 spoof"],
    [[], [], "both are needed, got 0 live and 0 spoof"],
  ];
  for (const [yTrue, yScore, message] of cases) {
    const error = new RangeError(start + message);
    throws(() => rocAucScore(yTrue, yScore), error);
    throws(() => rocCurve(yTrue, yScore), error);
    throws(() => equalErrorRate(yTrue, yScore), error);
    throws(() => hter(yTrue, yScore, 0), error);
    throws(() => summarizeScores(yTrue, yScore), error);
  }
  throws(
    () => hter([0, 1], [0, 1], NaN),
    new RangeError("Cannot accept or reject: the threshold must be a number, got NaN"),
  );
  throws(
    () => chooseThreshold({ name: "fixed", threshold: Infinity }, [0, 1], [0, 1]),
    new RangeError("Cannot fix the threshold: it must be a finite number, got Infinity"),
  );
});

Deno.test("a fixed threshold changes HTER and leaves AUC and EER", () => {
  const yTrue = [1, 1, 0, 0];
  const yScore = [0.9, 0.6, 0.4, 0.1];
  const summary = summarizeScores(yTrue, yScore, { name: "fixed", threshold: 0.7 });
  deepEqual(summary, {
    auc: 1,
    eer: 0,
    hter: 0.25,
    far: 0,
    frr: 0.5,
    threshold: 0.7,
    threshold_policy: "fixed",
    n_live: 2,
    n_spoof: 2,
  });
  equal(
    formatSummary(summary),
    `AUC        100.00 %
EER        0.00 %
HTER       25.00 %   FAR 0.00 %, FRR 50.00 %
threshold  0.7       given beforehand (fixed)
images     4         2 live, 2 spoof`,
  );
});

/** Labels of both classes, and scores with many ties. */
const scored = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: -6, max: 6 })), {
    minLength: 2,
    maxLength: 40,
  })
  .map((pairs) => ({ yTrue: pairs.map(([label]) => label), yScore: pairs.map(([, s]) => s) }))
  .filter(({ yTrue }) => yTrue.includes(0) && yTrue.includes(1));

const property = (check: (yTrue: number[], yScore: number[]) => void) =>
  fc.assert(fc.property(scored, ({ yTrue, yScore }) => check(yTrue, yScore)), { seed: 2 });

Deno.test("AUC and EER depend on the order of the scores alone", () => {
  property((yTrue, yScore) => {
    for (const transform of [Math.exp, Math.cbrt, (s: number) => 1000 * s - 7]) {
      const transformed = yScore.map(transform);
      equal(rocAucScore(yTrue, transformed), rocAucScore(yTrue, yScore));
      equal(equalErrorRate(yTrue, transformed).eer, equalErrorRate(yTrue, yScore).eer);
    }
  });
});

Deno.test("AUC counts the pairs that are in order, ties as half", () => {
  property((yTrue, yScore) => {
    const live = yScore.filter((_, i) => yTrue[i] === 1);
    const spoof = yScore.filter((_, i) => yTrue[i] === 0);
    const wins = live.flatMap((a) => spoof.map((b) => (Math.sign(a - b) + 1) / 2));
    equal(rocAucScore(yTrue, yScore), wins.reduce((sum, win) => sum + win) / wins.length);
  });
});

Deno.test("swapping the classes mirrors AUC and EER, and so does turning the scores round", () => {
  property((yTrue, yScore) => {
    const swapped = yTrue.map((label) => 1 - label);
    const turned = yScore.map((score) => -score);
    const auc = rocAucScore(yTrue, yScore);
    near(rocAucScore(swapped, yScore), 1 - auc);
    near(rocAucScore(yTrue, turned), 1 - auc);
    equal(rocAucScore(swapped, turned), auc);
    if (new Set(yScore).size === 1) return;
    const { eer, threshold } = equalErrorRate(yTrue, yScore);
    const mirrored = equalErrorRate(swapped, yScore);
    near(mirrored.eer, 1 - eer);
    equal(mirrored.threshold, threshold);
  });
});

Deno.test("no midpoint has a smaller gap than the chosen one, and no higher one as small a gap", () => {
  property((yTrue, yScore) => {
    const distinct = [...new Set(yScore)].sort((a, b) => a - b);
    if (distinct.length === 1) return;
    const gap = (threshold: number) => {
      const { falseAccepts, falseRejects, nLive, nSpoof } = errorRates(yTrue, yScore, threshold);
      return Math.abs(falseAccepts * nLive - falseRejects * nSpoof);
    };
    const midpoints = distinct.slice(1).map((score, i) => (score + distinct[i]) / 2);
    const least = Math.min(...midpoints.map(gap));
    const { eer, threshold } = equalErrorRate(yTrue, yScore);
    equal(threshold, midpoints.findLast((midpoint) => gap(midpoint) === least));
    equal(eer, hter(yTrue, yScore, threshold));
  });
});

Deno.test("typed arrays of any kind are measured like number arrays", () => {
  const summary = summarizeScores(Int32Array.of(1, 0, 1), Float32Array.of(0.5, 0.25, 0.75));
  deepEqual(summary, summarizeScores([1, 0, 1], [0.5, 0.25, 0.75]));
});
