/**
 * Starting the machine: reserving memory, choosing tiles, gathering threads.
 *
 * @module
 */

import { Heap } from "./heap.ts";
import { type Crew, Machine } from "./machine.ts";
import { fusesVectors } from "./trial.ts";
import { startTeam } from "./threads/team.ts";

/** How the device is started. */
export interface WasmOptions {
  /** How many threads compute: as many as there are cores unless told. */
  readonly threads?: number;
  /**
   * `"fast"` unless told. `"strict"` keeps to instructions whose results are the same on every machine;
   * a · b + c is then rounded twice.
   */
  readonly deterministic?: "fast" | "strict";
  /** Whether two vectors of 128 bits become one of 256; found out by a short trial unless told. */
  readonly fused?: boolean;
  /**
   * The most bytes to reserve for tensors; the most that the host gives, up to 16 GiB, unless told. It
   * holds from the device's first start to the end of the program.
   */
  readonly memory?: number;
}

const PAGE = 65536;
const GIB = 2 ** 30;

/** What is reserved, the largest that the host gives: addresses, not memory, until it is written to. */
const WIDE_SIZES = [16 * GIB, 8 * GIB, 5 * GIB];
const NARROW_SIZES = [4 * GIB - PAGE, 2 * GIB, 1 * GIB, GIB / 4];

/** Scratch that each thread has from the start, in pages of 64 KiB. */
const SCRATCH_PAGES = 32;

/** What the first block's address is above, so that no address is 0. */
const FIRST_ADDRESS = 64;

/** The range of `threads`. */
const MOST_THREADS = 256;

/** The least that is reserved. */
const LEAST_MEMORY = 2 ** 20;

/**
 * Reserves memory and gathers threads.
 *
 * @throws {RangeError} if an option is out of range, or the host reserves no memory.
 */
export function startMachine(options: WasmOptions = {}): Machine {
  checkOptions(options);
  const reserved = reserve(options.memory);
  const remedy = options.memory === undefined
    ? undefined
    : `or let init() reserve more than memory: ${options.memory} bytes`;
  const heap = new Heap(FIRST_ADDRESS, reserved.bytes, remedy);
  return new Machine(reserved.memory, heap, gather(options, reserved));
}

/**
 * Goes on with other options over the same memory.
 *
 * @throws {RangeError} if an option is out of range, or other memory is wanted than there is.
 */
export function restartMachine(machine: Machine, options: WasmOptions): void {
  checkOptions(options);
  const { mode, memories } = machine.target;
  const bytes = memories.heapPages * PAGE;
  if (options.memory !== undefined && wholePages(options.memory) !== bytes) {
    throw new RangeError(
      `Cannot reserve memory: ${options.memory} bytes for wasm: it was started before, with ` +
        `${bytes}; say so in the program's first init("wasm")`,
    );
  }
  const reserved = { memory: machine.memory, wide: mode.wide, shared: memories.shared };
  machine.change(gather(options, { ...reserved, bytes }));
}

function checkOptions({ threads = 1, deterministic = "fast", memory = LEAST_MEMORY }: WasmOptions) {
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    throw new RangeError(
      `Cannot start wasm: threads must be a whole number from 1 to ${MOST_THREADS}, got ${threads}`,
    );
  }
  if (deterministic !== "fast" && deterministic !== "strict") {
    throw new RangeError(
      `Cannot start wasm: deterministic must be "fast" or "strict", got "${deterministic}"`,
    );
  }
  if (!(memory >= LEAST_MEMORY)) {
    throw new RangeError(
      `Cannot start wasm: memory must be at least ${LEAST_MEMORY} bytes, got ${memory}`,
    );
  }
}

function gather(options: WasmOptions, { memory, bytes, wide, shared }: Reserved): Crew {
  const { threads = coreCount(), deterministic = "fast" } = options;
  const mode = { wide, relaxed: deterministic === "fast" };
  const memories = { shared, heapPages: bytes / PAGE, scratchPages: SCRATCH_PAGES };
  const fused = options.fused ?? fusesVectors(mode, memories, memory);
  const tile = fused ? { rows: 6, vectors: 4, fused } : { rows: 4, vectors: 2, fused };
  return {
    team: startTeam({ memory, threads, scratchPages: SCRATCH_PAGES }),
    target: { mode, memories, tile },
  };
}

function coreCount(): number {
  return Math.min(globalThis.navigator?.hardwareConcurrency ?? 1, MOST_THREADS);
}

interface Reserved {
  readonly memory: WebAssembly.Memory;
  readonly bytes: number;
  readonly wide: boolean;
  readonly shared: boolean;
}

/** Reserves the largest memory there is up to a limit, wide if it can be, shared if it can be. */
function reserve(limit = Infinity): Reserved {
  let failure: unknown;
  for (const shared of typeof SharedArrayBuffer === "function" ? [true, false] : [false]) {
    for (const wide of [true, false]) {
      for (const bytes of sizesUpTo(limit, wide ? WIDE_SIZES : NARROW_SIZES)) {
        try {
          return { memory: makeMemory(bytes, wide, shared), bytes, wide, shared };
        } catch (error) {
          failure = error;
        }
      }
    }
  }
  throw new RangeError("Cannot start the wasm device: the host reserves no memory for it", {
    cause: failure,
  });
}

function sizesUpTo(limit: number, sizes: readonly number[]): number[] {
  const smaller = sizes.filter((bytes) => bytes < limit);
  return limit < sizes[0] ? [wholePages(limit), ...smaller] : [...sizes];
}

function wholePages(bytes: number): number {
  return Math.floor(bytes / PAGE) * PAGE;
}

function makeMemory(bytes: number, wide: boolean, shared: boolean): WebAssembly.Memory {
  const pages = wide ? BigInt(bytes / PAGE) : bytes / PAGE;
  const descriptor: object = {
    address: wide ? "i64" : "i32",
    initial: pages,
    maximum: pages,
    shared,
  };
  return new WebAssembly.Memory(descriptor as WebAssembly.MemoryDescriptor);
}
