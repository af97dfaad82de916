/**
 * The machine that kernels run on: the shared memory, what is allocated in it, and the threads.
 *
 * @module
 */

import { mebibytes, OutOfMemory } from "../out_of_memory.ts";
import { formatShape, type Shape } from "../shape.ts";
import { type Layout, storedSize, type WasmBuffer } from "./buffer.ts";
import type { Heap } from "./heap.ts";
import type { Kernel, Target } from "./kernel.ts";
import { Prepared } from "./prepared.ts";
import type { Team } from "./threads/team.ts";

/** Who runs kernels, and what they are assembled for. */
export interface Crew {
  readonly team: Team;
  readonly target: Target;
}

/** Kernels count the bytes from the beginning of a block in 32 bits without a sign. */
const BLOCK_LIMIT = 2 ** 32;

/** The share of the memory that prepared blocks may take. */
const PREPARED_SHARE = 1 / 64;

/** Runs kernels over blocks of its heap. */
export class Machine {
  #crew: Crew;
  #numbers = new Map<Kernel, number>();
  /** The addresses of blocks that the current attempt has taken; further ones are left over. */
  readonly #taken: number[] = [];
  #takenCount = 0;
  #isAttempting = false;
  readonly #prepared: Prepared;

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly heap: Heap,
    crew: Crew,
  ) {
    this.#crew = crew;
    const limit = PREPARED_SHARE * memory.buffer.byteLength;
    this.#prepared = new Prepared(limit, ({ address }) => heap.free(address));
  }

  get team(): Team {
    return this.#crew.team;
  }

  get target(): Target {
    return this.#crew.target;
  }

  /** Goes on over the same memory with other threads, or kernels for another target. */
  change(crew: Crew): void {
    this.team.stop();
    this.#crew = crew;
    this.#numbers = new Map();
    // What was prepared has the form that the last target's tiles wanted.
    this.#prepared.dropAll();
  }

  /**
   * A new block for a tensor; what it holds is arbitrary.
   *
   * @throws {RangeError} if it would take 4 GiB or more, or there is no room.
   */
  allocate(shape: Shape, layout: Layout = "rowMajor"): WasmBuffer {
    const bytes = storedSize(layout, shape) * (layout === "windowPlaces" ? 1 : 4);
    if (bytes >= BLOCK_LIMIT) {
      throw new RangeError(
        `Cannot put a tensor of shape ${formatShape(shape)} on wasm: it must take less than ` +
          `${mebibytes(BLOCK_LIMIT)}, wanted ${mebibytes(bytes)}; split it, as by a smaller batch`,
      );
    }
    return { address: this.#take(bytes), bytes, layout };
  }

  /**
   * A new block for what a kernel leaves to another.
   *
   * @throws {RangeError} if it would take 4 GiB or more, or there is no room.
   */
  scratchBlock(bytes: number): WasmBuffer {
    if (bytes >= BLOCK_LIMIT) {
      throw new RangeError(
        `Cannot compute on wasm: an intermediate result must take less than ` +
          `${mebibytes(BLOCK_LIMIT)}, wanted ${mebibytes(bytes)}; make the batch or image smaller`,
      );
    }
    return { address: this.#take(bytes), bytes, layout: "rowMajor" };
  }

  free({ address }: WasmBuffer): void {
    this.#prepared.drop(address);
    this.heap.free(address);
    if (this.#isAttempting) this.#forget(address);
  }

  /** To be told before a block that kernels may have read is written to. */
  noteWrite({ address }: WasmBuffer): void {
    this.#prepared.drop(address);
  }

  /**
   * Runs `use` with a block of so many bytes that `fill` made from the block at `source`, now or for an
   * earlier call of the same name: it is kept until the source is freed or written to, or the room is
   * needed.
   *
   * @throws {RangeError} as {@linkcode scratchBlock} does.
   */
  withPrepared(
    source: number,
    { name, bytes, fill }: {
      readonly name: string;
      readonly bytes: number;
      readonly fill: (block: WasmBuffer) => void;
    },
    use: (block: WasmBuffer) => void,
  ): void {
    let block = this.#prepared.take(source, name);
    if (block !== undefined) this.#note(block.address);
    else {
      block = this.scratchBlock(bytes);
      fill(block);
    }
    use(block);
    if (this.#isAttempting) this.#forget(block.address);
    this.#prepared.keep(source, name, block);
  }

  /** Does work that takes blocks; should it throw, those that it has not freed are given back. */
  attempt<R>(work: () => R): R {
    this.#isAttempting = true;
    this.#takenCount = 0;
    try {
      return work();
    } catch (error) {
      for (const address of this.#taken.slice(0, this.#takenCount)) {
        this.#prepared.drop(address);
        this.heap.free(address);
      }
      throw error;
    } finally {
      this.#isAttempting = false;
    }
  }

  #take(bytes: number): number {
    const address = this.#allocate(bytes);
    this.#note(address);
    return address;
  }

  #allocate(bytes: number): number {
    try {
      return this.heap.allocate(bytes);
    } catch (error) {
      if (error instanceof OutOfMemory && this.#prepared.dropAll()) {
        return this.heap.allocate(bytes);
      }
      throw error;
    }
  }

  #note(address: number): void {
    if (this.#isAttempting) this.#taken[this.#takenCount++] = address;
  }

  #forget(address: number): void {
    for (let i = this.#takenCount - 1; i >= 0; i--) {
      if (this.#taken[i] !== address) continue;
      this.#taken[i] = this.#taken[--this.#takenCount];
      return;
    }
  }

  /** The block as numbers, in the order of its layout; valid until it is freed. */
  floats({ address, bytes }: WasmBuffer): Float32Array<ArrayBufferLike> {
    return new Float32Array(this.memory.buffer, address, bytes / 4);
  }

  /** The block as int32 numbers. */
  integers({ address, bytes }: WasmBuffer): Int32Array<ArrayBufferLike> {
    return new Int32Array(this.memory.buffer, address, bytes / 4);
  }

  /**
   * Runs a kernel's tasks, on all threads if there are several; returns when all are done. Arguments
   * stand in the order of its parameters.
   */
  run(kernel: Kernel, tasks: number, args: readonly number[], scratchBytes = 0): void {
    if (tasks === 0) return;
    let number = this.#numbers.get(kernel);
    if (number === undefined) {
      number = this.team.load(kernel.assemble(this.target));
      this.#numbers.set(kernel, number);
    }
    this.team.run(number, tasks, args, scratchBytes);
  }
}
