/**
 * Small WebAssembly modules that show what a team does, written byte by byte so that the tests of
 * threads do not rest on the assembler.
 */

const I32 = 0x7f;
const GET = 0x20;
const TEE = 0x22;
const SET = 0x21;
const CONST = 0x41;
const ADD = 0x6a;
const MINUS_1 = 0x7f;
const MULTIPLY = 0x6c;
const EQUAL = 0x46;
const F32_LOAD = [0x2a, 2, 0];
const F32_STORE = [0x38, 2, 0];
const F32_ADD = 0x92;
const SHIFT_LEFT = 0x74;
const HEAP_LOAD = [0x28, 2, 0];
const HEAP_STORE = [0x36, 2, 0];
/** Bit 6 of the alignment says that the memory's index follows. */
const SCRATCH_LOAD = [0x28, 0x42, 1, 0];
const SCRATCH_STORE = [0x36, 0x42, 1, 0];
const IF = [0x04, 0x40];
const LOOP = [0x03, 0x40];
const BRANCH_IF = 0x0d;
const IS_ZERO = 0x45;
const UNREACHABLE = 0x00;
const END = 0x0b;

/** `run(i32 × parameters)` of this code; `locals` more i32 follow the parameters. */
function runModule(
  parameters: number,
  code: readonly number[],
  locals = 0,
): Uint8Array<ArrayBuffer> {
  const types = vector([[0x60, ...vector(Array(parameters).fill([I32])), 0]]);
  const memory = (name: string, limits: number[]) => [...text("env"), ...text(name), 2, ...limits];
  const shared = [3, 1, ...leb(65536)];
  const unshared = [1, 1, ...leb(65536)];
  const imports = vector([memory("memory", shared), memory("scratch", unshared)]);
  const body = [...vector(locals > 0 ? [[locals, I32]] : []), ...code, END];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, imports),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text("run"), 0, 0]])),
    ...section(10, vector([[...leb(body.length), ...body]])),
  ]);
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...leb(Math.floor(value / 128))];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...leb(items.length), ...items.flat()];
}

function text(name: string): number[] {
  return vector([...new TextEncoder().encode(name)].map((byte) => [byte]));
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

/** `base + 4 · task`, both parameters. */
function slot(base: number, task: number): number[] {
  return [GET, base, GET, task, CONST, 2, SHIFT_LEFT, ADD];
}

/** Counts the local down to zero, so that a task takes its time. */
function delay(local: number): number[] {
  return [...LOOP, GET, local, CONST, MINUS_1, ADD, TEE, local, BRANCH_IF, 0, END];
}

/** run(out, value, task): out[task] += value. */
export const ADD_VALUE = runModule(3, [
  ...slot(0, 2),
  ...[...slot(0, 2), ...HEAP_LOAD, GET, 1, ADD],
  ...HEAP_STORE,
]);

/** run(out, steps, task): takes `steps` steps; out[task] = how many tasks this thread has run. */
export const COUNT_ON_THREAD = runModule(3, [
  ...delay(1),
  ...[CONST, 0, CONST, 0, ...SCRATCH_LOAD, CONST, 1, ADD, ...SCRATCH_STORE],
  ...[...slot(0, 2), CONST, 0, ...SCRATCH_LOAD, ...HEAP_STORE],
]);

/** run(bad, task): traps at the task `bad`. */
export const TRAP_AT = runModule(2, [GET, 0, GET, 1, EQUAL, ...IF, UNREACHABLE, END]);

/** run(steps, task): takes `steps` steps, then traps on threads that have run COUNT_ON_THREAD never. */
export const TRAP_ON_NEW_THREADS = runModule(2, [
  ...delay(0),
  ...[CONST, 0, ...SCRATCH_LOAD, IS_ZERO, ...IF, UNREACHABLE, END],
]);

/** run(address, out, task): writes the task to the scratch memory and copies it from there to out[task]. */
export const THROUGH_SCRATCH = runModule(3, [
  ...[GET, 0, GET, 2, ...SCRATCH_STORE],
  ...[...slot(1, 2), GET, 0, ...SCRATCH_LOAD, ...HEAP_STORE],
]);

/** run(out, x, …, task) with so many arguments: out[task] = the sum of i · (argument i) for i ≥ 1. */
export function sumOfArguments(count: number): Uint8Array<ArrayBuffer> {
  const terms = Array.from(
    { length: count - 1 },
    (_, i) => [GET, i + 1, CONST, i + 1, MULTIPLY, ADD],
  );
  return runModule(count + 1, [...slot(0, count), CONST, 0, ...terms.flat(), ...HEAP_STORE]);
}

/** run(x, n, out, task): the f32 sum of x[n · task] to x[n · task + n − 1], from left to right. */
export const SUM = runModule(4, [
  ...[GET, 0, GET, 1, GET, 3, MULTIPLY, CONST, 2, SHIFT_LEFT, ADD, SET, 4],
  ...LOOP,
  ...[...slot(2, 3), ...slot(2, 3), ...F32_LOAD, GET, 4, ...F32_LOAD, F32_ADD, ...F32_STORE],
  ...[GET, 4, CONST, 4, ADD, SET, 4],
  ...[GET, 1, CONST, MINUS_1, ADD, TEE, 1, BRANCH_IF, 0],
  END,
], 1);
