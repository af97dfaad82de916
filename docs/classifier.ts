// A small convolutional network learns to tell a bright row from a bright column.
import { adam, argmax, cast, crossEntropy, equal, foldIn, layers, mean } from "../mod.ts";
import { randomKey, scope, type Tensor, tensor, uniform, valueAndGrad } from "../mod.ts";

const key = randomKey(0);

function draw(count: number, name: string) {
  const pixels = uniform(foldIn(key, name), [count, 1, 8, 8]).dataSync(); // noise from 0 to 1
  const classes = Int32Array.from({ length: count }, (_, i) => i % 2);
  classes.forEach((isColumn, picture) => {
    const [along, across] = isColumn ? [8, 1] : [1, 8];
    for (let i = 0; i < 8; i++) pixels[64 * picture + along * i + across * (picture % 7)] += 0.7;
  });
  return { images: tensor(pixels, [count, 1, 8, 8]), classes: tensor(classes) };
}

const [train, test] = [draw(128, "train"), draw(200, "test")];
const features = [layers.conv2d(1, 8, 3), layers.batchNorm(8), layers.relu(), layers.maxPool2d(2)];
const net = layers.sequential([...features, layers.flatten(), layers.linear(8 * 3 * 3, 2)]);
const optimizer = adam({ lr: 0.01 });
let { params, state } = net.init(key);
let moments = optimizer.init(params);

function loss(weights: typeof params): [Tensor, typeof state] {
  const [logits, newState] = net.apply(train.images, weights, state, { training: true });
  return [crossEntropy(logits, train.classes), newState];
}

for (let step = 0; step < 60; step++) {
  [params, moments, state] = scope(() => {
    const [[_loss, newState], gradients] = valueAndGrad(loss)(params);
    return [...optimizer.update(params, gradients, moments), newState];
  });
}

const [logits] = net.apply(test.images, params, state, { training: false });
const accuracy = await mean(cast(equal(argmax(logits), test.classes), "float32")).item();
console.log(`accuracy on ${test.images.shape[0]} new pictures: ${accuracy.toFixed(3)}`);
