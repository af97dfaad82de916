/**
 * The machine that kernels run on: the shared memory, what is allocated in it, and the threads.
 *
 * @module
 */

import type { Shape } from "../shape.ts";
import { type Layout, storedSize, type WasmBuffer } from "./buffer.ts";
import type { Heap } from "./heap.ts";
import type { Kernel, Target } from "./kernel.ts";
import type { Team } from "./threads/team.ts";

/** Who runs kernels, and what they are assembled for. */
export interface Crew {
  readonly team: Team;
  readonly target: Target;
}

/** Runs kernels over blocks of its heap. */
export class Machine {
  #crew: Crew;
  #numbers = new Map<Kernel, number>();

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly heap: Heap,
    crew: Crew,
  ) {
    this.#crew = crew;
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
  }

  /** A new block for a tensor; what it holds is arbitrary. */
  allocate(shape: Shape, layout: Layout = "rowMajor"): WasmBuffer {
    const bytes = storedSize(layout, shape) * (layout === "windowPlaces" ? 1 : 4);
    return { address: this.heap.allocate(bytes), bytes, layout };
  }

  /** A new block for what a kernel leaves to another. */
  scratchBlock(bytes: number): WasmBuffer {
    return { address: this.heap.allocate(bytes), bytes, layout: "rowMajor" };
  }

  free(buffer: WasmBuffer): void {
    this.heap.free(buffer.address);
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
