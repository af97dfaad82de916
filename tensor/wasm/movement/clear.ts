/**
 * Zeros.
 *
 * @module
 */

import { kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";

const BYTES_PER_TASK = 256 * 1024;

/** Sets bytes of the heap to zero. */
export function clear(machine: Machine, address: number, bytes: number): void {
  const whole = Math.floor(bytes / BYTES_PER_TASK);
  const rest = bytes % BYTES_PER_TASK;
  machine.run(clearBytes, rest > 0 ? whole + 1 : whole, [address, whole, rest]);
}

const clearBytes = kernel(
  "clear",
  { at: "heap", wholeTasks: "i32", bytesOfLast: "i32" },
  (k, { at, wholeTasks, bytesOfLast, task }) => {
    const start = k.let(at.plus(task.times(BYTES_PER_TASK)));
    k.if(
      task.lessThan(wholeTasks),
      () => k.clear(start, BYTES_PER_TASK),
      () => k.clear(start, bytesOfLast),
    );
  },
);
