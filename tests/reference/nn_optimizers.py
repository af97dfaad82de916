"""What PyTorch's optimisers, gradient clipping and learning-rate schedulers do in float64, for
tests/nn_optimizers_test.ts and tests/nn_schedules_test.ts.

    /usr/bin/python3 tests/reference/nn_optimizers.py > tests/fixtures/nn/optimizers.json
    deno fmt tests/fixtures/nn

The gradient at update t of a parameter p is p^3 - p + 0.05 t, so that the fixture needs none.
"""
import json

import torch
from torch.optim import SGD, Adam, AdamW, lr_scheduler

START = {'weight': [[0.5, -1.0, 2.0], [1.5, -0.25, 0.75]], 'bias': [0.125, 0.0, -0.375]}
UPDATES = 20

OPTIMIZERS = {
    'sgd': (SGD, dict(lr=0.1)),
    'sgd, weight decay': (SGD, dict(lr=0.1, weight_decay=0.2)),
    'sgd, momentum': (SGD, dict(lr=0.05, momentum=0.9)),
    'sgd, dampening': (SGD, dict(lr=0.05, momentum=0.8, dampening=0.3, weight_decay=0.1)),
    'sgd, nesterov': (SGD, dict(lr=0.05, momentum=0.7, nesterov=True, weight_decay=0.1)),
    'adam': (Adam, dict()),
    'adam, large epsilon': (Adam, dict(lr=0.05, betas=(0.5, 0.9), eps=0.1)),
    'adam, weight decay': (Adam, dict(lr=0.02, weight_decay=0.3)),
    'adamW': (AdamW, dict()),
    'adamW, weight decay': (AdamW, dict(lr=0.05, betas=(0.8, 0.99), eps=1e-3, weight_decay=0.5)),
}


def parameters():
    return [torch.nn.Parameter(torch.tensor(x, dtype=torch.float64)) for x in START.values()]


def named(params):
    return {name: p.detach().tolist() for name, p in zip(START, params)}


def run(make, options, schedule=None):
    params = parameters()
    optimizer = make(params, **options)
    scheduler = schedule and schedule(optimizer)
    first = None
    for t in range(UPDATES):
        for p in params:
            p.grad = (p ** 3 - p + 0.05 * t).detach()
        optimizer.step()
        if scheduler:
            scheduler.step()
        first = first or named(params)
    return {'first': first, 'last': named(params)}


def rates(schedule, lr=0.1, steps=24):
    optimizer = SGD(parameters(), lr=lr)
    scheduler = schedule(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        scheduler.step()
    return values


def warm_cosine(optimizer):
    warm = lr_scheduler.LinearLR(optimizer, start_factor=0.25, end_factor=1.0, total_iters=5)
    cosine = lr_scheduler.CosineAnnealingLR(optimizer, T_max=18, eta_min=0.01)
    return lr_scheduler.SequentialLR(optimizer, [warm, cosine], milestones=[5])


def clipped(max_norm):
    params = parameters()
    for p in params:
        p.grad = p.detach().clone()
    norm = torch.nn.utils.clip_grad_norm_(params, max_norm)
    return {'norm': norm.item(), 'grads': dict(zip(START, (p.grad.tolist() for p in params)))}


print(json.dumps({
    'torch': torch.__version__,
    'start': START,
    'updates': UPDATES,
    'runs': {name: run(make, options) for name, (make, options) in OPTIMIZERS.items()},
    'scheduled': run(Adam, dict(lr=0.1), lambda o: lr_scheduler.StepLR(o, 3, gamma=0.5)),
    'clipped': {str(norm): clipped(norm) for norm in (0.5, 100)},
    'rates': {
        'stepDecay': rates(lambda o: lr_scheduler.StepLR(o, 5, gamma=0.3)),
        'multiStep': rates(lambda o: lr_scheduler.MultiStepLR(o, [3, 7, 7, 20], gamma=0.5)),
        'exponential': rates(lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
        'cosineAnnealing': rates(lambda o: lr_scheduler.CosineAnnealingLR(o, 23, eta_min=0.02)),
        'linearWarmup': rates(lambda o: lr_scheduler.LinearLR(o, 0.2, 1.0, total_iters=8)),
        'warmCosine': rates(warm_cosine),
    },
}, indent=1))
