/**
 * Decoded images kept in memory, within a budget.
 *
 * @module
 */

/** Keeps the byte arrays that were asked for last, as many as fit in a budget. */
export class ImageCache {
  /** The most bytes that are kept. */
  readonly budget: number;
  #bytes = 0;
  // A Map iterates in order of insertion, so an entry moved to the end is the one used last.
  readonly #kept = new Map<string, Uint8Array>();
  readonly #loading = new Map<string, Promise<Uint8Array>>();

  /**
   * Makes an empty cache; a budget of 0 keeps nothing.
   *
   * @throws {RangeError} if the budget is negative or not a number.
   */
  constructor(budget: number) {
    if (!(budget >= 0)) {
      throw new RangeError(`Cannot make an image cache: its budget must be from 0, got ${budget}`);
    }
    this.budget = budget;
  }

  /** The bytes that are kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The bytes of that name: kept ones, or those that `load` gives.
   *
   * Callers that ask for the same name at once share one load; a load that fails is not kept.
   */
  get(name: string, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const kept = this.#kept.get(name);
    if (kept !== undefined) {
      this.#kept.delete(name);
      this.#kept.set(name, kept);
      return Promise.resolve(kept);
    }
    const underWay = this.#loading.get(name);
    if (underWay !== undefined) return underWay;
    const loading = this.#load(name, load);
    this.#loading.set(name, loading);
    return loading;
  }

  async #load(name: string, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    try {
      const bytes = await load();
      this.#keep(name, bytes);
      return bytes;
    } finally {
      this.#loading.delete(name);
    }
  }

  #keep(name: string, bytes: Uint8Array): void {
    if (bytes.length > this.budget) return;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes + bytes.length <= this.budget) break;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
    this.#kept.set(name, bytes);
    this.#bytes += bytes.length;
  }
}
