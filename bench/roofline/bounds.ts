/**
 * The roofline: from a GPU's two numbers, the least time in which it can do a kernel and a step.
 *
 * A kernel can be no faster than its arithmetic at the GPU's peak, nor than its bytes at the memory's.
 *
 * Source: Williams, Waterman, Patterson, "Roofline: an insightful visual performance model for multicore
 * architectures", Communications of the ACM 52(4), 2009.
 *
 * @module
 */

import type { Shape } from "../../tensor/mod.ts";
import { sameShape } from "../../tensor/shape.ts";
import type { KernelCall } from "./kernel_call.ts";
import { costOf, type KernelCost } from "./kernel_cost.ts";
import { type Phase, type PhasedCall, PHASES } from "./step_calls.ts";

/** What a GPU's maker tells of it, in float32. */
export interface GpuPeak {
  readonly gflops: number;
  readonly gbps: number;
}

/** A kernel on one set of shapes. */
export interface KernelBound extends KernelCost {
  readonly kernel: string;
  readonly shapes: string;
  /** How often each part of the step calls it. */
  readonly calls: Readonly<Record<Phase, number>>;
  /** The least time of one call, by whichever algorithm takes less. */
  readonly bound_ms: number;
  /** The same by the plain algorithm. */
  readonly plain_bound_ms: number;
  readonly limited_by: "arithmetic" | "memory";
}

/** All calls together, the longest first. */
export function boundsOf(calls: readonly PhasedCall[], peak: GpuPeak): KernelBound[] {
  const alike = Map.groupBy(calls, (call) => `${call.kernel} ${shapesInWords(call)}`);
  return [...alike.values()].map((group) => boundOf(group, peak))
    .sort((a, b) => totalOf(b) - totalOf(a));
}

/** How often the step calls a kernel in all. */
export function callCount({ calls }: KernelBound): number {
  return PHASES.reduce((sum, phase) => sum + calls[phase], 0);
}

/** The least time of all calls of a kernel, in milliseconds. */
export function totalOf(bound: KernelBound): number {
  return callCount(bound) * bound.bound_ms;
}

function boundOf(group: readonly PhasedCall[], peak: GpuPeak): KernelBound {
  const [call] = group;
  const cost = costOf(call);
  const arithmetic = fewestOperations(cost) / peak.gflops / 1e6;
  const memory = cost.bytes / peak.gbps / 1e6;
  const counts = PHASES.map((phase) => [phase, group.filter((one) => one.phase === phase).length]);
  return {
    kernel: call.kernel,
    shapes: shapesInWords(call),
    calls: Object.fromEntries(counts),
    ...cost,
    bound_ms: Math.max(arithmetic, memory),
    plain_bound_ms: Math.max(cost.operations / peak.gflops / 1e6, memory),
    limited_by: arithmetic > memory ? "arithmetic" : "memory",
  };
}

/** Winograd's multiplications in place of the plain ones, and as many additions, where that is less. */
export function fewestOperations(
  { operations, multiplications = 0, winograd_multiplications = multiplications }: KernelCost,
): number {
  const spared = Math.max(0, multiplications - winograd_multiplications);
  return operations - 2 * spared;
}

/** Calls with the same words cost the same. */
export function shapesInWords({ kernel, inputs, outputs }: KernelCall): string {
  const [x, y] = inputs;
  switch (kernel) {
    case "conv2d":
      return `${x[0]}×${x[1]}→${y[0]} at ${sideOf(x)}${inputs.length > 2 ? ", with bias" : ""}`;
    case "conv2dInput":
      return `${x[0]}×${x[1]}→${y[1]} at ${sideOf(x)}`;
    case "conv2dWeight":
      return `${x[0]}×(${x[1]}, ${y[1]}) at ${sideOf(x)}`;
    case "batchNorm":
    case "batchNormBackward":
    case "batchNormRelu":
    case "batchNormReluBackward":
    case "adam":
      return inWords(x);
    default: {
      const [result] = outputs;
      const isPlain = inputs.every((shape) => sameShape(shape, result));
      return isPlain ? inWords(result) : `${inputs.map(inWords).join(", ")} → ${inWords(result)}`;
    }
  }
}

function sideOf([, , height, width]: Shape): string {
  return height === width ? `${height}²` : `${height}×${width}`;
}

function inWords(shape: Shape): string {
  return shape.length === 0 ? "scalar" : shape.join("×");
}
