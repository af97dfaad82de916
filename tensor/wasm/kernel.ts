/**
 * Kernels as data: a name, parameters and how to write the code, assembled when first run.
 *
 * @module
 */

import {
  type Arguments,
  type Body,
  type Memories,
  type Mode,
  Module,
  type Parameters,
} from "./assembler/mod.ts";

/** The number of the task that a call does, beside a kernel's own parameters. */
export type Task = { readonly task: "i32" };

/** How many results a product keeps in registers: rows, and vectors of four along each row. */
export interface Tile {
  readonly rows: number;
  readonly vectors: number;
  /** Whether neighbouring vectors are to be fused into one of 256 bits. */
  readonly fused: boolean;
}

/** What code is written for. */
export interface Target {
  readonly mode: Mode;
  readonly memories: Memories;
  readonly tile: Tile;
}

/**
 * A kernel: its export `run` does one task of a job. Which part of the work a task is follows from its
 * number and the arguments alone, so that threads may share tasks out as they like.
 */
export interface Kernel {
  readonly name: string;
  readonly assemble: (target: Target) => Uint8Array<ArrayBuffer>;
}

/** A kernel of one function. */
export function kernel<P extends Parameters>(
  name: string,
  parameters: P,
  write: (k: Body, args: Arguments<P & Task>) => void,
): Kernel {
  return kernelOfParts(name, parameters, () => write);
}

/** A kernel that calls functions of its own, which `prepare` adds to the module before. */
export function kernelOfParts<P extends Parameters>(
  name: string,
  parameters: P,
  prepare: (module: Module, target: Target) => (k: Body, args: Arguments<P & Task>) => void,
): Kernel {
  return {
    name,
    assemble: (target) => {
      const module = new Module(target.mode, target.memories);
      const write = prepare(module, target);
      module.export("run", { ...parameters, task: "i32" } as P & Task, write);
      return module.bytes();
    },
  };
}
