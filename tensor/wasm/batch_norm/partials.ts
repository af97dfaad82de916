/**
 * Two sums for each block of pixels and each channel, in float64: what blocks leave behind for their
 * combination. They lie as [block][which][channel].
 *
 * @module
 */

import {
  type Body,
  f64,
  f64x2,
  type Local,
  v128,
  type Value,
  type Vector,
} from "../assembler/mod.ts";
import type { WasmBuffer } from "../buffer.ts";
import type { Machine } from "../machine.ts";
import type { Pairs } from "../pairs.ts";
import type { Pixels } from "./pixels.ts";

/** Room for the sums of all blocks. */
export function allocatePartials(machine: Machine, { blocks, lanes }: Pixels): WasmBuffer {
  return machine.allocate([blocks, 2, lanes, 2]);
}

/** How many channels a task combines. */
export const CHANNELS_PER_TASK = 16;

export function combiningTasks({ lanes }: Pixels): number {
  return Math.ceil(lanes / CHANNELS_PER_TASK);
}

/** Visits the channels of a combining task, four at a time. */
export function forChannelsOfTask(
  k: Body,
  { lanes, task }: { readonly [Name in "lanes" | "task"]: Local<"i32"> },
  visit: (channel: Local<"i32">) => void,
): void {
  const first = k.let(task.times(CHANNELS_PER_TASK));
  k.for(first, first.plus(CHANNELS_PER_TASK).atMost(lanes), 4, visit);
}

/** Stores both sums of four channels, of the block that this task is about. */
export function storePartials(
  k: Body,
  { partials, lanes, task }: {
    readonly partials: Local<"heap">;
    readonly lanes: Local<"i32">;
    readonly task: Local<"i32">;
  },
  channel: Value<"i32">,
  sums: readonly [Pairs, Pairs],
): void {
  const at = k.let(partials.plus(task.times(lanes).shiftedLeft(4)).plus(channel.shiftedLeft(3)));
  for (const pairs of sums) {
    k.store(at, pairs[0]);
    k.store(at, pairs[1], 16);
    k.advance(at, lanes.shiftedLeft(3));
  }
}

/** Visits both sums of four channels, block by block in their order. */
export function forPartials(
  k: Body,
  { partials, lanes, blocks }: {
    readonly partials: Local<"heap">;
    readonly lanes: Local<"i32">;
    readonly blocks: Local<"i32">;
  },
  channel: Local<"i32">,
  visit: (first: Pairs, second: Pairs, block: Local<"i32">) => void,
): void {
  const first = k.let(partials.plus(channel.shiftedLeft(3)));
  const second = k.let(first.plus(lanes.shiftedLeft(3)));
  k.for(0, blocks, 1, (block) => {
    visit(loadPairs(first), loadPairs(second), block);
    for (const at of [first, second]) k.advance(at, lanes.shiftedLeft(4));
  });
}

function loadPairs(at: Local<"heap">): Pairs {
  return [v128.load(at), v128.load(at, 16)];
}

/** The same for both pairs. */
export function bothPairs(k: Body, compute: (pair: 0 | 1) => Vector): Pairs {
  return [k.let(compute(0)), k.let(compute(1))];
}

/** A whole number as two f64. */
export function doubles(number: Value<"i32">): Vector {
  return f64x2.splat(f64.convertI32(number));
}
