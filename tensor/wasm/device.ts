/**
 * The `wasm` device: kernels in WebAssembly that TypeScript writes at run time, on all cores.
 *
 * @module
 */

import type {
  Device,
  DeviceDescription,
  HostArray,
  HostSource,
  Kernels,
  Result,
} from "../device.ts";
import { adamKernels } from "./adam.ts";
import { batchNormKernels } from "./batch_norm/kernels.ts";
import type { WasmBuffer, WasmOperand } from "./buffer.ts";
import { combineKernels } from "./combine.ts";
import { elementwiseKernels } from "./elementwise/mod.ts";
import { indexingKernels } from "./indexing.ts";
import { withLayout } from "./layout.ts";
import type { Machine } from "./machine.ts";
import { movementKernels } from "./movement/kernels.ts";
import { poolKernels } from "./pool/kernels.ts";
import { convolutionKernels } from "./products/conv2d.ts";
import { matmulKernels } from "./products/matmul.ts";
import { reductionKernels } from "./reduction/kernels.ts";
import { restartMachine, startMachine, type WasmOptions } from "./start.ts";

export type { WasmOptions } from "./start.ts";

let machine: Machine | undefined;

/** Starts the device, or goes on with other options; there is one in a process. */
export function startWasm(options: WasmOptions = {}): Device<WasmBuffer> {
  if (machine === undefined) machine = startMachine(options);
  else restartMachine(machine, options);
  return wasmDevice ??= deviceOf(machine);
}

let wasmDevice: Device<WasmBuffer> | undefined;

function deviceOf(machine: Machine): Device<WasmBuffer> {
  return {
    name: "wasm",
    dtypes: ["float32", "int32"],
    get description(): DeviceDescription {
      const { team, target } = machine;
      return { threads: team.threads, mode: target.tile.fused ? "revectorize" : "plain" };
    },
    kernels: allOrNothing(machine, {
      ...elementwiseKernels(machine),
      ...movementKernels(machine),
      ...reductionKernels(machine),
      ...indexingKernels(machine),
      ...poolKernels(machine),
      ...batchNormKernels(machine),
      ...convolutionKernels(machine),
      ...matmulKernels(machine),
      ...adamKernels(machine),
      ...combineKernels(machine),
    }),
    write: (data, result) => write(machine, data, result),
    read: (x) => Promise.resolve(read(machine, x)),
    readSync: (x) => read(machine, x),
    bytes: (buffer) => buffer.bytes,
    free: (buffer) => machine.free(buffer),
  };
}

/** Kernels that keep no block when they throw, as for want of memory halfway. */
function allOrNothing(machine: Machine, kernels: Kernels<WasmBuffer>): Kernels<WasmBuffer> {
  const wrapped = Object.entries(kernels).map(([name, kernel]) => {
    const run: (...args: never[]) => unknown = kernel;
    return [name, (...args: never[]) => machine.attempt(() => run(...args))];
  });
  return Object.fromEntries(wrapped);
}

function write(machine: Machine, data: HostSource, { shape, dtype }: Result): WasmBuffer {
  const buffer = machine.allocate(shape);
  const numbers = dtype === "int32" ? machine.integers(buffer) : machine.floats(buffer);
  numbers.set(data);
  return buffer;
}

function read(machine: Machine, x: WasmOperand): HostArray {
  return machine.attempt(() =>
    withLayout(
      machine,
      x,
      "rowMajor",
      (buffer) =>
        x.dtype === "int32"
          ? new Int32Array(machine.integers(buffer))
          : new Float32Array(machine.floats(buffer)),
    )
  );
}
