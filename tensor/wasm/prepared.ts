/**
 * What kernels made from tensors for their own use, such as transformed filters: kept for the next
 * kernel that asks for the same, as long as the tensor lives and nothing else needs the room.
 *
 * @module
 */

import type { WasmBuffer } from "./buffer.ts";

/** Blocks by the address of the block that they were made from, and by a name. */
export class Prepared {
  /** Those that were used last stand last. */
  readonly #bySource = new Map<number, Map<string, WasmBuffer>>();
  #bytes = 0;

  /** Keeps at most `limit` bytes; `free` gives blocks back that are no longer kept. */
  constructor(readonly limit: number, readonly free: (block: WasmBuffer) => void) {}

  /** Hands a block over, if it is kept: the caller may rely on it until it is kept again. */
  take(source: number, name: string): WasmBuffer | undefined {
    const blocks = this.#bySource.get(source);
    const block = blocks?.get(name);
    if (blocks === undefined || block === undefined) return undefined;
    blocks.delete(name);
    this.#bytes -= block.bytes;
    return block;
  }

  /** Takes a block over; others, not used for longest, have to go if that is too much. */
  keep(source: number, name: string, block: WasmBuffer): void {
    const blocks = this.#bySource.get(source) ?? new Map<string, WasmBuffer>();
    blocks.set(name, block);
    this.#bySource.delete(source);
    this.#bySource.set(source, blocks);
    this.#bytes += block.bytes;
    for (const oldest of this.#bySource.keys()) {
      if (this.#bytes <= this.limit) break;
      this.drop(oldest);
    }
  }

  /** Lets go of what was made from the block at an address: it is freed, or holds other numbers now. */
  drop(source: number): void {
    const blocks = this.#bySource.get(source);
    if (blocks === undefined) return;
    this.#bySource.delete(source);
    for (const block of blocks.values()) {
      this.#bytes -= block.bytes;
      this.free(block);
    }
  }

  /** Lets go of everything; returns whether that was anything. */
  dropAll(): boolean {
    const before = this.#bytes;
    for (const source of [...this.#bySource.keys()]) this.drop(source);
    return before > 0;
  }
}
