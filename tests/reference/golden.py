#!/usr/bin/python3
"""Records a run of the meta-update of RFMetaFAS in PyTorch: all that it takes to repeat the run
elsewhere, and all that should then come out.

usage: golden.py OUT.npz [--dtype f32|f64] [--div 4] [--side 64] [--n 5] [--steps 5] [--seed 7]
                 [--threads 1] [--lr-inner 1e-3]

  --div       divides the channels of the full networks, rounded down
  --side      side of the images: a multiple of 8, from 32 up
  --n         live images in a domain's batch, and spoofs likewise
  --lr-inner  rate of the inner step; 1e-3 as published, 0.5 to make the second order weigh

Keys of OUT.npz. NET is FeatExtor, DepthEstor or FeatEmbder; NAME a key of its published state_dict;
K counts steps from 1, D domains and J meta-train domains from 0.

  meta/*                       numbers: div side n steps seed lr lr_inner w_depth w_metatest beta1
                               beta2 eps bn_eps
  init/NET/NAME                weights and running statistics before the first step
  stepK/order                  the three domains, shuffled: the last is the meta-test domain
  stepK/imgD depD labD         a domain's batch: images [2n,6,side,side] and depth maps
                               [2n,1,side/8,side/8] as bytes, to be divided by 255; labels, 1 = live
  stepK/loss/*                 cls_train0 cls_train1 dep_train0 dep_train1 cls_test0 cls_test1
                               dep_test cls_train cls_test dep_train_ave meta_train meta_test total
  step1/inner_gradJ/NAME       gradient of cls_trainJ by the embedder's weights
  step1/grad/NET/NAME          gradient of the total by each weight
  final/NET/NAME               weights and running statistics after the last step
  eval/img eval/score          eight images as bytes, and their scores by the final networks

Random numbers are drawn in float32, so that f32 and f64 runs start alike. The depth estimator takes
as many channels as the three maps that it sees have together, 3 * (128 // div), which is not always
384 // div.

Some arguments make runs that PyTorch itself does not repeat when a batch is reordered. With --n 1
and --side under 64 the embedder's last batch-norm sees two numbers a channel: later losses and the
scores then differ by 1e-8 to 1e-4 in f64. In f32 an inner rate of 0.1 or more can make the first
losses differ by 3e-5; the second order is better proved in f64.
"""

import argparse
import math
import random
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

DOMAINS = 3
META_TRAIN_SIZE = 2
LEARNING_RATE = 1e-3
DEPTH_WEIGHT = 10.0
META_TEST_WEIGHT = 1.0
BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8
NORM_EPSILON = 1e-5
NORM_MOMENTUM = 0.1
EMBEDDER_NORM_MOMENTUM = 1.0
DTYPES = {"f32": torch.float32, "f64": torch.float64}


class Block(NamedTuple):
    """3x3 convolution, batch-norm, ReLU."""

    conv: str
    norm: str
    inputs: int
    outputs: int


class Network(NamedTuple):
    blocks: list
    weights: dict
    statistics: dict


class Batch(NamedTuple):
    """Bytes, as they are recorded."""

    images: np.ndarray
    depths: np.ndarray
    labels: np.ndarray

    def tensors(self, dtype):
        images, depths, labels = (torch.from_numpy(part).to(dtype) for part in self)
        return images / 255, depths / 255, labels


# ---------------------------------------------------------------------------------- the networks


def extractor_blocks(divisor):
    first = Block("inc.conv.0", "inc.conv.1", 6, 64 // divisor)
    blocks = [first]
    for stage, stage_inputs in ((1, 64), (2, 128), (3, 128)):
        for place, (inputs, outputs) in enumerate([(stage_inputs, 128), (128, 196), (196, 128)]):
            conv, norm = (f"down{stage}.downconv.{3 * place + layer}" for layer in (0, 1))
            blocks.append(Block(conv, norm, inputs // divisor, outputs // divisor))
    return blocks


def depth_blocks(divisor):
    widths = [3 * (128 // divisor), 128 // divisor, 64 // divisor, 1]
    return [
        Block(f"conv.{3 * place}", f"conv.{3 * place + 1}", widths[place], widths[place + 1])
        for place in range(3)
    ]


def embedder_blocks(divisor):
    widths = [full // divisor for full in (128, 128, 256, 512)]
    return [
        Block(f"features.{k}.conv{k}", f"features.{k}.bn{k}", widths[k], widths[k + 1])
        for k in range(3)
    ]


def make_networks(divisor, seed, dtype):
    generator = torch.Generator().manual_seed(seed)
    networks = {
        "FeatExtor": make_network(extractor_blocks(divisor), generator),
        "DepthEstor": make_network(depth_blocks(divisor), generator),
        "FeatEmbder": make_network(embedder_blocks(divisor), generator),
    }
    networks["FeatEmbder"].weights.update(make_classifier(512 // divisor, generator))
    for network in networks.values():
        for name, weight in network.weights.items():
            network.weights[name] = weight.to(dtype).requires_grad_()
        for name, statistic in network.statistics.items():
            network.statistics[name] = statistic.to(dtype)
    return networks


def make_network(blocks, generator):
    weights, statistics = {}, {}
    for conv, norm, inputs, outputs in blocks:
        xavier = math.sqrt(2 / (9 * (inputs + outputs)))
        filters = torch.randn(outputs, inputs, 3, 3, generator=generator) * xavier
        uniform = torch.rand(outputs, generator=generator) * 2 - 1
        weights[f"{conv}.weight"] = filters
        weights[f"{conv}.bias"] = uniform / math.sqrt(9 * inputs)  # PyTorch's default
        # PyTorch 0.4 drew from (0.02, 1] when the published code asked for uniform(1.0, 0.02).
        weights[f"{norm}.weight"] = 1.0 - 0.98 * torch.rand(outputs, generator=generator)
        weights[f"{norm}.bias"] = torch.zeros(outputs)
        statistics[f"{norm}.running_mean"] = torch.zeros(outputs)
        statistics[f"{norm}.running_var"] = torch.ones(outputs)
    return Network(blocks, weights, statistics)


def make_classifier(inputs, generator):
    xavier = math.sqrt(2 / (inputs + 1))
    return {
        "fc.weight": torch.randn(1, inputs, generator=generator) * xavier,
        "fc.bias": torch.zeros(1),
    }


def run_block(x, block, weights, statistics, momentum, training):
    """Where `training`, moves the running statistics in place."""
    x = F.conv2d(x, weights[f"{block.conv}.weight"], weights[f"{block.conv}.bias"], padding=1)
    x = F.batch_norm(
        x,
        statistics[f"{block.norm}.running_mean"],
        statistics[f"{block.norm}.running_var"],
        weights[f"{block.norm}.weight"],
        weights[f"{block.norm}.bias"],
        training,
        momentum,
        NORM_EPSILON,
    )
    return F.relu(x)


def extract_features(images, network, training=True):
    """The maps of all three stages, for the depth estimator, and the last one, for the embedder."""
    blocks, weights, statistics = network
    x = run_block(images, blocks[0], weights, statistics, NORM_MOMENTUM, training)
    maps = []
    for stage in range(3):
        for block in blocks[1 + 3 * stage : 4 + 3 * stage]:
            x = run_block(x, block, weights, statistics, NORM_MOMENTUM, training)
        x = F.max_pool2d(x, 2)
        maps.append(x)
    pooled = [F.adaptive_avg_pool2d(earlier, x.shape[2:]) for earlier in maps[:2]]
    return torch.cat(pooled + [x], 1), x


def estimate_depth(all_maps, network):
    x = all_maps
    for block in network.blocks:
        x = run_block(x, block, network.weights, network.statistics, NORM_MOMENTUM, True)
    return x


def embed(last_map, blocks, weights, statistics, training=True):
    x = last_map
    for place, block in enumerate(blocks):
        x = run_block(x, block, weights, statistics, EMBEDDER_NORM_MOMENTUM, training)
        if place < len(blocks) - 1:
            x = F.max_pool2d(x, 2)
    return F.linear(x.mean((2, 3)), weights["fc.weight"], weights["fc.bias"])[:, 0]


# ---------------------------------------------------------------------------------- the data


def draw_images(random_state, count, side, brightness):
    """Blocks of colour under noise, so that live and spoof differ a little."""
    blocks = random_state.randint(0, 256, (count, 6, 8, 8))
    noise = random_state.randint(-30, 31, (count, 6, side, side))
    enlarged = np.kron(blocks, np.ones((side // 8, side // 8), int))
    return np.clip(enlarged * 0.7 + noise + brightness, 0, 255).astype(np.uint8)


def draw_batch(random_state, domain, count, side):
    live = draw_images(random_state, count, side, 10 * domain)
    spoof = draw_images(random_state, count, side, 10 * domain + 25)
    shape = (count, 1, side // 8, side // 8)
    live_depths = random_state.randint(0, 256, shape).astype(np.uint8)
    spoof_depths = np.zeros(shape, np.uint8)
    labels = np.array([1] * count + [0] * count, np.uint8)
    shuffled = random_state.permutation(2 * count)
    return Batch(
        np.concatenate([live, spoof])[shuffled],
        np.concatenate([live_depths, spoof_depths])[shuffled],
        labels[shuffled],
    )


# ---------------------------------------------------------------------------------- the update


def meta_losses(networks, meta_train, meta_test, inner_rate):
    """All losses of an iteration, the total among them, and the inner gradients."""
    extractor, depth_estimator, embedder = networks.values()
    losses, inner_gradients, adapted = {}, [], []
    for j, (images, depths, labels) in enumerate(meta_train):
        all_maps, last_map = extract_features(images, extractor)
        logits = embed(last_map, *embedder)
        losses[f"cls_train{j}"] = F.binary_cross_entropy_with_logits(logits, labels)
        losses[f"dep_train{j}"] = F.mse_loss(estimate_depth(all_maps, depth_estimator), depths)
        gradient = inner_gradient(losses[f"cls_train{j}"], embedder.weights)
        inner_gradients.append(gradient)
        adapted.append(descend(embedder.weights, gradient, inner_rate))

    images, depths, labels = meta_test
    all_maps, last_map = extract_features(images, extractor)
    losses["dep_test"] = F.mse_loss(estimate_depth(all_maps, depth_estimator), depths)
    # The adapted passes leave the embedder's own running statistics alone.
    spare = {name: statistic.clone() for name, statistic in embedder.statistics.items()}
    for j, weights in enumerate(adapted):
        logits = embed(last_map, embedder.blocks, weights, spare)
        losses[f"cls_test{j}"] = F.binary_cross_entropy_with_logits(logits, labels)
    add_sums(losses)
    return losses, inner_gradients


def inner_gradient(loss, weights):
    """Itself differentiable: that is what makes the update second-order."""
    gradients = torch.autograd.grad(loss, list(weights.values()), create_graph=True)
    return dict(zip(weights, gradients))


def descend(weights, gradient, rate):
    return {name: weight - rate * gradient[name] for name, weight in weights.items()}


def add_sums(losses):
    losses["cls_train"] = losses["cls_train0"] + losses["cls_train1"]
    losses["cls_test"] = losses["cls_test0"] + losses["cls_test1"]
    depth_sum = losses["dep_train0"] + losses["dep_train1"]
    losses["dep_train_ave"] = depth_sum / META_TRAIN_SIZE
    losses["meta_train"] = losses["cls_train"] + DEPTH_WEIGHT * depth_sum
    losses["meta_test"] = losses["cls_test"] + DEPTH_WEIGHT * losses["dep_test"]
    losses["total"] = losses["meta_train"] + META_TEST_WEIGHT * losses["meta_test"]


def score(networks, images, dtype):
    extractor, _, embedder = networks.values()
    with torch.no_grad():
        _, last_map = extract_features(
            torch.from_numpy(images).to(dtype) / 255, extractor, training=False
        )
        return torch.sigmoid(embed(last_map, *embedder, training=False)).numpy()


# ---------------------------------------------------------------------------------- the record


def values(tensor):
    return tensor.detach().numpy().copy()


def record_settings(record, arguments):
    settings = {
        "div": arguments.div,
        "side": arguments.side,
        "n": arguments.n,
        "steps": arguments.steps,
        "seed": arguments.seed,
        "lr": LEARNING_RATE,
        "lr_inner": arguments.lr_inner,
        "w_depth": DEPTH_WEIGHT,
        "w_metatest": META_TEST_WEIGHT,
        "beta1": BETAS[0],
        "beta2": BETAS[1],
        "eps": ADAM_EPSILON,
        "bn_eps": NORM_EPSILON,
    }
    record.update({f"meta/{name}": np.array(value) for name, value in settings.items()})


def record_networks(record, prefix, networks):
    for net, network in networks.items():
        for name, tensor in {**network.weights, **network.statistics}.items():
            record[f"{prefix}/{net}/{name}"] = values(tensor)


def record_batches(record, step, order, batches):
    record[f"step{step}/order"] = np.array(order)
    for domain, batch in enumerate(batches):
        record[f"step{step}/img{domain}"] = batch.images
        record[f"step{step}/dep{domain}"] = batch.depths
        record[f"step{step}/lab{domain}"] = batch.labels


def record_gradients(record, networks, inner_gradients):
    for j, gradient in enumerate(inner_gradients):
        for name, tensor in gradient.items():
            record[f"step1/inner_grad{j}/{name}"] = values(tensor)
    for net, network in networks.items():
        for name, weight in network.weights.items():
            record[f"step1/grad/{net}/{name}"] = values(weight.grad)


def record_run(arguments):
    dtype = DTYPES[arguments.dtype]
    record = {}
    record_settings(record, arguments)
    networks = make_networks(arguments.div, arguments.seed, dtype)
    record_networks(record, "init", networks)

    every_weight = [weight for network in networks.values() for weight in network.weights.values()]
    optimizer = torch.optim.Adam(every_weight, lr=LEARNING_RATE, betas=BETAS, eps=ADAM_EPSILON)
    random_state = np.random.RandomState(arguments.seed)
    shuffler = random.Random(arguments.seed)
    for step in range(1, arguments.steps + 1):
        order = list(range(DOMAINS))
        shuffler.shuffle(order)
        batches = [
            draw_batch(random_state, domain, arguments.n, arguments.side)
            for domain in range(DOMAINS)
        ]
        record_batches(record, step, order, batches)

        *meta_train, meta_test = [batches[domain].tensors(dtype) for domain in order]
        losses, inner_gradients = meta_losses(networks, meta_train, meta_test, arguments.lr_inner)
        optimizer.zero_grad()
        losses["total"].backward()
        if step == 1:
            record_gradients(record, networks, inner_gradients)
        optimizer.step()
        record.update({f"step{step}/loss/{name}": values(loss) for name, loss in losses.items()})
        print(f"step {step}: total {losses['total'].item():.7g}", flush=True)
    record_networks(record, "final", networks)

    images = np.concatenate(
        [draw_images(random_state, 4, arguments.side, brightness) for brightness in (0, 25)]
    )
    record["eval/img"] = images
    record["eval/score"] = score(networks, images, dtype)
    return record


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", metavar="OUT.npz")
    parser.add_argument("--dtype", default="f32", choices=DTYPES)
    for name, default in dict(div=4, side=64, n=5, steps=5, seed=7, threads=1).items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--lr-inner", type=float, default=1e-3)
    arguments = parser.parse_args()
    if arguments.side < 32 or arguments.side % 8 != 0:
        parser.error(f"--side must be a multiple of 8, from 32 up, got {arguments.side}")
    return arguments


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    np.savez_compressed(arguments.out, **record_run(arguments))


main()
