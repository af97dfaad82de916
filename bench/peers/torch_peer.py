#!/usr/bin/python3
"""PyTorch as a measured program: bench/protocol.ts says what is said.

usage: torch_peer.py THREADS [--channels-last]
"""

import json
import platform
import resource
import sys
import time

import torch
import torch.nn.functional as F

from torch_step import EmbedderStep, TrainingStep

CHANNELS_LAST = "--channels-last" in sys.argv


def uniform(shape):
    """Between -1 and 1, so that ReLU has something to do."""
    return in_order(torch.rand(shape) * 2 - 1)


def in_order(tensor):
    if CHANNELS_LAST and tensor.dim() == 4:
        return tensor.contiguous(memory_format=torch.channels_last)
    return tensor


class Forward:
    """A function of tensors that no gradient is wanted of."""

    def __init__(self, f, *shapes):
        self.f = f
        self.inputs = [uniform(shape) for shape in shapes]

    def before(self):
        pass

    def run(self):
        with torch.no_grad():
            self.f(*self.inputs)


class LayerForward(Forward):
    """A layer's forward pass as training runs it: autograd listens."""

    def __init__(self, f, *shapes):
        super().__init__(f, *shapes)
        for x in self.inputs:
            x.requires_grad_()

    def run(self):
        self.f(*self.inputs)


class LayerBackward(LayerForward):
    """A layer's backward pass: the forward one makes it ready and is not part of it."""

    def __init__(self, f, *shapes):
        super().__init__(f, *shapes)
        self.incoming = uniform(f(*self.inputs).shape)

    def before(self):
        self.output = self.f(*self.inputs)

    def run(self):
        torch.autograd.grad(self.output, self.inputs, self.incoming)
        self.output = None


class Chain:
    def __init__(self, length, size):
        self.length = length
        self.x = uniform([size]).requires_grad_()

    def before(self):
        pass

    def run(self):
        y = self.x
        for _ in range(self.length // 2):
            y = y * self.x + self.x
        torch.autograd.grad(y.sum(), self.x)


def convolution(kind, batch, inputs, outputs, side):
    image = [batch, inputs, side, side]
    maps = [batch, outputs, side, side]
    weight = [outputs, inputs, 3, 3]

    def backward(g, x, w, wanted):
        # Bias, stride, padding, dilation, transposed, output padding, groups.
        return torch.ops.aten.convolution_backward(
            g, x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, wanted
        )

    if kind == "conv2d":
        return Forward(lambda x, w: F.conv2d(x, w, padding=1), image, weight)
    if kind == "conv2dInput":
        return Forward(lambda g, x, w: backward(g, x, w, [True, False, False]), maps, image, weight)
    return Forward(lambda g, x, w: backward(g, x, w, [False, True, False]), maps, image, weight)


def norm_and_relu(x, weight, bias):
    return F.relu(F.batch_norm(x, None, None, weight, bias, training=True))


def layer(kind, **rest):
    shape = rest["shape"]
    make = LayerForward if rest["pass"] == "forward" else LayerBackward
    if kind == "norm":
        return make(norm_and_relu, shape, [shape[1]], [shape[1]])
    return make(lambda x: F.max_pool2d(x, 2), shape)


def elementwise(op, shape):
    if op == "add":
        return Forward(torch.add, shape, shape)
    return Forward({"relu": torch.relu, "sigmoid": torch.sigmoid}[op], shape)


def prepare(work):
    kind = work.pop("kind")
    if kind in ("conv2d", "conv2dInput", "conv2dWeight"):
        return convolution(kind, **work)
    if kind in ("norm", "pool"):
        return layer(kind, **work)
    if kind == "matmul":
        return Forward(torch.matmul, [work["size"]] * 2, [work["size"]] * 2)
    if kind == "elementwise":
        return elementwise(**work)
    if kind == "chain":
        return Chain(**work)
    if kind == "step":
        return TrainingStep(work["channelDivisor"], work["imageSize"], work["batchSize"], in_order)
    if kind == "embedder":
        return EmbedderStep(work["channelDivisor"], work["batch"], work["side"], in_order)
    raise ValueError(f"torch_peer.py does not know the work {kind}")


def run(prepared, times):
    """The milliseconds that the runs took together."""
    total = 0
    for _ in range(times):
        prepared.before()
        began = time.perf_counter()
        prepared.run()
        total += time.perf_counter() - began
    return 1000 * total


def say(answer):
    print(json.dumps(answer), flush=True)


def main():
    torch.set_num_threads(int(sys.argv[1]))
    versions = {"torch": torch.__version__, "python": platform.python_version()}
    say({"hello": {"versions": versions, "threads": torch.get_num_threads()}})
    prepared = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                prepared = None
                prepared = prepare(request["work"])
                say({})
            elif request["do"] == "run":
                say({"ms": run(prepared, request["times"])})
            else:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                say({"memory": {"peak": peak * 1024}})
        except Exception as error:
            say({"error": " ".join(f"{type(error).__name__}: {error}".split())})


main()
