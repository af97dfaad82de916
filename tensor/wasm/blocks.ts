/**
 * Best fit: a range cut into blocks, each in use or free.
 *
 * A request takes the smallest free block that is large enough, the lowest of several, and leaves
 * the rest free; a block given back merges with free neighbours. Programs that repeat the same sizes
 * in the same order, as training does, so come back to the same blocks, and the largest block, where
 * nothing has been touched yet, is cut last.
 *
 * @module
 */

class Block {
  isFree = true;
  /** The neighbours in the range. */
  before: Block | undefined;
  after: Block | undefined;

  constructor(public start: number, public size: number) {}
}

/** The blocks of the range from 0 to `size`, in whatever unit the caller counts. */
export class Blocks {
  /** By size, then by start. */
  readonly #free: Block[] = [];
  readonly #used = new Map<number, Block>();

  constructor(size: number) {
    this.#insertFree(new Block(0, size));
  }

  /** How many are in use. */
  get count(): number {
    return this.#used.size;
  }

  /** The size of the largest free block. */
  get largestFree(): number {
    return this.#free.at(-1)?.size ?? 0;
  }

  /** Finds room that starts at a multiple of `alignment`; undefined if there is none. */
  take(size: number, alignment = 1): number | undefined {
    for (let i = this.#position(size, 0); i < this.#free.length; i++) {
      const block = this.#free[i];
      const start = Math.ceil(block.start / alignment) * alignment;
      if (start + size > block.start + block.size) continue;
      this.#free.splice(i, 1);
      if (start > block.start) this.#insertFree(this.#cutFront(block, start - block.start));
      if (size < block.size) this.#insertFree(this.#cutBack(block, size));
      block.isFree = false;
      this.#used.set(start, block);
      return start;
    }
    return undefined;
  }

  /** Frees the block that starts there and returns its size; undefined if there is none in use. */
  give(start: number): number | undefined {
    const block = this.#used.get(start);
    if (block === undefined) return undefined;
    const { size, before, after } = block;
    this.#used.delete(start);
    if (before?.isFree) {
      this.#removeFree(before);
      block.start = before.start;
      block.size += before.size;
      link(before.before, block);
    }
    if (after?.isFree) {
      this.#removeFree(after);
      block.size += after.size;
      link(block, after.after);
    }
    this.#insertFree(block);
    return size;
  }

  #cutFront(block: Block, size: number): Block {
    const front = new Block(block.start, size);
    link(block.before, front);
    link(front, block);
    block.start += size;
    block.size -= size;
    return front;
  }

  #cutBack(block: Block, keep: number): Block {
    const back = new Block(block.start + keep, block.size - keep);
    link(back, block.after);
    link(block, back);
    block.size = keep;
    return back;
  }

  #insertFree(block: Block): void {
    block.isFree = true;
    this.#free.splice(this.#position(block.size, block.start), 0, block);
  }

  #removeFree(block: Block): void {
    this.#free.splice(this.#position(block.size, block.start), 1);
  }

  /** The index of the first free block that does not come before (size, start) in order. */
  #position(size: number, start: number): number {
    let low = 0;
    let high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#free[middle];
      if (block.size < size || (block.size === size && block.start < start)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function link(before: Block | undefined, after: Block | undefined): void {
  if (before !== undefined) before.after = after;
  if (after !== undefined) after.before = before;
}
