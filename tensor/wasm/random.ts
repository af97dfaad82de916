/**
 * Uniform random numbers: Threefry-2x32-20 (see tensor/random.ts), four counters at a time.
 *
 * @module
 */

import { type Body, f32x4, i32x4, type Local, v128, type Vector } from "./assembler/mod.ts";
import type { Result } from "../device.ts";
import type { RandomKey } from "../random.ts";
import { sizeOf } from "../shape.ts";
import type { WasmBuffer } from "./buffer.ts";
import { CHUNK, elementAt } from "./elementwise/flat.ts";
import { kernel } from "./kernel.ts";
import type { Machine } from "./machine.ts";

const ROTATIONS = [[13, 15, 26, 6], [17, 29, 16, 24]];
const PARITY = 0x1BD11BDA;

/** Eight numbers a turn, from four counters; what is too many falls into the rest of the block. */
const UNIFORM = kernel(
  "uniform",
  { out: "heap", count: "i32", firstKey: "i32", secondKey: "i32" },
  (k, { out, count, firstKey, secondKey, task }) => {
    const schedule = [firstKey, secondKey, firstKey.xor(secondKey).xor(PARITY)]
      .map((word) => k.let(i32x4.splat(word)));
    const ulp = k.let(f32x4.const(2 ** -24));
    const four = k.let(i32x4.const(4));
    const first = k.let(task.times(CHUNK));
    const left = k.let(count.minus(first));
    const to = k.let(elementAt(out, first));
    const counters = k.let(
      i32x4.add(i32x4.splat(first.shiftedRight(1)), i32x4.lanes(0, 1, 2, 3)),
    );
    const toFloat = (words: Vector) => f32x4.mul(f32x4.convertI32x4(i32x4.shrU(words, 8)), ulp);
    k.repeat(left.atMost(CHUNK).plus(7).dividedBy(8), () => {
      const [a, b] = blocks(k, schedule, counters);
      k.store(to, toFloat(v128.shuffle(a, b, [0, 4, 1, 5])));
      k.store(to, toFloat(v128.shuffle(a, b, [2, 6, 3, 7])), 16);
      k.advance(to, 32);
      k.set(counters, i32x4.add(counters, four));
    });
  },
);

/** The two words of the block at each of four counters. */
function blocks(
  k: Body,
  schedule: readonly Vector[],
  counters: Vector,
): [Local<"v128">, Local<"v128">] {
  const a = k.let(i32x4.add(counters, schedule[0]));
  const b = k.let(schedule[1]);
  for (let group = 1; group <= 5; group++) {
    for (const rotation of ROTATIONS[(group - 1) % 2]) {
      k.set(a, i32x4.add(a, b));
      const rotated = v128.or(i32x4.shl(b, rotation), i32x4.shrU(b, 32 - rotation));
      k.set(b, v128.xor(rotated, a));
    }
    k.set(a, i32x4.add(a, schedule[group % 3]));
    k.set(b, i32x4.add(i32x4.add(b, schedule[(group + 1) % 3]), i32x4.const(group)));
  }
  return [a, b];
}

export function uniform(machine: Machine, [first, second]: RandomKey, out: Result): WasmBuffer {
  const buffer = machine.allocate(out.shape);
  const count = sizeOf(out.shape);
  machine.run(UNIFORM, Math.ceil(count / CHUNK), [buffer.address, count, first, second]);
  return buffer;
}
