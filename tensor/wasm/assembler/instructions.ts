/**
 * The instructions that kernels use, by the names of the WebAssembly specification: `f32x4.add(a, b)`.
 *
 * @module
 */

import { type Code, type Int, int, type Type, Value } from "./value.ts";

/** An address in either memory. */
export type Address = Value<"heap"> | Value<"scratch">;

type Unary<A extends Type, R extends Type> = (a: Value<A>) => Value<R>;
type Binary<A extends Type, R extends Type> = (a: Value<A>, b: Value<A>) => Value<R>;

const SIMD = 0xfd;
const SATURATING = 0xfc;

function unary<A extends Type, R extends Type>(result: R, ...opcode: number[]): Unary<A, R> {
  return (a) =>
    new Value(result, (code) => {
      a.write(code);
      writeOpcode(code, opcode);
    });
}

function binary<A extends Type, R extends Type>(result: R, ...opcode: number[]): Binary<A, R> {
  return (a, b) =>
    new Value(result, (code) => {
      a.write(code);
      b.write(code);
      writeOpcode(code, opcode);
    });
}

function writeOpcode(code: Code, [first, second]: readonly number[]): void {
  code.byte(first);
  if (second !== undefined) code.unsigned(second);
}

/** Writes which memory an access is to, its alignment and its fixed offset. */
export function writeAccess(code: Code, address: Address, offset: number): void {
  if (address.type === "scratch") {
    code.byte(0);
  } else {
    code.byte(MEMORY_FOLLOWS);
    code.byte(1);
  }
  code.unsigned(offset);
}

const MEMORY_FOLLOWS = 0x40;

function load<T extends Type>(
  type: T,
  ...opcode: number[]
): (address: Address, offset?: number) => Value<T> {
  return (address, offset = 0) =>
    new Value(type, (code) => {
      address.write(code);
      writeOpcode(code, opcode);
      writeAccess(code, address, offset);
    });
}

function splat<A extends Type>(opcode: number): Unary<A, "v128"> {
  return unary("v128", SIMD, opcode);
}

function lane<R extends Type>(result: R, opcode: number): (a: Vector, lane: number) => Value<R> {
  return (a, lane) =>
    new Value(result, (code) => {
      a.write(code);
      writeOpcode(code, [SIMD, opcode]);
      code.byte(lane);
    });
}

function shift(opcode: number): (a: Vector, bits: Int) => Vector {
  return (a, bits) =>
    new Value("v128", (code) => {
      a.write(code);
      int(bits).write(code);
      writeOpcode(code, [SIMD, opcode]);
    });
}

/** a · b + c, in one instruction where the module may be relaxed. */
function mulAdd(relaxed: number, mul: number, add: number) {
  return (a: Vector, b: Vector, c: Vector): Vector =>
    new Value("v128", (code) => {
      a.write(code);
      b.write(code);
      if (!code.mode.relaxed) writeOpcode(code, [SIMD, mul]);
      c.write(code);
      writeOpcode(code, [SIMD, code.mode.relaxed ? relaxed : add]);
    });
}

function constant(bytes: Uint8Array): Vector {
  return new Value("v128", (code) => {
    writeOpcode(code, [SIMD, 12]);
    code.append(bytes);
  });
}

/** 128 bits: four numbers of 32, or two of 64. */
export type Vector = Value<"v128">;

const compare = (first: number) => ({
  eq: binary<"v128", "v128">("v128", SIMD, first),
  ne: binary<"v128", "v128">("v128", SIMD, first + 1),
  lt: binary<"v128", "v128">("v128", SIMD, first + 2),
  gt: binary<"v128", "v128">("v128", SIMD, first + 3),
  le: binary<"v128", "v128">("v128", SIMD, first + 4),
  ge: binary<"v128", "v128">("v128", SIMD, first + 5),
});

const vectorUnary = (opcode: number) => unary<"v128", "v128">("v128", SIMD, opcode);
const vectorBinary = (opcode: number) => binary<"v128", "v128">("v128", SIMD, opcode);

/** Bits, whatever they stand for. */
export const v128 = {
  load: load("v128", SIMD, 0),
  /** One 32-bit number from memory in all four lanes. */
  load32Splat: load("v128", SIMD, 9),
  /** One 32-bit number from memory in the first lane, zeros in the others. */
  load32Zero: load("v128", SIMD, 92),
  load64Zero: load("v128", SIMD, 93),
  not: vectorUnary(77),
  and: vectorBinary(78),
  /** a without the bits of b. */
  andnot: vectorBinary(79),
  or: vectorBinary(80),
  xor: vectorBinary(81),
  /** The bits of a where the mask has ones, else of b. */
  bitselect: (a: Vector, b: Vector, mask: Vector): Vector =>
    new Value("v128", (code) => {
      a.write(code);
      b.write(code);
      mask.write(code);
      writeOpcode(code, [SIMD, 82]);
    }),
  anyTrue: unary<"v128", "i32">("i32", SIMD, 83),
  /** 32-bit lanes, 0 to 3 from a, 4 to 7 from b. */
  shuffle: (a: Vector, b: Vector, lanes: readonly [number, number, number, number]): Vector =>
    new Value("v128", (code) => {
      a.write(code);
      b.write(code);
      writeOpcode(code, [SIMD, 13]);
      for (const lane of lanes) {
        for (let byte = 0; byte < 4; byte++) code.byte(4 * lane + byte);
      }
    }),
} as const;

/** Sixteen bytes. */
export const i8x16 = {
  splat: splat<"i32">(15),
  eq: vectorBinary(35),
  narrowU: vectorBinary(102),
} as const;

/** Eight 16-bit integers. */
export const i16x8 = {
  narrowU: vectorBinary(134),
  extendLowI8x16U: vectorUnary(137),
  extendHighI8x16U: vectorUnary(138),
} as const;

/** Four 32-bit integers. */
export const i32x4 = {
  const: (value: number): Vector => constant(new Uint8Array(new Int32Array(4).fill(value).buffer)),
  lanes: (...values: [number, number, number, number]): Vector =>
    constant(new Uint8Array(Int32Array.from(values).buffer)),
  splat: splat<"i32">(17),
  extractLane: lane("i32", 27),
  eq: vectorBinary(55),
  ne: vectorBinary(56),
  lt: vectorBinary(57),
  gt: vectorBinary(59),
  le: vectorBinary(61),
  ge: vectorBinary(63),
  allTrue: unary<"v128", "i32">("i32", SIMD, 163),
  bitmask: unary<"v128", "i32">("i32", SIMD, 164),
  extendLowI16x8U: vectorUnary(169),
  extendHighI16x8U: vectorUnary(170),
  shl: shift(171),
  shrS: shift(172),
  shrU: shift(173),
  add: vectorBinary(174),
  sub: vectorBinary(177),
  mul: vectorBinary(181),
  /** Of four f32, towards zero; what does not fit becomes the nearest that does, NaN 0. */
  truncSatF32x4: vectorUnary(248),
  /** Of two f64 into the low lanes, the others 0. */
  truncSatF64x2Zero: vectorUnary(252),
} as const;

/** Two 64-bit integers. */
export const i64x2 = {
  const: (value: bigint): Vector =>
    constant(new Uint8Array(new BigInt64Array(2).fill(value).buffer)),
  shl: shift(203),
  shrU: shift(205),
  add: vectorBinary(206),
  sub: vectorBinary(209),
} as const;

/** Four 32-bit floats. */
export const f32x4 = {
  const: (value: number): Vector =>
    constant(new Uint8Array(new Float32Array(4).fill(value).buffer)),
  lanes: (...values: [number, number, number, number]): Vector =>
    constant(new Uint8Array(Float32Array.from(values).buffer)),
  splat: splat<"f32">(19),
  extractLane: lane("f32", 31),
  ...compare(65),
  floor: vectorUnary(104),
  trunc: vectorUnary(105),
  /** To the nearest whole number, halves to even. */
  nearest: vectorUnary(106),
  abs: vectorUnary(224),
  neg: vectorUnary(225),
  sqrt: vectorUnary(227),
  add: vectorBinary(228),
  sub: vectorBinary(229),
  mul: vectorBinary(230),
  div: vectorBinary(231),
  min: vectorBinary(232),
  max: vectorBinary(233),
  /** b < a ? b : a. */
  pmin: vectorBinary(234),
  /** a < b ? b : a. */
  pmax: vectorBinary(235),
  /** a · b + c. */
  mulAdd: mulAdd(0x105, 230, 228),
  convertI32x4: vectorUnary(250),
  /** Of two f64 into the low lanes, the others 0. */
  demoteF64x2Zero: vectorUnary(94),
} as const;

/** Two 64-bit floats. */
export const f64x2 = {
  const: (value: number): Vector =>
    constant(new Uint8Array(new Float64Array(2).fill(value).buffer)),
  splat: splat<"f64">(20),
  extractLane: lane("f64", 33),
  ...compare(71),
  floor: vectorUnary(117),
  nearest: vectorUnary(148),
  abs: vectorUnary(236),
  neg: vectorUnary(237),
  sqrt: vectorUnary(239),
  add: vectorBinary(240),
  sub: vectorBinary(241),
  mul: vectorBinary(242),
  div: vectorBinary(243),
  pmin: vectorBinary(246),
  pmax: vectorBinary(247),
  /** a · b + c. */
  mulAdd: mulAdd(0x107, 242, 240),
  /** Of the two low i32. */
  convertLowI32x4: vectorUnary(254),
  /** Of the two low f32. */
  promoteLowF32x4: vectorUnary(95),
} as const;

/** One 32-bit integer; its arithmetic is in the methods of a value. */
export const i32 = {
  const: (value: number): Value<"i32"> => int(value),
  load: load("i32", 0x28),
  load8U: load("i32", 0x2d),
  /** 1 if a is 0, else 0. */
  eqz: unary<"i32", "i32">("i32", 0x45),
  reinterpretF32: unary<"f32", "i32">("i32", 0xbc),
  truncSatF32: unary<"f32", "i32">("i32", SATURATING, 0),
  truncSatF64: unary<"f64", "i32">("i32", SATURATING, 2),
} as const;

/** One 32-bit float. */
export const f32 = {
  const: (value: number): Value<"f32"> =>
    new Value("f32", (code) => {
      code.byte(0x43);
      code.f32(value);
    }),
  load: load("f32", 0x2a),
  eq: binary<"f32", "i32">("i32", 0x5b),
  ne: binary<"f32", "i32">("i32", 0x5c),
  lt: binary<"f32", "i32">("i32", 0x5d),
  gt: binary<"f32", "i32">("i32", 0x5e),
  le: binary<"f32", "i32">("i32", 0x5f),
  ge: binary<"f32", "i32">("i32", 0x60),
  abs: unary<"f32", "f32">("f32", 0x8b),
  neg: unary<"f32", "f32">("f32", 0x8c),
  sqrt: unary<"f32", "f32">("f32", 0x91),
  add: binary<"f32", "f32">("f32", 0x92),
  sub: binary<"f32", "f32">("f32", 0x93),
  mul: binary<"f32", "f32">("f32", 0x94),
  div: binary<"f32", "f32">("f32", 0x95),
  convertI32: unary<"i32", "f32">("f32", 0xb2),
  demoteF64: unary<"f64", "f32">("f32", 0xb6),
} as const;

/** One 64-bit float. */
export const f64 = {
  const: (value: number): Value<"f64"> =>
    new Value("f64", (code) => {
      code.byte(0x44);
      code.f64(value);
    }),
  load: load("f64", 0x2b),
  lt: binary<"f64", "i32">("i32", 0x63),
  sqrt: unary<"f64", "f64">("f64", 0x9f),
  add: binary<"f64", "f64">("f64", 0xa0),
  sub: binary<"f64", "f64">("f64", 0xa1),
  mul: binary<"f64", "f64">("f64", 0xa2),
  div: binary<"f64", "f64">("f64", 0xa3),
  convertI32: unary<"i32", "f64">("f64", 0xb7),
  promoteF32: unary<"f32", "f64">("f64", 0xbb),
} as const;
