"""What PyTorch's layers, losses and initialisers do in float64, for tests/nn_layers_test.ts,
tests/nn_losses_test.ts and tests/nn_init_test.ts.

    /usr/bin/python3 tests/reference/nn_layers.py > tests/fixtures/nn/layers.json
    deno fmt tests/fixtures/nn
"""
import json

import torch
from torch import nn

torch.manual_seed(2)
torch.set_default_dtype(torch.float64)


def lists(tensors):
    return {name: x.tolist() for name, x in tensors.items() if x.dtype == torch.float64}


def network():
    net = nn.Sequential(
        nn.Conv2d(2, 3, 3, stride=(1, 2), padding=1),
        nn.BatchNorm2d(3, momentum=0.3, eps=1e-3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(6, 2, bias=False),
    )
    with torch.no_grad():
        for x in net.state_dict().values():
            if x.dtype == torch.float64:
                x.copy_((torch.rand(x.shape) * 2 - 0.5).round(decimals=2))
        net[1].running_var.abs_()
    images = torch.randn(3, 2, 5, 4).round(decimals=2)
    classes = torch.tensor([1, 0, 1])
    before = {name: x.clone() for name, x in net.state_dict().items()}
    logits = net(images)
    loss = nn.functional.cross_entropy(logits, classes)
    loss.backward()
    after = {name: x.clone() for name, x in net.state_dict().items() if 'running' in name}
    net.eval()
    return {
        'names': [name for name, x in before.items() if x.dtype == torch.float64],
        'variables': lists(before),
        'images': images.tolist(),
        'classes': classes.tolist(),
        'logits': logits.tolist(),
        'loss': loss.item(),
        'grads': lists({name: p.grad for name, p in net.named_parameters()}),
        'running': lists(after),
        'scored': net(images).tolist(),
    }


def losses():
    prediction = torch.tensor([[0.5, -2.0, 0.25], [3.0, 1.0, -0.6]], requires_grad=True)
    target = torch.tensor([[0.0, 1.0, 0.5], [3.2, -1.0, 0.0]])
    classes = torch.tensor([2, 0])
    f = nn.functional
    cases = {
        'l1': lambda: f.l1_loss(prediction, target),
        'smoothL1': lambda: f.smooth_l1_loss(prediction, target, beta=0.7),
        'nll': lambda: f.nll_loss(prediction, classes),
    }
    results = {}
    for name, loss in cases.items():
        prediction.grad = None
        value = loss()
        value.backward()
        results[name] = {'value': value.item(), 'grad': prediction.grad.tolist()}
    return {'prediction': prediction.tolist(), 'target': target.tolist(),
            'classes': classes.tolist(), 'results': results}


def drawn(initializer, shape, **options):
    """The arguments that an initialiser hands to the generator."""
    seen = []
    kept = torch.Tensor.normal_, torch.Tensor.uniform_
    torch.Tensor.normal_ = lambda self, mean, std: seen.append({'mean': mean, 'std': std})
    torch.Tensor.uniform_ = lambda self, a, b: seen.append({'a': a, 'b': b})
    initializer(torch.empty(shape), **options)
    torch.Tensor.normal_, torch.Tensor.uniform_ = kept
    return {'shape': shape, 'options': options, **seen[0]}


def initializers():
    shapes = [[4, 3], [5, 2, 3, 4]]
    kaiming = [{}, {'a': 5 ** 0.5}, {'mode': 'fan_out', 'nonlinearity': 'relu'},
               {'nonlinearity': 'tanh'}, {'nonlinearity': 'selu', 'mode': 'fan_out'},
               {'nonlinearity': 'sigmoid'}, {'a': 0.2, 'nonlinearity': 'leaky_relu'}]
    cases = {
        'xavierNormal': (nn.init.xavier_normal_, [{}, {'gain': 1.5}]),
        'xavierUniform': (nn.init.xavier_uniform_, [{}, {'gain': 1.5}]),
        'kaimingNormal': (nn.init.kaiming_normal_, kaiming),
        'kaimingUniform': (nn.init.kaiming_uniform_, kaiming),
    }
    return {name: [drawn(f, shape, **options) for shape in shapes for options in each]
            for name, (f, each) in cases.items()}


print(json.dumps({'torch': torch.__version__, 'network': network(), 'losses': losses(),
                  'initializers': initializers()}))
