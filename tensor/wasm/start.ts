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

/** Reserves memory and gathers threads. */
export function startMachine(options: WasmOptions = {}): Machine {
  const reserved = reserve();
  const heap = new Heap(FIRST_ADDRESS, reserved.bytes);
  return new Machine(reserved.memory, heap, gather(options, reserved));
}

/** Goes on with other options over the same memory. */
export function restartMachine(machine: Machine, options: WasmOptions): void {
  const { mode, memories } = machine.target;
  const reserved = { memory: machine.memory, wide: mode.wide, shared: memories.shared };
  machine.change(gather(options, { ...reserved, bytes: memories.heapPages * PAGE }));
}

function gather(options: WasmOptions, { memory, bytes, wide, shared }: Reserved): Crew {
  const { threads = navigator.hardwareConcurrency ?? 1, deterministic = "fast" } = options;
  const mode = { wide, relaxed: deterministic === "fast" };
  const memories = { shared, heapPages: bytes / PAGE, scratchPages: SCRATCH_PAGES };
  const fused = options.fused ?? fusesVectors(mode, memories, memory);
  const tile = fused ? { rows: 6, vectors: 4, fused } : { rows: 4, vectors: 2, fused };
  return {
    team: startTeam({ memory, threads, scratchPages: SCRATCH_PAGES }),
    target: { mode, memories, tile },
  };
}

interface Reserved {
  readonly memory: WebAssembly.Memory;
  readonly bytes: number;
  readonly wide: boolean;
  readonly shared: boolean;
}

/** Reserves the largest memory there is, wide if it can be, shared if it can be. */
function reserve(): Reserved {
  let failure: unknown;
  for (const shared of typeof SharedArrayBuffer === "function" ? [true, false] : [false]) {
    for (const wide of [true, false]) {
      for (const bytes of wide ? WIDE_SIZES : NARROW_SIZES) {
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
