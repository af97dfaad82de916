/**
 * Counted memory: who holds a buffer, and how much is held in all.
 *
 * A tensor handle, a tape entry and a kernel in flight hold a storage once each; the last one to let
 * go frees the buffer. Nothing here keeps a storage alive, so on a garbage-collected device a
 * forgotten tensor costs only a wrong count until its finaliser runs.
 *
 * @module
 */

import type { Device, DType } from "./device.ts";
import { mebibytes, OutOfMemory } from "./out_of_memory.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

/** How many buffers are alive and how many bytes they hold. */
export interface MemoryCount {
  /** Live buffers. */
  readonly tensors: number;
  /** What they hold. */
  readonly bytes: number;
}

/** What {@linkcode memory} reports: the totals, and the same by the op that made each buffer. */
export interface MemoryReport extends MemoryCount {
  /** The op that holds most comes first. */
  readonly byOp: Readonly<Record<string, MemoryCount>>;
}

interface Count {
  tensors: number;
  bytes: number;
}

const counts = new Map<string, Count>();

function countOf(op: string): Count {
  const known = counts.get(op);
  if (known !== undefined) return known;
  const count = { tensors: 0, bytes: 0 };
  counts.set(op, count);
  return count;
}

/** A buffer on a device, and the number of its holders. */
export class Storage {
  #holds = 1;
  readonly #bytes: number;
  readonly #count: Count;

  constructor(readonly device: Device, readonly buffer: unknown, readonly op: string) {
    this.#bytes = device.bytes(buffer);
    this.#count = countOf(op);
    this.#count.tensors++;
    this.#count.bytes += this.#bytes;
  }

  /** True if whoever asks is the only holder: nobody else would see the buffer change. */
  get isHeldOnce(): boolean {
    return this.#holds === 1;
  }

  hold(): this {
    this.#holds++;
    return this;
  }

  letGo(): void {
    if (--this.#holds > 0) return;
    this.#count.tensors--;
    this.#count.bytes -= this.#bytes;
    this.device.free(this.buffer);
  }
}

/**
 * Counts the live buffers and their bytes, in all and by the op that made them, largest first.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { memory, tensor } from "./mod.ts";
 *
 * const before = memory().bytes;
 * using _x = tensor([1, 2, 3]);
 * equal(memory().bytes - before, 12);
 * ```
 */
export function memory(): MemoryReport {
  const largestFirst = [...counts].filter(([, { tensors }]) => tensors > 0)
    .sort(([, a], [, b]) => b.bytes - a.bytes);
  return {
    tensors: largestFirst.reduce((sum, [, entry]) => sum + entry.tensors, 0),
    bytes: largestFirst.reduce((sum, [, entry]) => sum + entry.bytes, 0),
    byOp: Object.fromEntries(largestFirst.map(([op, entry]) => [op, { ...entry }])),
  };
}

const ALLOCATION_FAILED = /allocation failed|Invalid (typed )?array (buffer )?length/i;

/**
 * Runs an allocation on what it is given; if the memory is refused, says what was wanted, what holds
 * most, and how to free it.
 *
 * @throws {RangeError} if there is not enough memory.
 */
export function allocate<Given, T>(
  op: string,
  shape: Shape,
  dtype: DType,
  run: (given: Given) => T,
  given: Given,
): T {
  try {
    return run(given);
  } catch (error) {
    const wanted = sizeOf(shape) * (dtype === "float64" ? 8 : 4);
    const refusal = refusalOf(error, wanted);
    if (refusal === undefined) throw error;
    const { tensors, bytes, byOp } = memory();
    const holders = Object.entries(byOp).slice(0, 3)
      .map(([holder, entry]) => `${holder} ${mebibytes(entry.bytes)}`).join(", ");
    throw new RangeError(
      `Cannot ${op} into ${dtype} ${formatShape(shape)}: out of memory (${refusal.reason}) while ` +
        `${tensors} tensors hold ${mebibytes(bytes)} (most: ${holders || "none"}). ` +
        `Free tensors with dispose(), using or scope(), keep less for gradients with ` +
        `checkpoint(), or make the batch or image smaller` +
        (refusal.remedy === undefined ? "" : `; ${refusal.remedy}`),
      { cause: error },
    );
  }
}

/** What is known of a refusal of memory, by a device of ours or by the host. */
function refusalOf(
  error: unknown,
  wanted: number,
): Pick<OutOfMemory, "reason" | "remedy"> | undefined {
  if (error instanceof OutOfMemory) return error;
  const isOfHost = error instanceof RangeError && ALLOCATION_FAILED.test(error.message);
  return isOfHost ? { reason: `the host refused ${mebibytes(wanted)}` } : undefined;
}
