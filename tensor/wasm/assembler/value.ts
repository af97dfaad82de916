/**
 * Values of the assembler: typed expressions that know how to write themselves as WebAssembly.
 *
 * @module
 */

import { Bytes } from "./bytes.ts";

/**
 * The types of values. `heap` is an address in the memory that all threads share, as wide as that
 * memory needs; `scratch` is an address in the memory that each thread has for itself.
 */
export type Type = "i32" | "i64" | "f32" | "f64" | "v128" | "heap" | "scratch";

/** Choices that hold for a whole module. */
export interface Mode {
  /** Whether addresses of the shared memory have 64 bits. */
  readonly wide: boolean;
  /** Whether a·b + c may be rounded once or twice as the machine likes, and is fast. */
  readonly relaxed: boolean;
}

/** Where an expression writes itself. */
export class Code extends Bytes {
  constructor(readonly mode: Mode) {
    super();
  }
}

/** An expression of a type. */
export class Value<T extends Type> {
  constructor(readonly type: T, readonly write: (code: Code) => void) {}

  /** Sum; of an address and a number of bytes, the address so far on. */
  plus(this: Value<"i32">, other: Int): Value<"i32">;
  plus(this: Value<"heap">, bytes: Int): Value<"heap">;
  plus(this: Value<"scratch">, bytes: Int): Value<"scratch">;
  plus(other: Int): Value<Type> {
    if (other === 0) return this;
    if (this.type !== "heap") return binary(this.type, 0x6a, this, int(other));
    return new Value<Type>("heap", (code) => {
      this.write(code);
      int(other).write(code);
      if (code.mode.wide) code.byte(EXTEND_UNSIGNED);
      code.byte(code.mode.wide ? 0x7c : 0x6a);
    });
  }

  minus(this: Value<"i32">, other: Int): Value<"i32"> {
    return binary("i32", 0x6b, this, int(other));
  }

  times(this: Value<"i32">, other: Int): Value<"i32"> {
    return other === 1 ? this : binary("i32", 0x6c, this, int(other));
  }

  /** Quotient rounded down; both from 0 up. */
  dividedBy(this: Value<"i32">, other: Int): Value<"i32"> {
    return binary("i32", 0x6e, this, int(other));
  }

  /** Remainder; both from 0 up. */
  modulo(this: Value<"i32">, other: Int): Value<"i32"> {
    return binary("i32", 0x70, this, int(other));
  }

  and(this: Value<"i32">, other: Int): Value<"i32"> {
    return binary("i32", 0x71, this, int(other));
  }

  or(this: Value<"i32">, other: Int): Value<"i32"> {
    return binary("i32", 0x72, this, int(other));
  }

  xor(this: Value<"i32">, other: Int): Value<"i32"> {
    return binary("i32", 0x73, this, int(other));
  }

  shiftedLeft(this: Value<"i32">, bits: Int): Value<"i32"> {
    return binary("i32", 0x74, this, int(bits));
  }

  /** Shifted right, zeros coming in. */
  shiftedRight(this: Value<"i32">, bits: Int): Value<"i32"> {
    return binary("i32", 0x76, this, int(bits));
  }

  rotatedLeft(this: Value<"i32">, bits: Int): Value<"i32"> {
    return binary("i32", 0x77, this, int(bits));
  }

  equals(this: Value<"i32">, other: Int): Value<"i32"> {
    return binary("i32", 0x46, this, int(other));
  }

  differsFrom(this: Value<"i32">, other: Int): Value<"i32"> {
    return binary("i32", 0x47, this, int(other));
  }

  /** Signed comparison. */
  lessThan(this: Value<"i32">, other: Int): Value<"i32"> {
    return binary("i32", 0x48, this, int(other));
  }

  /** Signed comparison. */
  atLeast(this: Value<"i32">, other: Int): Value<"i32"> {
    return binary("i32", 0x4e, this, int(other));
  }

  /** The smaller; signed. */
  atMost(this: Value<"i32">, other: Int): Value<"i32"> {
    return select(this.lessThan(other), this, int(other));
  }
}

/** A variable of a function. */
export class Local<T extends Type> extends Value<T> {
  constructor(type: T, readonly index: number) {
    super(type, (code) => {
      code.byte(0x20);
      code.unsigned(index);
    });
  }
}

/** A 32-bit integer: an expression, or a number known now. */
export type Int = Value<"i32"> | number;

const EXTEND_UNSIGNED = 0xad;

/** A number as an expression. */
export function int(value: Int): Value<"i32"> {
  if (typeof value !== "number") return value;
  return new Value("i32", (code) => {
    code.byte(0x41);
    code.signed(value);
  });
}

/** An address in scratch memory known now; V8 spares such accesses the check of bounds. */
export function scratch(address: number): Value<"scratch"> {
  return new Value("scratch", int(address).write);
}

/** `whenTrue` if the condition is not 0, else `whenFalse`; both are computed. */
export function select<T extends Type>(
  condition: Value<"i32">,
  whenTrue: Value<T>,
  whenFalse: Value<T>,
): Value<T> {
  return new Value(whenTrue.type, (code) => {
    whenTrue.write(code);
    whenFalse.write(code);
    condition.write(code);
    if (whenTrue.type !== "v128") return code.byte(0x1b);
    code.append([0x1c, 1, 0x7b]);
  });
}

function binary<T extends Type>(
  type: T,
  opcode: number,
  a: Value<Type>,
  b: Value<Type>,
): Value<T> {
  return new Value(type, (code) => {
    a.write(code);
    b.write(code);
    code.byte(opcode);
  });
}
