/** Layers: a network in training and in scoring against PyTorch, its names, keys and refusals. */

import { deepEqual, equal, notDeepEqual, ok, throws } from "node:assert/strict";
import {
  crossEntropy,
  initializers,
  type Layer,
  layers,
  leaves,
  mapTree,
  ones,
  randomKey,
  type Tensor,
  tensor,
  type Tree,
  valueAndGrad,
  zeros,
} from "../mod.ts";
import fixture from "./fixtures/nn/layers.json" with { type: "json" };
import { close, type Numbers } from "./nn_close.ts";

const torch = fixture.network;
const key = randomKey(3);
const scoring = { training: false };

/** The fixture's network. */
const net = layers.sequential([
  layers.conv2d(2, 3, 3, { stride: [1, 2], padding: 1 }),
  layers.batchNorm(3, { momentum: 0.3, epsilon: 1e-3 }),
  layers.relu(),
  layers.maxPool2d(2),
  layers.flatten(),
  layers.linear(6, 2, { bias: false }),
]);

function pathsOf(tree: Tree): string[] {
  const paths: string[] = [];
  mapTree(tree, (leaf, path) => (paths.push(path), leaf));
  return paths;
}

/** A network's own structure filled with the fixture's numbers. */
function loaded<T extends Tree>(template: T): T {
  const variables: Record<string, Numbers> = torch.variables;
  return mapTree(
    template,
    (x, path) => tensor(variables[path] as number[], x.shape, { dtype: "float64" }),
  );
}

const initial = net.init(key, { dtype: "float64" });
const params = loaded(initial.params);
const state = loaded(initial.state);
const images = tensor(torch.images, undefined, { dtype: "float64" });
const classes = tensor(Int32Array.from(torch.classes));

Deno.test("the paths of parameters and state are the names of PyTorch's state_dict", () => {
  const paths = [...pathsOf(initial.params), ...pathsOf(initial.state)];
  deepEqual(paths.sort(), torch.names.toSorted());
});

Deno.test("a network in training equals PyTorch's: logits, loss, gradients, running statistics", () => {
  const [[loss, [logits, moved]], gradients] = valueAndGrad(
    (weights: typeof params): [Tensor, [Tensor, typeof state]] => {
      const [logits, moved] = net.apply(images, weights, state, { training: true });
      return [crossEntropy(logits, classes), [logits, moved]];
    },
  )(params);
  close(logits, torch.logits, 1e-13, "logits");
  close(loss, torch.loss, 1e-13, "loss");
  const grads: Record<string, Numbers> = torch.grads;
  mapTree(gradients, (g, path) => (close(g, grads[path], 1e-12, `gradient of ${path}`), g));
  const running: Record<string, Numbers> = torch.running;
  mapTree(moved, (x, path) => (close(x, running[path], 1e-13, path), x));
  equal(leaves(moved).length, Object.keys(running).length);
});

Deno.test("a network that scores equals PyTorch's, and its state stays", () => {
  const [[_, moved]] = [net.apply(images, params, state, { training: true })];
  const [scores, after] = net.apply(images, params, moved, scoring);
  close(scores, torch.scored, 1e-13, "scores");
  deepEqual(after, moved);
});

Deno.test("weights and biases start within ±1/√fan_in, as PyTorch's, each layer with its own", () => {
  const twice = layers.sequential([layers.conv2d(4, 50, 3), layers.conv2d(4, 50, 3)]);
  const { params } = twice.init(key);
  const bound = Math.fround(1 / Math.sqrt(4 * 9));
  for (const x of leaves(params)) {
    const numbers = [...x.dataSync()];
    ok(numbers.every((value) => Math.abs(value) <= bound));
    ok(numbers.some((value) => value > 0.9 * bound) && numbers.some((value) => value < 0));
  }
  const [weight, bias] = leaves(params["0"]).map((x) => [...x.dataSync()]);
  notDeepEqual(bias, weight.slice(0, bias.length));
  const [first, second] = [params["0"], params["1"]].map((
    layer,
  ) => [...leaves(layer)[0].dataSync()]);
  notDeepEqual(first, second);
  deepEqual([...leaves(twice.init(key).params)[0].dataSync()], first);
});

Deno.test("a layer takes initialisers and a dtype", () => {
  const constant: initializers.Initializer = (key, shape, options) =>
    initializers.constant(key, shape, { ...options, value: 7 });
  const custom = { weightInit: constant, biasInit: initializers.constant };
  for (const layer of [layers.conv2d(1, 2, 3, custom), layers.linear(1, 2, custom)]) {
    const { params } = layer.init(key, { dtype: "float64" });
    const [weight, bias] = leaves(params);
    deepEqual([weight.dtype, bias.dtype], ["float64", "float64"]);
    ok(weight.dataSync().every((x) => x === 7) && bias.dataSync().every((x) => x === 0));
  }
  const norm = layers.batchNorm(2, { weightInit: constant }).init(key, { dtype: "float64" });
  deepEqual([...norm.params.weight.dataSync()], [7, 7]);
  ok(leaves(norm).every((x) => x.dtype === "float64"));
});

Deno.test("named layers nest, and names are PyTorch's", () => {
  const block = (inputs: number) =>
    layers.sequential([layers.linear(inputs, 3), layers.batchNorm(3), layers.relu()]);
  const named = layers.sequential({ features: block(2), head: block(3) });
  const { params, state } = named.init(key);
  deepEqual(pathsOf(params).slice(0, 5), [
    "features.0.weight",
    "features.0.bias",
    "features.1.weight",
    "features.1.bias",
    "head.0.weight",
  ]);
  ok(pathsOf(state).includes("head.1.running_var"));
  const [y] = named.apply(ones([4, 2]), params, state, { training: true });
  deepEqual(y.shape, [4, 3]);
});

function run(layer: Layer, x: Tensor, mode = scoring): Tensor {
  const { params, state } = layer.init(key);
  return layer.apply(x, params, state, mode)[0];
}

Deno.test("layers without parameters do what their ops do", () => {
  const x = tensor([[[[1, -2], [3, -4]]]]);
  deepEqual([...run(layers.relu(), x).dataSync()], [1, 0, 3, 0]);
  deepEqual([...run(layers.maxPool2d([1, 2]), x).dataSync()], [1, 3]);
  deepEqual([...run(layers.maxPool2d(2, { stride: 1, padding: 1 }), x).dataSync()].length, 9);
  deepEqual([...run(layers.avgPool2d([2, 1]), x).dataSync()], [2, -3]);
  deepEqual([...run(layers.adaptiveAvgPool2d(1), x).dataSync()], [-0.5]);
  deepEqual(run(layers.flatten(), x).shape, [1, 4]);
  deepEqual(run(layers.flatten(), zeros([0, 2, 3])).shape, [0, 6]);
  deepEqual(run(layers.flatten(), zeros([5])).shape, [5, 1]);
  throws(() => run(layers.flatten(), tensor(1)), TypeError);
});

Deno.test("dropout drops in training only, and by another key in each layer", () => {
  const two = layers.sequential([layers.dropout(0.5), layers.dropout(0.5)]);
  const { params, state } = two.init(key);
  const x = ones([2000]);
  deepEqual(two.apply(x, params, state, scoring)[0].dataSync(), x.dataSync());
  const [y] = two.apply(x, params, state, { training: true, key });
  const kept = y.dataSync().filter((value) => value !== 0);
  ok(kept.every((value) => value === 4));
  ok(Math.abs(kept.length / 2000 - 0.25) < 0.05, `${kept.length} of 2000 kept`);
  throws(() => two.apply(x, params, state, { training: true }), {
    name: "TypeError",
    message: "Cannot apply dropout in training without a random key: pass { training: true, key }",
  });
});

Deno.test("layers refuse sizes and parameters that make no sense", () => {
  throws(() => layers.linear(0, 2), {
    name: "RangeError",
    message: "Cannot make a linear layer with inputs 0: it must be a whole number from 1 up",
  });
  throws(() => layers.linear(2, 1.5), RangeError);
  throws(() => layers.conv2d(1, 1, [3, 0]), RangeError);
  throws(() => layers.conv2d(1, 1, 3, { stride: 0 }), RangeError);
  throws(() => layers.conv2d(1, 1, 3, { padding: -1 }), RangeError);
  throws(() => layers.batchNorm(NaN), RangeError);
  throws(() => layers.dropout(1), RangeError);
  throws(() => net.apply(images, {}, state, scoring), {
    name: "TypeError",
    message: 'Cannot apply layer "0": the parameters and state must have an entry of that name; ' +
      "use those that init() made",
  });
});
