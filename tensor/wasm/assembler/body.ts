/**
 * The body of a function: variables, stores, loops and branches, written in the order they run.
 *
 * @module
 */

import { type Address, f32x4, writeAccess } from "./instructions.ts";
import { Code, type Int, int, Local, type Mode, type Type, type Value } from "./value.ts";

/** The bytes that stand for types; addresses depend on the mode. */
export function typeByte(type: Type, { wide }: Mode): number {
  if (type === "heap") return wide ? 0x7e : 0x7f;
  return { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b, scratch: 0x7f }[type];
}

const STORE = { f32: [0x38], f64: [0x39], i32: [0x36], v128: [0xfd, 11] } as const;
const NOTHING = 0x40;

/** A function of the same module. */
export interface Callable {
  readonly index: number;
}

/** What a function does, statement by statement. */
export class Body {
  readonly code: Code;
  readonly #beginning: Code;
  readonly #locals: Type[] = [];
  readonly #constants = new Map<number, Local<"v128">>();

  constructor(mode: Mode, readonly parameterCount: number) {
    this.code = new Code(mode);
    this.#beginning = new Code(mode);
  }

  /**
   * Four times a number, made once at the function's beginning: V8 would make a constant anew in each round of
   * a loop, by several instructions.
   */
  constant(value: number): Value<"v128"> {
    let local = this.#constants.get(value);
    if (local === undefined) {
      this.#constants.set(value, local = this.local("v128"));
      write(this.#beginning, local, f32x4.const(value));
    }
    return local;
  }

  /** A new variable, 0 at first. */
  local<T extends Type>(type: T): Local<T> {
    this.#locals.push(type);
    return new Local(type, this.parameterCount + this.#locals.length - 1);
  }

  /** A new variable that holds a value. */
  let<T extends Type>(value: Value<T>): Local<T> {
    const local = this.local(value.type);
    this.set(local, value);
    return local;
  }

  set<T extends Type>(local: Local<T>, value: Value<T>): void {
    write(this.code, local, value);
  }

  /** Adds to an integer, or moves an address on by so many bytes. */
  advance(local: Local<"i32"> | Local<"heap"> | Local<"scratch">, by: Int): void {
    if (local.type === "i32") this.set(local as Local<"i32">, (local as Local<"i32">).plus(by));
    else if (local.type === "heap") {
      this.set(local as Local<"heap">, (local as Local<"heap">).plus(by));
    } else this.set(local as Local<"scratch">, (local as Local<"scratch">).plus(by));
  }

  store(address: Address, value: Value<keyof typeof STORE>, offset = 0): void {
    this.#store(STORE[value.type], address, value, offset);
  }

  /** The low byte of an integer. */
  store8(address: Address, value: Value<"i32">, offset = 0): void {
    this.#store([0x3a], address, value, offset);
  }

  /** The first 32-bit lane of a vector. */
  storeLane0(address: Address, value: Value<"v128">, offset = 0): void {
    this.#store([0xfd, 90], address, value, offset);
    this.code.byte(0);
  }

  /** The first 64 bits of a vector. */
  storeLow(address: Address, value: Value<"v128">, offset = 0): void {
    this.#store([0xfd, 91], address, value, offset);
    this.code.byte(0);
  }

  /** Runs for i = from, from + step, … below `to` (signed). */
  for(from: Int, to: Int, step: Int, body: (i: Local<"i32">) => void): void {
    const i = this.let(int(from));
    const end = typeof to === "number" ? int(to) : this.let(to);
    this.if(i.lessThan(end), () => {
      this.#block(0x03, () => {
        body(i);
        this.advance(i, step);
        this.#branchIf(i.lessThan(end));
      });
    });
  }

  /** Runs `count` times; the count is 1 or more. */
  repeat(count: Int, body: () => void): void {
    const left = this.let(int(count));
    this.#block(0x03, () => {
      body();
      this.advance(left, -1);
      this.#branchIf(left);
    });
  }

  /** Runs again and again while the condition is not 0. */
  while(condition: () => Value<"i32">, body: () => void): void {
    this.if(condition(), () => {
      this.#block(0x03, () => {
        body();
        this.#branchIf(condition());
      });
    });
  }

  if(condition: Value<"i32">, then: () => void, otherwise?: () => void): void {
    condition.write(this.code);
    this.#block(0x04, () => {
      then();
      if (otherwise === undefined) return;
      this.code.byte(0x05);
      otherwise();
    });
  }

  call(callee: Callable, ...values: readonly Value<Type>[]): void {
    for (const value of values) value.write(this.code);
    this.code.byte(0x10);
    this.code.unsigned(callee.index);
  }

  /** Copies bytes within a memory or between the two; the ranges may overlap. */
  copy(to: Address, from: Address, bytes: Int): void {
    to.write(this.code);
    from.write(this.code);
    this.#length(bytes, to.type === "heap" && from.type === "heap");
    this.code.append([0xfc, 10, memoryOf(to), memoryOf(from)]);
  }

  /** Sets bytes to zero. */
  clear(at: Address, bytes: Int): void {
    at.write(this.code);
    int(0).write(this.code);
    this.#length(bytes, at.type === "heap");
    this.code.append([0xfc, 11, memoryOf(at)]);
  }

  /** The function's variables and code, as they stand in a module. */
  bytes(): Uint8Array {
    const all = new Code(this.code.mode);
    all.unsigned(this.#locals.length);
    for (const type of this.#locals) {
      all.byte(1);
      all.byte(typeByte(type, this.code.mode));
    }
    all.append(this.#beginning.view());
    all.append(this.code.view());
    all.byte(0x0b);
    return all.view();
  }

  #store(opcode: readonly number[], address: Address, value: Value<Type>, offset: number): void {
    address.write(this.code);
    value.write(this.code);
    this.code.append(opcode);
    writeAccess(this.code, address, offset);
  }

  #length(bytes: Int, isWide: boolean): void {
    int(bytes).write(this.code);
    if (isWide && this.code.mode.wide) this.code.byte(0xad);
  }

  #block(opcode: number, body: () => void): void {
    this.code.byte(opcode);
    this.code.byte(NOTHING);
    body();
    this.code.byte(0x0b);
  }

  #branchIf(condition: Value<"i32">): void {
    condition.write(this.code);
    this.code.append([0x0d, 0]);
  }
}

function write<T extends Type>(code: Code, local: Local<T>, value: Value<T>): void {
  value.write(code);
  code.byte(0x21);
  code.unsigned(local.index);
}

function memoryOf(address: Address): number {
  return address.type === "heap" ? 1 : 0;
}
