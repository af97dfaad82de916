/**
 * Tensors in the memory of a wasm machine, and what the js device makes of the same numbers.
 *
 * @module
 */

import { equal, ok } from "node:assert/strict";
import { type DType, type HostArray, hostArray, type Operand } from "../tensor/device.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import {
  type Layout,
  paddedChannels,
  type WasmBuffer,
  type WasmOperand,
} from "../tensor/wasm/buffer.ts";
import { Heap } from "../tensor/wasm/heap.ts";
import { Machine } from "../tensor/wasm/machine.ts";
import { startTeam } from "../tensor/wasm/threads/team.ts";

const PAGE = 65536;

/** A machine whose new blocks are full of NaN. */
export function testMachine(options: { wide: boolean; threads?: number; pages?: number }): Machine {
  const { wide, threads = 1, pages = 256 } = options;
  const memory = new WebAssembly.Memory(
    wide ? wideMemory(pages) : { initial: pages, maximum: pages, shared: true },
  );
  const team = startTeam({ memory, threads, scratchPages: 16, patience: 0 });
  const target = {
    mode: { wide, relaxed: true },
    memories: { shared: true, heapPages: pages, scratchPages: 16 },
    tile: { rows: 4, vectors: 2, fused: false },
  };
  return new PoisoningMachine(memory, new Heap(64, pages * PAGE), { team, target });
}

class PoisoningMachine extends Machine {
  override allocate(shape: Shape, layout?: Layout): WasmBuffer {
    return this.#poison(super.allocate(shape, layout));
  }

  override scratchBlock(bytes: number): WasmBuffer {
    return this.#poison(super.scratchBlock(bytes));
  }

  #poison(buffer: WasmBuffer): WasmBuffer {
    new Uint8Array(this.memory.buffer, buffer.address, buffer.bytes).fill(0xff);
    return buffer;
  }
}

function wideMemory(pages: number): WebAssembly.MemoryDescriptor {
  const descriptor: unknown = {
    address: "i64",
    initial: BigInt(pages),
    maximum: BigInt(pages),
    shared: true,
  };
  return descriptor as WebAssembly.MemoryDescriptor;
}

const started = new Map<boolean, Machine>();

/** One machine with addresses of 32 bits and one with 64, each with its name. */
export function testMachines(): [string, Machine][] {
  return [false, true].map((wide) => {
    const machine = started.get(wide) ?? testMachine({ wide });
    started.set(wide, machine);
    return [wide ? "wide" : "narrow", machine];
  });
}

/** A tensor on the host, row-major. */
export type HostOperand = Operand<HostArray>;

/** Numbers, counted up, so that no two elements are the same. */
export function counted(shape: Shape, dtype: DType = "float32"): HostOperand {
  return {
    shape,
    dtype,
    buffer: hostArray(dtype, sizeOf(shape)).map((_, i) => i + 1) as HostArray,
  };
}

/** Copies a tensor into the machine's memory. */
export function placed(machine: Machine, x: HostOperand, layout: Layout = "rowMajor"): WasmOperand {
  const buffer = machine.allocate(x.shape, layout);
  const numbers = x.dtype === "int32" ? machine.integers(buffer) : machine.floats(buffer);
  if (layout === "rowMajor") numbers.set(x.buffer);
  else {forEachPixel(x.shape, (at, lanes) =>
      lanes.forEach((from, c) =>
        numbers[at + c] = x.buffer[from] ?? 0
      ));}
  return { shape: x.shape, dtype: x.dtype, buffer };
}

/** Reads a tensor row-major, and checks that its padding is zero. */
export function numbersOf(
  machine: Machine,
  buffer: WasmBuffer,
  shape: Shape,
  dtype: DType = "float32",
): number[] {
  const numbers = dtype === "int32" ? machine.integers(buffer) : machine.floats(buffer);
  if (buffer.layout === "rowMajor") return Array.from(numbers);
  const found: number[] = Array(sizeOf(shape));
  forEachPixel(shape, (at, lanes) => {
    lanes.forEach((to, c) => {
      if (to >= 0) found[to] = numbers[at + c];
      else ok(Object.is(numbers[at + c], 0), `padding must be zero, got ${numbers[at + c]}`);
    });
  });
  return found;
}

/** Calls with where a pixel's lanes begin, and with each lane's row-major place, −1 for padding. */
function forEachPixel(
  [batch, channels, ...rest]: Shape,
  visit: (at: number, lanes: readonly number[]) => void,
): void {
  const pixels = sizeOf(rest);
  const padded = paddedChannels(channels);
  for (let n = 0; n < batch; n++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const lanes = Array.from(
        { length: padded },
        (_, c) => c < channels ? (n * channels + c) * pixels + pixel : -1,
      );
      visit((n * pixels + pixel) * padded, lanes);
    }
  }
}

/** Checks that everything that was allocated has been freed. */
export function checkAllFreed(machine: Machine): void {
  equal(machine.heap.statistics().blocks, 0);
}
