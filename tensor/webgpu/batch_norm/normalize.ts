/**
 * The output, from statistics as they are kept: 8 bytes an element.
 *
 * @module
 */

import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { groupProgram, programFamily } from "../program.ts";
import {
  CHANNEL_CODE,
  CHANNEL_NUMBERS,
  type Channels,
  eachUnit,
  LANES,
  type Unit,
} from "./channels.ts";

/**
 * WGSL of the output before its ReLU. It is computed in one place for both directions, and its one
 * product and sum are written as fma, lest a driver joins them in one program and not in the other: the
 * backward pass must find the very outputs that were positive.
 */
export function normalizedCode(unit: Unit): string {
  return `
fn inverseOf(variance: f32) -> f32 { return 1 / sqrt(variance + u.epsilon); }

fn factorOf(weight: f32, variance: f32) -> f32 { return weight * inverseOf(variance); }

fn normalized(x: ${unit}, mean: f32, factor: f32, bias: f32) -> ${unit} {
  return fma(x - mean, ${unit}(factor), ${unit}(bias));
}`;
}

const normalizeProgram = programFamily((unit: Unit, hasRelu: boolean) =>
  groupProgram([LANES, 1, 1], {
    name: `normalize channels by ${unit}${hasRelu ? " and relu" : ""}`,
    reads: { xs: unit, weights: "f32", biases: "f32", means: "f32", variances: "f32" },
    writes: { out: unit },
    numbers: { ...CHANNEL_NUMBERS, epsilon: "f32" },
    declarations: normalizedCode(unit),
    body: `${CHANNEL_CODE}
  let mean = means[channel];
  let factor = factorOf(weights[channel], variances[channel]);
  let bias = biases[channel];${
      eachUnit(`
    let y = normalized(xs[at], mean, factor, bias);
    out[at] = ${hasRelu ? `select(y, ${unit}(), y <= ${unit}())` : "y"};`)
    }`,
  })
);

/** x normalised by these statistics, with or without a ReLU. */
export function normalize(
  gpu: Gpu,
  [x, weight, bias]: readonly WebgpuOperand[],
  { mean, variance }: { mean: WebgpuBuffer; variance: WebgpuBuffer },
  { unit, groups, numbers }: Channels,
  epsilon: number,
  hasRelu: boolean,
): WebgpuBuffer {
  const out = gpu.allocate(x.shape);
  gpu.groups(
    normalizeProgram(unit, hasRelu),
    groups,
    {
      xs: x.buffer,
      weights: weight.buffer,
      biases: bias.buffer,
      means: mean,
      variances: variance,
      out,
    },
    { ...numbers, epsilon },
  );
  return out;
}
