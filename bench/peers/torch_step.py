"""The whole meta-update of RFMetaFAS in PyTorch, as tests/reference/golden.py records it, to be timed.

Weights, images and labels are random numbers: how long a step takes does not depend on them.
"""

import torch
import torch.nn.functional as F

DOMAINS = 3
INNER_RATE = 1e-3
DEPTH_WEIGHT = 10.0
NORM_MOMENTUM = 0.1
EMBEDDER_NORM_MOMENTUM = 1.0


class Block:
    """3x3 convolution, batch-norm, ReLU; the running statistics move with each pass."""

    def __init__(self, inputs, outputs, momentum, in_order):
        filters = torch.randn(outputs, inputs, 3, 3) * (2 / (9 * (inputs + outputs))) ** 0.5
        weights = [filters, torch.zeros(outputs), torch.ones(outputs), torch.zeros(outputs)]
        self.weights = [in_order(weight).requires_grad_() for weight in weights]
        self.momentum = momentum
        self.mean, self.variance = torch.zeros(outputs), torch.ones(outputs)

    def __call__(self, x, weights=None):
        filters, bias, scale, shift = self.weights if weights is None else weights
        x = F.conv2d(x, filters, bias, padding=1)
        x = F.batch_norm(x, self.mean, self.variance, scale, shift, True, self.momentum)
        return F.relu(x)


def chain_of_blocks(widths, momentum, in_order):
    return [Block(a, b, momentum, in_order) for a, b in zip(widths, widths[1:])]


class Embedder:
    """The meta learner; the weights with which it classifies are handed in."""

    def __init__(self, divisor, in_order):
        widths = [full // divisor for full in (128, 128, 256, 512)]
        self.blocks = chain_of_blocks(widths, EMBEDDER_NORM_MOMENTUM, in_order)
        last = widths[-1]
        classifier = [torch.randn(1, last) * (2 / (last + 1)) ** 0.5, torch.zeros(1)]
        self.classifier = [weight.requires_grad_() for weight in classifier]

    def weights(self):
        return [weight for block in self.blocks for weight in block.weights] + self.classifier

    def adapt(self, x, labels):
        """The loss and the weights after an inner step on it."""
        weights = self.weights()
        loss = self.loss(x, labels, weights)
        gradients = torch.autograd.grad(loss, weights, create_graph=True)
        return loss, [w - INNER_RATE * g for w, g in zip(weights, gradients)]

    def loss(self, x, labels, weights):
        for place, block in enumerate(self.blocks):
            x = block(x, weights[4 * place : 4 * place + 4])
            if place < len(self.blocks) - 1:
                x = F.max_pool2d(x, 2)
        logits = F.linear(x.mean((2, 3)), *weights[-2:])[:, 0]
        return F.binary_cross_entropy_with_logits(logits, labels)


class EmbedderStep:
    """The embedder learned on one batch of features and tested on another."""

    def __init__(self, divisor, count, side, in_order):
        self.embedder = Embedder(divisor, in_order)
        shape = count, 128 // divisor, side, side
        self.learned, self.tested = [in_order(torch.rand(shape)).requires_grad_() for _ in range(2)]
        self.labels = torch.arange(count) % 2 * 1.0

    def before(self):
        pass

    def run(self):
        loss, adapted = self.embedder.adapt(self.learned, self.labels)
        total = loss + self.embedder.loss(self.tested, self.labels, adapted)
        torch.autograd.grad(total, self.embedder.weights() + [self.learned, self.tested])


class TrainingStep:
    """Networks and one batch of each domain, on which every step learns."""

    def __init__(self, divisor, side, live_images, in_order):
        def blocks(widths):
            return chain_of_blocks(widths, NORM_MOMENTUM, in_order)

        narrow, middle, wide = 64 // divisor, 128 // divisor, 196 // divisor
        self.first = blocks([6, narrow])[0]
        self.stages = [
            blocks([inputs, middle, wide, middle]) for inputs in (narrow, middle, middle)
        ]
        self.depth_estimator = blocks([3 * middle, middle, narrow, 1])
        self.embedder = Embedder(divisor, in_order)

        count = 2 * live_images
        self.batches = [
            (
                in_order(torch.rand(count, 6, side, side)),
                in_order(torch.rand(count, 1, side // 8, side // 8)),
                torch.arange(count) % 2 * 1.0,
            )
            for _ in range(DOMAINS)
        ]
        extractor = [self.first, *(block for stage in self.stages for block in stage)]
        others = [weight for block in extractor + self.depth_estimator for weight in block.weights]
        self.optimizer = torch.optim.Adam(others + self.embedder.weights(), lr=1e-3)

    def before(self):
        pass

    def run(self):
        self.optimizer.zero_grad()
        self.loss().backward()
        self.optimizer.step()

    def loss(self):
        *meta_train, meta_test = self.batches
        total, adapted = 0, []
        for images, depths, labels in meta_train:
            every_map, last_map = self.extract(images)
            loss, weights = self.embedder.adapt(last_map, labels)
            adapted.append(weights)
            total = total + loss + DEPTH_WEIGHT * self.depth_loss(every_map, depths)
        images, depths, labels = meta_test
        every_map, last_map = self.extract(images)
        for weights in adapted:
            total = total + self.embedder.loss(last_map, labels, weights)
        return total + DEPTH_WEIGHT * self.depth_loss(every_map, depths)

    def extract(self, images):
        x = self.first(images)
        maps = []
        for stage in self.stages:
            for block in stage:
                x = block(x)
            x = F.max_pool2d(x, 2)
            maps.append(x)
        pooled = [F.adaptive_avg_pool2d(earlier, x.shape[2:]) for earlier in maps[:2]]
        return torch.cat(pooled + [x], 1), x

    def depth_loss(self, x, depths):
        for block in self.depth_estimator:
            x = block(x)
        return F.mse_loss(x, depths)
