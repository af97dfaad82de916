"""Writes tests/fixtures/ops/values.json: what PyTorch makes of ops and their gradients in float64.

    python3 tests/reference/ops_values.py tests/fixtures/ops/values.json

Made with torch 1.13. Inputs have three decimals, so that both sides read the very same numbers. The
gradients are of the sum of output * cotangent, where the cotangent's element i is cos(i).
"""

import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

random = np.random.default_rng(0)


def normal(*shape):
    return np.round(random.normal(size=shape), 3)


def uniform(low, high, *shape):
    return np.round(random.uniform(low, high, size=shape), 3)


def ties(limit, *shape):
    return random.integers(limit, size=shape).astype(np.float64)


def picks(limit, *shape):
    return random.integers(limit, size=shape)


EXTREMES = np.array([-1000.0, -745.5, -100.0, -37.5, -1.0, -0.0, 0.0, 1.0, 37.5, 100.0, 709.5, 1000.0])
KINKS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
IMAGE = (2, 2, 4, 5)

CASES = {
    "conv2d": ([normal(*IMAGE), normal(2, 2, 3, 3)], lambda x, w: F.conv2d(x, w)),
    "conv2d padding 1": ([normal(1, 2, 4, 5), normal(2, 2, 3, 3)], lambda x, w: F.conv2d(x, w, padding=1)),
    "conv2d bias": ([normal(1, 2, 3, 3), normal(2, 2, 2, 2), normal(2)], lambda x, w, b: F.conv2d(x, w, b)),
    "conv2d stride 2": ([normal(1, 2, 6, 7), normal(2, 2, 3, 3)], lambda x, w: F.conv2d(x, w, stride=2, padding=1)),
    "conv2d rectangular": (
        [normal(2, 2, 7, 6), normal(3, 2, 2, 3)],
        lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=(1, 2), dilation=(3, 2)),
    ),
    "conv2d 1x1": ([normal(2, 3, 2, 2), normal(2, 3, 1, 1)], lambda x, w: F.conv2d(x, w, stride=2)),
    "conv2d padding 4": ([normal(1, 1, 2, 3), normal(1, 1, 2, 2)], lambda x, w: F.conv2d(x, w, padding=4)),
    "conv2dInput": (
        [normal(1, 2, 3, 3), normal(2, 3, 3, 3)],
        lambda g, w: torch.nn.grad.conv2d_input((1, 3, 6, 5), w, g, stride=2, padding=1),
    ),
    "conv2dWeight": (
        [normal(2, 3, 6, 5), normal(2, 2, 3, 3)],
        lambda x, g: torch.nn.grad.conv2d_weight(x, (2, 3, 3, 3), g, stride=2, padding=1),
    ),
    "maxPool2d": ([normal(1, 2, 4, 6)], lambda x: F.max_pool2d(x, 2)),
    "maxPool2d ties": ([ties(2, 1, 2, 4, 6)], lambda x: F.max_pool2d(x, 2)),
    "maxPool2d padding": ([normal(1, 2, 5, 6) - 3], lambda x: F.max_pool2d(x, 3, stride=2, padding=1)),
    "maxPool2d dilation": (
        [normal(1, 1, 7, 8)],
        lambda x: F.max_pool2d(x, (2, 3), stride=(1, 2), padding=(1, 0), dilation=(3, 2)),
    ),
    "avgPool2d": ([normal(1, 2, 4, 5)], lambda x: F.avg_pool2d(x, 2)),
    "avgPool2d padding": ([normal(1, 2, 5, 6)], lambda x: F.avg_pool2d(x, (3, 2), stride=(2, 3), padding=1)),
    "adaptiveAvgPool2d": ([normal(1, 2, 7, 5)], lambda x: F.adaptive_avg_pool2d(x, (3, 4))),
    "adaptiveAvgPool2d larger": ([normal(1, 1, 2, 3)], lambda x: F.adaptive_avg_pool2d(x, (5, 3))),
    "matmul": ([normal(2, 1, 2, 3), normal(4, 3, 2)], torch.matmul),
    "linear": ([normal(2, 2, 3), normal(4, 3), normal(4)], F.linear),
    "sum": ([normal(2, 3, 4)], lambda x: x.sum((0, 2))),
    "mean": ([normal(2, 3, 4)], lambda x: x.mean(1, keepdim=True)),
    "variance": ([normal(2, 3, 4)], lambda x: x.var((0, 2))),
    "variance biased": ([normal(3, 4) + 1000], lambda x: x.var(1, unbiased=False, keepdim=True)),
    "max": ([normal(3, 5)], lambda x: x.max(1).values),
    "min": ([normal(3, 5)], lambda x: x.min(0).values),
    "softmax": ([normal(2, 4)], lambda x: F.softmax(x, 1)),
    "softmax far": ([np.array([[1000.0, 999.0, -1000.0], [-1000.0, -1000.0, -1001.0]])], lambda x: F.softmax(x, 1)),
    "logSoftmax": ([normal(2, 3, 2) * 20], lambda x: F.log_softmax(x, 1)),
    "crossEntropy": ([normal(4, 3) * 5, picks(3, 4)], F.cross_entropy),
    "bceWithLogits": ([normal(6) * 3, uniform(0, 1, 6)], F.binary_cross_entropy_with_logits),
    "bceWithLogits right": (
        [EXTREMES, (EXTREMES > 0).astype(np.float64)],
        F.binary_cross_entropy_with_logits,
    ),
    "bceWithLogits wrong": (
        [EXTREMES, (EXTREMES <= 0).astype(np.float64)],
        F.binary_cross_entropy_with_logits,
    ),
    "mse": ([normal(2, 3), normal(2, 3)], F.mse_loss),
    "batchNorm": (
        [normal(3, 2, 2, 2), normal(2), normal(2)],
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=1e-3),
    ),
    "relu": ([KINKS], F.relu),
    "abs": ([KINKS], torch.abs),
    "clip": ([KINKS], lambda x: x.clamp(-0.5, 0.5)),
    "sigmoid": ([EXTREMES], torch.sigmoid),
    "tanh": ([EXTREMES], torch.tanh),
    "softplus": ([EXTREMES], lambda x: torch.logaddexp(x, torch.zeros_like(x))),
    "exp": ([normal(5)], torch.exp),
    "log": ([uniform(0.1, 9, 5)], torch.log),
    "sqrt": ([uniform(0.1, 9, 5)], torch.sqrt),
    "sin": ([normal(5) * 30], torch.sin),
    "cos": ([normal(5) * 30], torch.cos),
    "pow": ([uniform(0.1, 3, 5)], lambda x: x ** -1.7),
    "pow of a negative": ([normal(5)], lambda x: x ** 3),
    "div": ([normal(2, 3), uniform(0.5, 2, 3)], torch.div),
    "where": ([ties(2, 2, 3), normal(2, 3), normal(3)], lambda m, x, y: torch.where(m != 0, x, y)),
    "gather": ([normal(3, 4), picks(4, 3, 5)], lambda x, i: x.gather(1, i)),
    "scatterAdd": ([normal(5, 2), picks(3, 5, 2)], lambda x, i: torch.zeros(3, 2).double().scatter_add(0, i, x)),
    "cat": ([normal(2, 1, 2), normal(2, 3, 2)], lambda x, y: torch.cat([x, y], 1)),
    "stack": ([normal(2, 3), normal(2, 3)], lambda x, y: torch.stack([x, y], 1)),
    "permute": ([normal(2, 3, 4)], lambda x: x.permute(2, 0, 1)),
    "avgPool2d of tiles": ([normal(2, 3, 4, 6)], lambda x: F.avg_pool2d(x, (2, 3))),
    "adaptiveAvgPool2d of tiles": ([normal(2, 3, 4, 6)], lambda x: F.adaptive_avg_pool2d(x, (2, 3))),
    "batchNormRelu": (
        [normal(3, 5, 2, 2), normal(5), normal(5)],
        lambda x, w, b: F.relu(F.batch_norm(x, None, None, w, b, training=True, eps=1e-3)),
    ),
}


def written(array):
    kind = "int32" if array.dtype.kind == "i" else "float64"
    return {"shape": list(array.shape), "dtype": kind, "data": array.reshape(-1).tolist()}


def case(inputs, run):
    xs = [torch.from_numpy(x).requires_grad_(x.dtype.kind == "f") for x in inputs]
    y = run(*xs)
    cotangent = torch.arange(y.numel(), dtype=torch.float64).cos().reshape(y.shape)
    variables = [x for x in xs if x.requires_grad]
    gradients = torch.autograd.grad((y * cotangent).sum(), variables, allow_unused=True)
    gradients = [torch.zeros_like(x) if g is None else g for g, x in zip(gradients, variables)]
    return {
        "inputs": [written(x) for x in inputs],
        "output": written(y.detach().numpy()),
        "gradients": [written(g.numpy()) for g in gradients],
    }


def main():
    cases = {name: case(*made) for name, made in CASES.items()}
    with open(sys.argv[1], "w") as file:
        file.write("{\n")
        file.write(",\n".join(f"{json.dumps(n)}: {json.dumps(c)}" for n, c in cases.items()))
        file.write("\n}\n")


main()
