/**
 * Batch normalisation, with and without a ReLU behind it, and the backward passes. A map is read
 * twice and written once in the forward; backward, x and g are read twice and gx written once.
 *
 * @module
 */

import type { BatchNormGradients, BatchNormResult, Kernels } from "../../device.ts";
import type { WasmBuffer, WasmOperand } from "../buffer.ts";
import { withLayout } from "../layout.ts";
import type { Machine } from "../machine.ts";
import { sumGradients, writeGradient } from "./backward.ts";
import { withConstants } from "./constants.ts";
import { writeNormalized } from "./normalize.ts";
import { type Pixels, pixelsOf } from "./pixels.ts";
import { computeStatistics } from "./statistics.ts";

/** The batch normalisation kernels of a machine. */
export function batchNormKernels(
  machine: Machine,
): Pick<
  Kernels<WasmBuffer>,
  "batchNorm" | "batchNormRelu" | "batchNormBackward" | "batchNormReluBackward"
> {
  return {
    batchNorm: (x, weight, bias, epsilon) => forward(machine, x, weight, bias, epsilon, false),
    batchNormRelu: (x, weight, bias, epsilon) => forward(machine, x, weight, bias, epsilon, true),
    // Without a ReLU the bias changes no gradient; any number will do in its place.
    batchNormBackward: (x, weight, mean, variance, g, epsilon) =>
      backward(machine, x, [weight, weight, mean, variance], epsilon, g, false),
    batchNormReluBackward: (x, weight, bias, mean, variance, g, epsilon) =>
      backward(machine, x, [weight, bias, mean, variance], epsilon, g, true),
  };
}

function forward(
  machine: Machine,
  x: WasmOperand,
  weight: WasmOperand,
  bias: WasmOperand,
  epsilon: number,
  hasRelu: boolean,
): BatchNormResult<WasmBuffer> {
  return withLayout(machine, x, "channelsLast", (lanes) => {
    const pixels = pixelsOf(x);
    const mean = allocateForChannels(machine, pixels);
    const variance = allocateForChannels(machine, pixels);
    computeStatistics(machine, lanes, pixels, mean, variance);
    const output = allocateLike(machine, x, lanes);
    const perChannel = [weight.buffer, bias.buffer, mean, variance] as const;
    withConstants(machine, pixels, perChannel, epsilon, (table) => {
      writeNormalized(machine, output, lanes, pixels, table, hasRelu);
    });
    return { output, mean, variance };
  });
}

function backward(
  machine: Machine,
  x: WasmOperand,
  perChannel: readonly [WasmOperand, WasmOperand, WasmOperand, WasmOperand],
  epsilon: number,
  g: WasmOperand,
  hasRelu: boolean,
): BatchNormGradients<WasmBuffer> {
  return withLayout(
    machine,
    x,
    "channelsLast",
    (lanes) =>
      withLayout(machine, g, "channelsLast", (gLanes) => {
        const pixels = pixelsOf(x);
        const weight = allocateForChannels(machine, pixels);
        const bias = allocateForChannels(machine, pixels);
        const gx = allocateLike(machine, x, lanes);
        const [w, b, mean, variance] = perChannel.map(({ buffer }) => buffer);
        withConstants(machine, pixels, [w, b, mean, variance], epsilon, (table) => {
          const pass = { x: lanes, g: gLanes, table, pixels, hasRelu };
          sumGradients(machine, pass, weight, bias);
          writeGradient(machine, gx, pass);
        });
        return { x: gx, weight, bias };
      }),
  );
}

/** A block for [C]; kernels write four lanes at a time. */
function allocateForChannels(machine: Machine, { channels, lanes }: Pixels): WasmBuffer {
  return { ...machine.allocate([lanes]), bytes: 4 * channels };
}

/** A block for x's shape, in the layout that it was read in. */
function allocateLike(machine: Machine, x: WasmOperand, read: WasmBuffer): WasmBuffer {
  const layout = read.address === x.buffer.address ? x.buffer.layout : read.layout;
  return machine.allocate(x.shape, layout);
}
