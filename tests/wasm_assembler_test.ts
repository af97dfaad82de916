/**
 * The assembler: what is written as TypeScript computes what it says, in every mode.
 */

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { Bytes } from "../tensor/wasm/assembler/bytes.ts";
import {
  type Arguments,
  type Body,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  int,
  type Mode,
  Module,
  type Parameters,
  scratch,
  select,
  v128,
} from "../tensor/wasm/assembler/mod.ts";
import { fc } from "./fast_check.ts";

const PAGES = 2;

const MODES: Readonly<Record<string, Mode>> = {
  "32-bit addresses": { wide: false, relaxed: true },
  "64-bit addresses": { wide: true, relaxed: true },
  "no relaxed instructions": { wide: false, relaxed: false },
};

interface Running {
  readonly run: (...args: number[]) => void;
  readonly heap: ArrayBufferLike;
  readonly scratch: ArrayBufferLike;
}

/** A module of one function, running over small memories. */
function assemble<P extends Parameters>(
  mode: Mode,
  parameters: P,
  write: (k: Body, args: Arguments<P>, module: Module) => void,
): Running {
  const module = new Module(mode, { shared: true, heapPages: PAGES, scratchPages: PAGES });
  module.export("run", parameters, (k, args) => write(k, args, module));
  return instantiate(module);
}

function instantiate(module: Module): Running {
  const pages = module.mode.wide ? BigInt(PAGES) : PAGES;
  const descriptor: object = {
    address: module.mode.wide ? "i64" : "i32",
    initial: pages,
    maximum: pages,
    shared: true,
  };
  const memory = new WebAssembly.Memory(descriptor as WebAssembly.MemoryDescriptor);
  const own = new WebAssembly.Memory({ initial: PAGES, maximum: 65536 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), {
    env: { memory, scratch: own },
  });
  return { run: exports.run as Running["run"], heap: memory.buffer, scratch: own.buffer };
}

/** What an i32 expression of two integers computes. */
function evaluate(
  mode: Mode,
  expression: (a: ReturnType<typeof int>, b: ReturnType<typeof int>) => ReturnType<typeof int>,
): (a: number, b: number) => number {
  const { run, scratch: own } = assemble(mode, { a: "i32", b: "i32" }, (k, { a, b }) => {
    k.store(scratch(0), expression(a, b));
  });
  return (a, b) => {
    run(a, b);
    return new Int32Array(own)[0];
  };
}

Deno.test("numbers are written as LEB128", () => {
  const written = (write: (bytes: Bytes) => void) => {
    const bytes = new Bytes();
    write(bytes);
    return [...bytes.view()];
  };
  deepEqual(written((b) => b.unsigned(624485)), [0xe5, 0x8e, 0x26]);
  deepEqual(written((b) => b.unsigned(2 ** 32)), [0x80, 0x80, 0x80, 0x80, 0x10]);
  deepEqual(written((b) => b.signed(-123456)), [0xc0, 0xbb, 0x78]);
  deepEqual(written((b) => b.signed(64)), [0xc0, 0x00]);
  deepEqual(written((b) => b.signed(-64)), [0x40]);
});

Deno.test("bytes grow past their first size", () => {
  const bytes = new Bytes();
  for (let i = 0; i < 1000; i++) bytes.byte(i % 256);
  bytes.append(new Uint8Array(5000).fill(7));
  equal(bytes.length, 6000);
  equal(bytes.view()[999], 999 % 256);
  equal(bytes.view()[5999], 7);
});

Deno.test("integer arithmetic is that of 32 bits", () => {
  const cases = {
    plus: (a: number, b: number) => (a + b) | 0,
    minus: (a: number, b: number) => (a - b) | 0,
    times: Math.imul,
    and: (a: number, b: number) => a & b,
    or: (a: number, b: number) => a | b,
    xor: (a: number, b: number) => a ^ b,
    shiftedLeft: (a: number, b: number) => a << b,
    shiftedRight: (a: number, b: number) => (a >>> b) | 0,
    rotatedLeft: (a: number, b: number) => (a << b) | (a >>> (32 - b)),
    equals: (a: number, b: number) => Number(a === b),
    differsFrom: (a: number, b: number) => Number(a !== b),
    lessThan: (a: number, b: number) => Number(a < b),
    atLeast: (a: number, b: number) => Number(a >= b),
    atMost: Math.min,
  } as const;
  for (const [name, wanted] of Object.entries(cases)) {
    const found = evaluate(MODES["32-bit addresses"], (a, b) => a[name as keyof typeof cases](b));
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => equal(found(a, b), wanted(a, b), name)),
      { numRuns: 50, seed: 1 },
    );
  }
});

Deno.test("quotients and remainders of numbers from 0 up are rounded down", () => {
  const quotient = evaluate(MODES["32-bit addresses"], (a, b) => a.dividedBy(b));
  const remainder = evaluate(MODES["32-bit addresses"], (a, b) => a.modulo(b));
  deepEqual([quotient(17, 5), remainder(17, 5), quotient(4, 5), remainder(4, 5)], [3, 2, 0, 4]);
});

for (const [name, mode] of Object.entries(MODES)) {
  Deno.test(`a loop over the heap adds up vectors: ${name}`, () => {
    const parameters = { from: "heap", to: "heap", count: "i32" } as const;
    const { run, heap } = assemble(mode, parameters, (k, { from, to, count }) => {
      const sum = k.local("v128");
      k.for(0, count, 4, () => {
        k.set(sum, f32x4.mulAdd(v128.load(from), k.constant(2), sum));
        k.advance(from, 16);
      });
      k.store(to, sum, 16);
    });
    const numbers = new Float32Array(heap);
    numbers.set([1, 2, 3, 4, 10, 20, 30, 40], 16);
    run(64, 4096, 8);
    deepEqual([...numbers.subarray(1028, 1032)], [22, 44, 66, 88]);
    run(64, 4096, 0);
    deepEqual([...numbers.subarray(1028, 1032)], [0, 0, 0, 0], "a loop from 0 to 0 runs no round");
  });

  Deno.test(`copies go within and between the memories: ${name}`, () => {
    const { run, heap, scratch: own } = assemble(mode, { a: "heap", b: "heap" }, (k, { a, b }) => {
      k.copy(scratch(128), a, 8);
      k.copy(scratch(136), scratch(128), 4);
      k.copy(b, scratch(132), 8);
      k.copy(b.plus(8), a, 4);
      k.clear(a, 4);
      k.clear(scratch(128), 4);
    });
    new Int32Array(heap).set([1, 2], 16);
    run(64, 256);
    deepEqual([...new Int32Array(heap).subarray(64, 67)], [2, 1, 1]);
    deepEqual([...new Int32Array(heap).subarray(16, 18)], [0, 2]);
    deepEqual([...new Int32Array(own).subarray(32, 35)], [0, 2, 1]);
  });

  Deno.test(`functions call functions, with addresses of both memories: ${name}`, () => {
    const { run, heap } = assemble(mode, { at: "heap" }, (k, { at }, module) => {
      const parameters = { to: "heap", from: "scratch", times: "i32" } as const;
      const double = module.function(parameters, (k, { to, from, times }) => {
        const value = k.let(i32.load(from));
        k.repeat(times, () => k.set(value, value.plus(value)));
        k.store(to, value);
      });
      k.store(scratch(512), int(3));
      k.call(double, at.plus(4), scratch(512), int(5));
    });
    run(100);
    equal(new Int32Array(heap)[26], 96);
  });
}

Deno.test("an address beyond 4 GiB reaches a wide memory whole, and is refused there", () => {
  const { run } = assemble(MODES["64-bit addresses"], { at: "heap" }, (k, { at }) => {
    k.store(at, int(1));
  });
  throws(() => run(2 ** 32), /out of bounds/);
  throws(() => run(2 ** 40 + 64), /out of bounds/);
});

Deno.test("branches and loops nest", () => {
  const { run, scratch: own } = assemble(MODES["32-bit addresses"], { n: "i32" }, (k, { n }) => {
    const odd = k.let(int(0));
    const even = k.let(int(0));
    k.for(0, n, 1, (i) => {
      k.if(i.and(1), () => k.advance(odd, i), () => {
        k.for(0, i, 2, () => k.advance(even, 1));
      });
    });
    const left = k.let(n);
    const rounds = k.let(int(0));
    k.while(() => int(0).lessThan(left), () => {
      k.set(left, left.shiftedRight(1));
      k.advance(rounds, 1);
    });
    k.store(scratch(0), odd);
    k.store(scratch(0), even, 4);
    k.store(scratch(0), rounds, 8);
    k.store(scratch(0), select(n.lessThan(5), int(-1), int(1)), 12);
  });
  run(10);
  deepEqual([...new Int32Array(own).subarray(0, 4)], [25, 10, 4, 1]);
  run(0);
  deepEqual([...new Int32Array(own).subarray(0, 4)], [0, 0, 0, -1]);
});

Deno.test("a · b + c is rounded once where it may be, twice in strict mode", () => {
  const [a, b, c] = [1 + 2 ** -13, 1 - 2 ** -13, -1];
  const product = (mode: Mode) => {
    const { run, scratch: own } = assemble(mode, {}, (k) => {
      k.store(scratch(0), f32x4.mulAdd(f32x4.const(a), f32x4.const(b), f32x4.const(c)));
      k.store(scratch(0), f64x2.mulAdd(f64x2.const(a), f64x2.const(b), f64x2.const(c)), 16);
    });
    run();
    return [new Float32Array(own)[0], new Float64Array(own)[2]];
  };
  deepEqual(product(MODES["no relaxed instructions"]), [0, -(2 ** -26)]);
  const [single, double] = product(MODES["32-bit addresses"]);
  equal(double, -(2 ** -26));
  ok(single === -(2 ** -26) || single === 0, "a machine without the instruction rounds twice");
});

Deno.test("vectors: lanes, shuffles, comparisons and conversions", () => {
  const { run, scratch: own } = assemble(MODES["32-bit addresses"], { x: "f32" }, (k, { x }) => {
    const a = k.let(f32x4.lanes(1, -2, 3.5, -4.5));
    k.store(scratch(0), v128.shuffle(a, f32x4.splat(x), [3, 4, 0, 1]));
    k.store(scratch(16), v128.bitselect(a, f32x4.const(9), f32x4.gt(a, f32x4.const(0))));
    k.store(scratch(32), i32x4.truncSatF32x4(a));
    k.store(scratch(48), f32x4.convertI32x4(i32x4.lanes(1, -2, 3, 2 ** 30)));
    k.store(scratch(64), f32.add(f32x4.extractLane(a, 2), f32.const(0.25)));
    k.store(scratch(72), f64.promoteF32(f32x4.extractLane(a, 3)));
    k.storeLow(scratch(80), a);
    k.storeLane0(scratch(88), f32x4.nearest(f32x4.const(2.5)));
    k.store8(scratch(92), int(300));
  });
  run(7);
  const floats = new Float32Array(own);
  deepEqual([...floats.subarray(0, 8)], [-4.5, 7, 1, -2, 1, 9, 3.5, 9]);
  deepEqual([...new Int32Array(own).subarray(8, 12)], [1, -2, 3, -4]);
  deepEqual([...floats.subarray(12, 17)], [1, -2, 3, 2 ** 30, 3.75]);
  equal(new Float64Array(own)[9], -4.5);
  deepEqual([...floats.subarray(20, 23)], [1, -2, 2]);
  equal(new Uint8Array(own)[92], 44);
});
