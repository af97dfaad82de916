/**
 * Buffers that are kept for the next tensor of their size: a GPU's own allocation is slow, and
 * dropping a buffer does not free it.
 *
 * @module
 */

import { OutOfMemory } from "../out_of_memory.ts";
import type { WebgpuBuffer } from "./buffer.ts";

/** What the pool holds, for reports and tests. */
export interface PoolStatistics {
  /** Buffers that tensors hold. */
  readonly live: number;
  /** The bytes of those buffers. */
  readonly liveBytes: number;
  /** The bytes of buffers that wait for a tensor. */
  readonly idleBytes: number;
  /** Buffers made since the start. */
  readonly made: number;
  /** Buffers destroyed since the start. */
  readonly destroyed: number;
}

/** What a pool needs of the GPU. */
export interface BufferMaker {
  /** The largest buffer that a program can be given. */
  readonly largest: number;
  /** Makes a buffer of the GPU. */
  make(capacity: number): GPUBuffer;
  /** Told before a buffer is destroyed, so that no recorded work names it. */
  retire(buffer: WebgpuBuffer): void;
}

/** Below this the pool does not mind what it keeps. */
const IDLE_BYTES_FREE = 64 * 2 ** 20;

/**
 * Hands out buffers and takes them back. The oldest that waits is handed out first, so that steps which
 * do the same with memory use the same buffers, whose groups are known.
 */
export class BufferPool {
  readonly #maker: BufferMaker;
  readonly #idle = new Map<number, WebgpuBuffer[]>();
  #live = 0;
  #liveBytes = 0;
  #peakBytes = 0;
  #idleBytes = 0;
  #made = 0;
  #destroyed = 0;

  constructor(maker: BufferMaker) {
    this.#maker = maker;
  }

  get statistics(): PoolStatistics {
    return {
      live: this.#live,
      liveBytes: this.#liveBytes,
      idleBytes: this.#idleBytes,
      made: this.#made,
      destroyed: this.#destroyed,
    };
  }

  /**
   * A buffer for so many bytes, with whatever was in it before.
   *
   * @throws {OutOfMemory} if no program could be given a buffer as large.
   */
  take(bytes: number): WebgpuBuffer {
    if (bytes > this.#maker.largest) {
      throw new OutOfMemory(
        `one buffer of ${bytes} bytes is wanted, and this GPU adapter lets a program see at most ` +
          `${this.#maker.largest}`,
        `or compute on another device`,
      );
    }
    const capacity = Math.min(capacityFor(bytes), this.#maker.largest);
    const waiting = this.#idle.get(capacity)?.shift();
    if (waiting === undefined) this.#destroyIdle();
    else this.#idleBytes -= capacity;
    const buffer = waiting ?? { id: this.#made++, gpu: this.#maker.make(capacity) };
    this.#live++;
    this.#liveBytes += capacity;
    this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes);
    return { id: buffer.id, gpu: buffer.gpu, bytes, capacity };
  }

  /** Takes a buffer back. What was recorded with it may still be to do: the GPU keeps the order. */
  give(buffer: WebgpuBuffer): void {
    const waiting = this.#idle.get(buffer.capacity);
    if (waiting === undefined) this.#idle.set(buffer.capacity, [buffer]);
    else waiting.splice(placeOf(buffer.id, waiting), 0, buffer);
    this.#live--;
    this.#liveBytes -= buffer.capacity;
    this.#idleBytes += buffer.capacity;
  }

  /**
   * Destroys buffers that wait, the largest first, until all are at most twice what was ever in use at
   * once: so much is kept, that the steps of a training run find all their buffers again.
   */
  #destroyIdle(): void {
    const enough = Math.max(IDLE_BYTES_FREE, 2 * this.#peakBytes - this.#liveBytes);
    if (this.#idleBytes <= enough) return;
    for (const capacity of [...this.#idle.keys()].sort((a, b) => b - a)) {
      for (const buffer of this.#idle.get(capacity)?.splice(0) ?? []) {
        if (this.#idleBytes > enough) this.#destroy(buffer);
        else this.#idle.get(capacity)?.push(buffer);
      }
    }
  }

  #destroy(buffer: WebgpuBuffer): void {
    this.#maker.retire(buffer);
    buffer.gpu.destroy();
    this.#idleBytes -= buffer.capacity;
    this.#destroyed++;
  }
}

/** Where a buffer belongs among others in the order of their ids. */
function placeOf(id: number, others: readonly WebgpuBuffer[]): number {
  let place = others.length;
  while (place > 0 && others[place - 1].id > id) place--;
  return place;
}

const SMALLEST = 256;

/** Rounds up to one of eight sizes between a power of two and the next. */
function capacityFor(bytes: number): number {
  const wanted = Math.max(bytes, SMALLEST);
  const step = Math.max(2 ** (Math.floor(Math.log2(wanted)) - 3), SMALLEST / 8);
  return Math.ceil(wanted / step) * step;
}
