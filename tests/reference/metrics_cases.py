"""Random labels and scores with what scikit-learn and plain definitions say of them.

usage: metrics_cases.py OUT.json [--cases 200] [--seed 1]

AUC and ROC are scikit-learn's (1.2.1). The equal error rate follows its definition by brute force
in exact fractions: accept at and above a threshold, candidates are the midpoints of neighbouring
distinct scores, the least |FAR - FRR| wins, of several the highest threshold.
"""

import argparse
import json
from fractions import Fraction

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve


def rates(labels, scores, threshold):
    accepted = [Fraction(score) >= threshold for score in scores]
    spoof = [a for a, label in zip(accepted, labels) if label == 0]
    live = [a for a, label in zip(accepted, labels) if label == 1]
    return Fraction(sum(spoof), len(spoof)), Fraction(len(live) - sum(live), len(live))


def equal_error_rate(labels, scores):
    distinct = sorted(set(Fraction(score) for score in scores))
    candidates = [(a + b) / 2 for a, b in zip(distinct, distinct[1:])] or distinct
    outcomes = []
    for threshold in candidates:
        far, frr = rates(labels, scores, threshold)
        outcomes.append((abs(far - frr), -threshold, far + frr))
    _, negative, total = min(outcomes)
    return float(total / 2), float(-negative)


def draw(rng, n):
    labels = rng.permutation(np.r_[0, 1, rng.integers(0, 2, n - 2)])
    kind = rng.integers(4)
    if kind == 0:  # heavy ties
        scores = rng.integers(0, 4, n) / 4
    elif kind == 1:  # some ties, live above spoof on average
        scores = np.round(rng.normal(labels, 1), 1)
    elif kind == 2:  # hardly any ties
        scores = np.round(rng.random(n), 5)
    else:  # saturated, as a sigmoid's
        scores = np.round(1 / (1 + np.exp(-rng.normal(12 * labels - 6, 6))), 3)
    return labels.tolist(), (scores + 0.0).tolist()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    lines = []
    for number in range(options.cases):
        labels, scores = draw(rng, int(rng.integers(2, 20)))
        eer, threshold = equal_error_rate(labels, scores)
        at = scores[int(rng.integers(len(scores)))]
        far, frr = rates(labels, scores, Fraction(at))
        case = {
            "labels": "".join(map(str, labels)),
            "scores": scores,
            "auc": roc_auc_score(labels, scores),
            "eer": eer,
            "threshold": threshold,
            "at": at,
            "far": float(far),
            "frr": float(frr),
        }
        if number % 10 == 0:
            fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
            case["roc"] = {"fpr": fpr.tolist(), "tpr": tpr.tolist()}
        lines.append(json.dumps(case, separators=(",", ":")))
    with open(options.out, "w") as file:
        file.write("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
