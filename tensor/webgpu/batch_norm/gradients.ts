/**
 * The backward pass, from the statistics of the forward one. It reads x and g for their sums over each
 * channel and again for x's gradient: 20 bytes an element.
 *
 * With d = x − mean and r = 1 / √(variance + ε), weight gets r · Σ g·d, bias Σ g, and x
 * weight · r · (g − average of g − d · r² · average of g·d).
 *
 * @module
 */

import type { BatchNormGradients } from "../../device.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import { fill } from "../elementwise/flat.ts";
import type { Gpu } from "../gpu.ts";
import { type Bindings, groupProgram, programFamily } from "../program.ts";
import {
  CHANNEL_CODE,
  CHANNEL_NUMBERS,
  type Channels,
  eachUnit,
  LANES,
  type Unit,
} from "./channels.ts";
import { normalizedCode } from "./normalize.ts";
import { allocatePartials, finishProgram, keepPartial } from "./partials.ts";

/** What both passes over x and g read. */
function readsOf(unit: Unit, hasRelu: boolean): Bindings {
  const reads: Bindings = { xs: unit, gs: unit, weights: "f32", means: "f32", variances: "f32" };
  return hasRelu ? { ...reads, biases: "f32" } : reads;
}

/** WGSL that reads what is known of the workgroup's channel. */
function channelCode(hasRelu: boolean): string {
  return `${CHANNEL_CODE}
  let mean = means[channel];
  let factor = factorOf(weights[channel], variances[channel]);${
    hasRelu ? "\n  let bias = biases[channel];" : ""
  }`;
}

/** WGSL that reads x and g, which a ReLU passes where its output was positive. */
function unitCode(unit: Unit, hasRelu: boolean): string {
  const isPassed = `normalized(x, mean, factor, bias) > ${unit}()`;
  return `
    let x = xs[at];
    let g = ${hasRelu ? `select(${unit}(), gs[at], ${isPassed})` : "gs[at]"};`;
}

const sumsProgram = programFamily((unit: Unit, hasRelu: boolean) => {
  const joined = (sum: string) => unit === "vec4f" ? `dot(${sum}, vec4f(1))` : sum;
  return groupProgram([LANES, 1, 1], {
    name: `sums of batchNorm's gradients by ${unit}${hasRelu ? " after relu" : ""}`,
    reads: readsOf(unit, hasRelu),
    writes: { partials: "vec4f" },
    numbers: { ...CHANNEL_NUMBERS, epsilon: "f32" },
    declarations: normalizedCode(unit),
    body: `${channelCode(hasRelu)}
  var sum = ${unit}();
  var product = ${unit}();${
      eachUnit(`${unitCode(unit, hasRelu)}
    sum += g;
    product += g * (x - mean);`)
    }${keepPartial(`vec4f(${joined("sum")}, ${joined("product")}, 0, 0)`)}`,
  });
});

/** Besides the gradients of weight and bias, what x's gradient takes: an average and a slope. */
const finishSums = finishProgram({
  name: "gradients of batchNorm's weight and bias",
  reads: { variances: "f32" },
  writes: { gWeight: "f32", gBias: "f32", lines: "f32" },
  numbers: { elements: "f32", epsilon: "f32" },
  declarations: `${normalizedCode("f32")}
fn combined(a: vec4f, b: vec4f) -> vec4f { return a + b; }`,
  body: `
  let inverse = inverseOf(variances[channel]);
  gWeight[channel] = all.y * inverse;
  gBias[channel] = all.x;
  lines[2u * channel] = all.x / u.elements;
  lines[2u * channel + 1u] = all.y * inverse * inverse / u.elements;`,
});

const inputProgram = programFamily((unit: Unit, hasRelu: boolean) =>
  groupProgram([LANES, 1, 1], {
    name: `gradient of batchNorm's input by ${unit}${hasRelu ? " after relu" : ""}`,
    reads: { ...readsOf(unit, hasRelu), lines: "f32" },
    writes: { out: unit },
    numbers: { ...CHANNEL_NUMBERS, epsilon: "f32" },
    declarations: normalizedCode(unit),
    body: `${channelCode(hasRelu)}
  let average = lines[2u * channel];
  let slope = lines[2u * channel + 1u];${
      eachUnit(`${unitCode(unit, hasRelu)}
    out[at] = factor * (g - average - (x - mean) * slope);`)
    }`,
  })
);

/** What the backward pass starts from; with a bias there was a ReLU. */
export interface Incoming {
  readonly x: WebgpuOperand;
  readonly weight: WebgpuOperand;
  readonly bias?: WebgpuOperand;
  readonly mean: WebgpuOperand;
  readonly variance: WebgpuOperand;
  readonly g: WebgpuOperand;
}

export function gradients(
  gpu: Gpu,
  { x, weight, bias, mean, variance, g }: Incoming,
  channels: Channels,
  epsilon: number,
): BatchNormGradients<WebgpuBuffer> {
  const { unit, count, elements, groups, groupPerChannel } = channels;
  const shape = [count];
  const gx = gpu.allocate(x.shape);
  if (elements === 0) {
    const none = () => fill(gpu, 0, { shape, dtype: "float32" });
    return { x: gx, weight: none(), bias: none() };
  }
  const hasRelu = bias !== undefined;
  const numbers = { ...channels.numbers, elements, epsilon };
  const variances = variance.buffer;
  const known: Record<string, WebgpuBuffer> = {
    xs: x.buffer,
    gs: g.buffer,
    weights: weight.buffer,
    means: mean.buffer,
    variances,
    ...(hasRelu ? { biases: bias.buffer } : {}),
  };
  const partials = allocatePartials(gpu, channels);
  gpu.groups(sumsProgram(unit, hasRelu), groups, { ...known, partials }, numbers);
  const gWeight = gpu.allocate(shape);
  const gBias = gpu.allocate(shape);
  const lines = gpu.allocate([count, 2]);
  gpu.groups(finishSums, groupPerChannel, { partials, variances, gWeight, gBias, lines }, numbers);
  gpu.groups(inputProgram(unit, hasRelu), groups, { ...known, lines, out: gx }, numbers);
  gpu.free(partials);
  gpu.free(lines);
  return { x: gx, weight: gWeight, bias: gBias };
}
