/**
 * A slab: small blocks of one size, side by side.
 *
 * @module
 */

/** Hands out the numbers 0 to `capacity − 1`; those given back first, the latest of them foremost. */
export class Slab {
  readonly #isUsed: Uint8Array;
  readonly #returned: Uint16Array;
  #returnedCount = 0;
  #fresh = 0;
  #used = 0;

  constructor(readonly start: number, readonly blockSize: number, readonly capacity: number) {
    this.#isUsed = new Uint8Array(capacity);
    this.#returned = new Uint16Array(capacity);
  }

  get isFull(): boolean {
    return this.#used === this.capacity;
  }

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  /** Takes a block and returns where it starts; the slab must not be full. */
  take(): number {
    const index = this.#returnedCount > 0 ? this.#returned[--this.#returnedCount] : this.#fresh++;
    this.#isUsed[index] = 1;
    this.#used++;
    return this.start + index * this.blockSize;
  }

  /** Takes a block back; false if none in use starts there. */
  give(start: number): boolean {
    const index = (start - this.start) / this.blockSize;
    if (this.#isUsed[index] !== 1) return false;
    this.#isUsed[index] = 0;
    this.#returned[this.#returnedCount++] = index;
    this.#used--;
    return true;
  }
}
