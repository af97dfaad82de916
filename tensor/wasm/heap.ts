/**
 * Which addresses of the memory are in use.
 *
 * Small blocks come from slabs, one for each multiple of 64 bytes: taking and giving back is a push
 * and a pop, and the thousands of scalars of a training step stay together. Everything else, slabs
 * included, is best fit (blocks.ts). All bookkeeping is outside the memory, which the heap never
 * reads or writes.
 *
 * @module
 */

import { mebibytes, OutOfMemory } from "../out_of_memory.ts";
import { Blocks } from "./blocks.ts";
import { Slab } from "./slab.ts";

/** How full a {@linkcode Heap} is, in bytes. */
export interface HeapStatistics {
  /** What the blocks in use occupy. */
  readonly used: number;
  /** The most that they ever did. */
  readonly peak: number;
  /** How far from the beginning a block has ever reached: the pages that may have been touched. */
  readonly touched: number;
  /** All there is. */
  readonly reserved: number;
  /** The largest block that could be had now. */
  readonly largestFree: number;
  /** How many blocks are in use. */
  readonly blocks: number;
}

const UNIT = 64;
const SMALL_UNITS = 64;
const SLAB_UNITS = 1024;

/** An allocator of addresses, multiples of 64 bytes, between two given ones. */
export class Heap {
  readonly #first: number;
  readonly #units: number;
  readonly #blocks: Blocks;
  /** By the slab-sized piece of the range that each occupies. */
  readonly #slabs: (Slab | undefined)[];
  /** By block size, those that are not full; blocks are taken from the last. */
  readonly #roomy: Slab[][] = Array.from({ length: SMALL_UNITS + 1 }, () => []);
  #used = 0;
  #peak = 0;
  #touched = 0;
  #count = 0;

  /** `remedy` is what a refusal advises for more room, if there is a way. */
  constructor(first: number, limit: number, readonly remedy?: string) {
    this.#first = Math.ceil(first / UNIT) * UNIT;
    this.#units = Math.floor((limit - this.#first) / UNIT);
    this.#blocks = new Blocks(this.#units);
    this.#slabs = new Array(Math.ceil(this.#units / SLAB_UNITS));
  }

  /**
   * Finds room for so many bytes.
   *
   * @throws {OutOfMemory} if there is none.
   */
  allocate(bytes: number): number {
    const units = bytes > 0 ? Math.ceil(bytes / UNIT) : 1;
    const start = (units <= SMALL_UNITS ? this.#takeSmall(units) : undefined) ??
      this.#takeLarge(units, 1) ?? this.#refuse(bytes);
    this.#count++;
    this.#used += units;
    if (this.#used > this.#peak) this.#peak = this.#used;
    if (start + units > this.#touched) this.#touched = start + units;
    return this.#first + start * UNIT;
  }

  /**
   * Gives a block back.
   *
   * @throws {Error} if none in use starts at the address.
   */
  free(address: number): void {
    const start = (address - this.#first) / UNIT;
    const slab = this.#slabs[Math.floor(start / SLAB_UNITS)];
    const units = slab === undefined ? this.#blocks.give(start) : this.#giveSmall(slab, start);
    if (units === undefined) {
      throw new Error(`Cannot free address ${address}: no block in use starts there`);
    }
    this.#count--;
    this.#used -= units;
  }

  /** Counts what is in use and what is left. */
  statistics(): HeapStatistics {
    this.#releaseEmptySlabs();
    return {
      used: this.#used * UNIT,
      peak: this.#peak * UNIT,
      touched: this.#touched * UNIT,
      reserved: this.#units * UNIT,
      largestFree: this.#blocks.largestFree * UNIT,
      blocks: this.#count,
    };
  }

  #takeSmall(units: number): number | undefined {
    const roomy = this.#roomy[units];
    const slab = roomy.length > 0 ? roomy[roomy.length - 1] : this.#addSlab(units);
    if (slab === undefined) return undefined;
    const start = slab.take();
    if (slab.isFull) roomy.pop();
    return start;
  }

  #giveSmall(slab: Slab, start: number): number | undefined {
    const wasFull = slab.isFull;
    if (!slab.give(start)) return undefined;
    const roomy = this.#roomy[slab.blockSize];
    if (wasFull) roomy.push(slab);
    // The last one stays, or a program that makes and drops one number would make and drop a slab.
    if (slab.isEmpty && roomy.length > 1) this.#releaseSlab(slab);
    return slab.blockSize;
  }

  #addSlab(units: number): Slab | undefined {
    const start = this.#takeLarge(SLAB_UNITS, SLAB_UNITS);
    if (start === undefined) return undefined;
    const slab = new Slab(start, units, Math.floor(SLAB_UNITS / units));
    this.#slabs[start / SLAB_UNITS] = slab;
    this.#roomy[units].push(slab);
    return slab;
  }

  #releaseSlab(slab: Slab): void {
    const roomy = this.#roomy[slab.blockSize];
    roomy.splice(roomy.indexOf(slab), 1);
    this.#slabs[slab.start / SLAB_UNITS] = undefined;
    this.#blocks.give(slab.start);
  }

  #releaseEmptySlabs(): void {
    for (const roomy of this.#roomy) {
      for (const slab of roomy.filter((slab) => slab.isEmpty)) this.#releaseSlab(slab);
    }
  }

  #takeLarge(units: number, alignment: number): number | undefined {
    const start = this.#blocks.take(units, alignment);
    if (start !== undefined) return start;
    this.#releaseEmptySlabs();
    return this.#blocks.take(units, alignment);
  }

  #refuse(bytes: number): never {
    const { used, largestFree, reserved } = this.statistics();
    throw new OutOfMemory(
      `wanted ${mebibytes(bytes)}, in use ${mebibytes(used)}, limit ${mebibytes(reserved)}, ` +
        `largest free piece ${mebibytes(largestFree)}`,
      this.remedy,
    );
  }
}
