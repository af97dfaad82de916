/**
 * Flat kernels: one loop over memory for operands that lie in the same order, whatever their shape.
 *
 * @module
 */

import { type Body, type Local, v128, type Value } from "../assembler/mod.ts";
import { type Kernel, kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";
import type { Operation } from "./operation.ts";

/** How many elements a task does: enough to be worth handing to a thread, little enough for its cache. */
export const CHUNK = 2 ** 16;

/** The address of an element; 2³¹ elements are 8 GiB, more than a 32-bit number of bytes can say. */
export function elementAt(base: Value<"heap">, index: Value<"i32">): Value<"heap"> {
  return base.plus(index.shiftedLeft(1)).plus(index.shiftedLeft(1));
}

/**
 * A kernel over as many elements as its operands store.
 *
 * It has no loop for what is left over at the end: blocks of the heap are multiples of 64 bytes, so
 * up to 16 elements at a time may be read and written to the end of the block, beyond the tensor's.
 */
export function flatKernel(
  name: string,
  operands: 0 | 1 | 2 | 3,
  operation: Operation,
  vectors: 1 | 2 | 4 = 4,
): Kernel {
  const parameters = {
    out: "heap",
    x: "heap",
    y: "heap",
    z: "heap",
    count: "i32",
    number: "f64",
  } as const;
  return kernel(name, parameters, (k, { out, x, y, z, count, number, task }) => {
    const apply = operation(k, number);
    const first = k.let(task.times(CHUNK));
    const left = k.let(count.minus(first));
    const to = k.let(elementAt(out, first));
    const from = [x, y, z].slice(0, operands).map((base) => k.let(elementAt(base, first)));
    k.repeat(left.atMost(CHUNK).plus(4 * vectors - 1).dividedBy(4 * vectors), () => {
      for (let offset = 0; offset < 16 * vectors; offset += 16) {
        k.store(to, apply(...from.map((address) => v128.load(address, offset))), offset);
      }
      moveOn(k, [to, ...from], 16 * vectors);
    });
  });
}

/** Runs a flat kernel; operands that it does not have are 0. */
export function runFlat(
  machine: Machine,
  kernel: Kernel,
  count: number,
  out: number,
  x = 0,
  y = 0,
  z = 0,
  number = 0,
): void {
  machine.run(kernel, Math.ceil(count / CHUNK), [out, x, y, z, count, number]);
}

/** Moves addresses on by so many bytes. */
export function moveOn(k: Body, addresses: readonly Local<"heap">[], bytes: number): void {
  for (const address of addresses) k.advance(address, bytes);
}
