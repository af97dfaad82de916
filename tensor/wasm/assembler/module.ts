/**
 * Modules: functions that know two memories, `scratch`, which each thread has for itself, and
 * `memory`, which all threads share.
 *
 * Scratch comes first because V8 keeps only the first memory's place in registers, and only there
 * turns pairs of 128-bit instructions into 256-bit ones.
 *
 * @module
 */

import { Body, type Callable, typeByte } from "./body.ts";
import { Bytes } from "./bytes.ts";
import { Local, type Mode, type Type, Value } from "./value.ts";

/** The parameters of a function: their names and types, in order. */
export type Parameters = Readonly<Record<string, Type>>;

/** Parameters inside of the function. */
export type Arguments<P extends Parameters> = { readonly [Name in keyof P]: Local<P[Name]> };

/** The memories that a module imports from `env`, in pages of 64 KiB. */
export interface Memories {
  readonly shared: boolean;
  readonly heapPages: number;
  readonly scratchPages: number;
}

const MAXIMUM_PAGES = 65536;

/** A module that grows function by function. */
export class Module {
  readonly #types: Uint8Array[] = [];
  readonly #bodies: Uint8Array[] = [];
  readonly #exports: { name: string; index: number }[] = [];

  constructor(readonly mode: Mode, readonly memories: Memories) {}

  /** Adds a function that later functions can call. */
  function<P extends Parameters>(
    parameters: P,
    write: (k: Body, args: Arguments<P>) => void,
  ): Callable {
    return this.#add(parameters, (type) => typeByte(type, this.mode), write);
  }

  /**
   * Adds a function that JavaScript can call: addresses come in as numbers, for a wide one cannot come
   * as anything else but a slow BigInt.
   */
  export<P extends Parameters>(
    name: string,
    parameters: P,
    write: (k: Body, args: Arguments<P>) => void,
  ): void {
    if (!this.mode.wide) {
      const { index } = this.function(parameters, write);
      this.#exports.push({ name, index });
      return;
    }
    const typeOf = (type: Type) => type === "heap" ? F64 : typeByte(type, this.mode);
    const { index } = this.#add(parameters, typeOf, (k, args) => {
      const converted = Object.entries<Local<Type>>(args).map(([name, local]) =>
        [name, local.type === "heap" ? k.let(addressOf(local)) : local] as const
      );
      write(k, Object.fromEntries(converted) as Arguments<P>);
    });
    this.#exports.push({ name, index });
  }

  /** The module in the binary format. */
  bytes(): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    out.append([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    section(out, 1, this.#types);
    section(out, 2, [this.#scratchImport(), this.#heapImport()]);
    section(out, 3, this.#types.map((_, index) => entry((b) => b.unsigned(index))));
    section(
      out,
      7,
      this.#exports.map(({ name, index }) =>
        entry((b) => {
          b.text(name);
          b.byte(0);
          b.unsigned(index);
        })
      ),
    );
    section(out, 10, this.#bodies.map((body) => entry((b) => b.block(body))));
    return out.view().slice();
  }

  #add<P extends Parameters>(
    parameters: P,
    typeOf: (type: Type) => number,
    write: (k: Body, args: Arguments<P>) => void,
  ): Callable {
    const names = Object.keys(parameters);
    const args = names.map((name, index) => [name, new Local(parameters[name], index)]);
    const body = new Body(this.mode, names.length);
    // Writing may add functions that this one calls.
    write(body, Object.fromEntries(args));
    this.#types.push(entry((b) => {
      b.byte(0x60);
      b.block(names.map((name) => typeOf(parameters[name])));
      b.unsigned(0);
    }));
    this.#bodies.push(body.bytes());
    return { index: this.#bodies.length - 1 };
  }

  #heapImport(): Uint8Array {
    const { shared, heapPages } = this.memories;
    return memoryImport("memory", (b) => {
      b.byte(1 + (shared ? 2 : 0) + (this.mode.wide ? 4 : 0));
      b.unsigned(heapPages);
      b.unsigned(heapPages);
    });
  }

  #scratchImport(): Uint8Array {
    return memoryImport("scratch", (b) => {
      b.byte(1);
      b.unsigned(this.memories.scratchPages);
      b.unsigned(MAXIMUM_PAGES);
    });
  }
}

const F64 = 0x7c;

function addressOf(number: Local<Type>): Value<"heap"> {
  return new Value("heap", (code) => {
    number.write(code);
    code.byte(0xb1);
  });
}

function memoryImport(name: string, limits: (bytes: Bytes) => void): Uint8Array {
  return entry((b) => {
    b.text("env");
    b.text(name);
    b.byte(2);
    limits(b);
  });
}

function section(out: Bytes, id: number, entries: readonly Uint8Array[]): void {
  const body = entry((b) => {
    b.unsigned(entries.length);
    for (const one of entries) b.append(one);
  });
  out.byte(id);
  out.block(body);
}

function entry(write: (bytes: Bytes) => void): Uint8Array {
  const bytes = new Bytes();
  write(bytes);
  return bytes.view();
}
