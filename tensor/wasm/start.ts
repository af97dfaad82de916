/**
 * Starting the machine: reserving memory, choosing tiles, gathering threads.
 *
 * @module
 */

import { Heap } from "./heap.ts";
import type { Target } from "./kernel.ts";
import { Machine } from "./machine.ts";
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

/** Makes the machine. */
export function startMachine(options: WasmOptions = {}): Machine {
  const { threads = navigator.hardwareConcurrency ?? 1, deterministic = "fast" } = options;
  const { memory, bytes, wide, shared } = reserve();
  const mode = { wide, relaxed: deterministic === "fast" };
  const memories = { shared, heapPages: bytes / PAGE, scratchPages: SCRATCH_PAGES };
  const fused = options.fused ?? fusesVectors(mode, memories, memory);
  const target: Target = {
    mode,
    memories,
    tile: fused ? { rows: 6, vectors: 4, fused } : { rows: 4, vectors: 2, fused },
  };
  const heap = new Heap(FIRST_ADDRESS, bytes);
  const team = startTeam({ memory, threads, scratchPages: SCRATCH_PAGES });
  return new Machine(memory, heap, team, target);
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
