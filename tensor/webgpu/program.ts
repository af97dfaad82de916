/**
 * Compute programs as data: the buffers and numbers that a shader takes, and what it does with them.
 *
 * A shader is written as the body of a loop. What stands around it (bindings, the struct of numbers,
 * the entry point) is the same for all and made here.
 *
 * @module
 */

/** What a buffer is an array of, in the eyes of a program. */
export type Elements = "f32" | "i32" | "u32" | "vec4f" | "vec4i" | "vec4u";

/** Buffers by name. */
export type Bindings = Readonly<Record<string, Elements>>;

/** Numbers by name. */
export type Numbers = Readonly<Record<string, "f32" | "i32" | "u32">>;

/** How many workgroups there are along each axis. */
export type Groups = readonly [x: number, y: number, z: number];

/** The most workgroups along one axis. */
export const MOST_GROUPS = 65535;

/**
 * The most turns that the loops of an invocation may take together: llvmpipe leaves them after 65535,
 * silently.
 */
export const LONGEST_LOOP = 32768;

/** How far apart the numbers of two dispatches lie, and so the most that one may have. */
export const UNIFORM_BYTES = 256;

/** A shader and what it takes, ready to be compiled. */
export interface Program<Buffer extends string = string, Value extends string = string> {
  /** What errors call it. */
  readonly name: string;
  /** The buffers in the order of their bindings: those that are read, then those that are written. */
  readonly buffers: readonly Buffer[];
  /** How many of them are read only. */
  readonly reads: number;
  /** The numbers in the order of the uniform struct. */
  readonly numbers: readonly (readonly [name: Value, type: Numbers[string]])[];
  /** WGSL. */
  readonly code: string;
}

/** What a program is made of; `body` is WGSL. */
export interface Parts<R extends Bindings, W extends Bindings, U extends Numbers> {
  readonly name: string;
  /** Buffers that are read. */
  readonly reads: R;
  /** Buffers that are written, and may be read. */
  readonly writes: W;
  /** Numbers, `u.name` in the body. */
  readonly numbers: U;
  /** WGSL before the entry point: functions, constants, workgroup memory. */
  readonly declarations?: string;
  readonly body: string;
}

type Names<T> = Extract<keyof T, string>;
type ProgramOf<R, W, U> = Program<Names<R> | Names<W>, Names<U>>;

/** Invocations of a workgroup that have nothing to share. */
const STRANGERS = 64;

/**
 * A program whose body does one piece of work, number `i` of `u.count`: it runs once for each, in any
 * order.
 */
export function eachProgram<R extends Bindings, W extends Bindings, U extends Numbers>(
  parts: Parts<R, W, U>,
): ProgramOf<R, W, U & { count: "u32" }> {
  return assembled(parts, {
    numbers: { ...parts.numbers, count: "u32" as const },
    workgroup: [STRANGERS, 1, 1],
    builtins: "@builtin(global_invocation_id) id: vec3u",
    prologue: `
  let i = id.x + id.y * ${MOST_GROUPS * STRANGERS}u;
  if (i >= u.count) { return; }`,
  });
}

/** How many workgroups of an {@linkcode eachProgram} do `count` pieces of work. */
export function groupsForEach(count: number): Groups {
  const groups = Math.ceil(count / STRANGERS);
  return [Math.min(groups, MOST_GROUPS), Math.ceil(groups / MOST_GROUPS), 1];
}

/**
 * A program whose body does the work of a workgroup of x · y · z invocations together: `group` is the
 * workgroup's place, `local` the invocation's in it, and `lane` the latter counted through.
 */
export function groupProgram<R extends Bindings, W extends Bindings, U extends Numbers>(
  workgroup: readonly [x: number, y: number, z: number],
  parts: Parts<R, W, U>,
): ProgramOf<R, W, U> {
  return assembled(parts, {
    numbers: parts.numbers,
    workgroup,
    builtins: "@builtin(workgroup_id) group: vec3u, " +
      "@builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) lane: u32",
    prologue: "",
  });
}

/** What stands around a body. */
interface Frame<U extends Numbers> {
  readonly numbers: U;
  readonly workgroup: readonly [number, number, number];
  readonly builtins: string;
  readonly prologue: string;
}

function assembled<R extends Bindings, W extends Bindings, U extends Numbers>(
  { name, reads, writes, declarations = "", body }: Parts<R, W, Numbers>,
  { numbers, workgroup, builtins, prologue }: Frame<U>,
): ProgramOf<R, W, U> {
  const fields = Object.entries(numbers);
  if (fields.length * 4 > UNIFORM_BYTES) {
    throw new RangeError(`Cannot write program ${name}: its numbers exceed ${UNIFORM_BYTES} bytes`);
  }
  const buffers = [
    ...Object.entries(reads).map(([name, type]) => `var<storage, read> ${name}: array<${type}>;`),
    ...Object.entries(writes)
      .map(([name, type]) => `var<storage, read_write> ${name}: array<${type}>;`),
  ].map((declaration, binding) => `@group(0) @binding(${binding}) ${declaration}`);
  const uniforms = fields.length === 0 ? [] : [
    `struct Numbers { ${fields.map(([name, type]) => `${name}: ${type}`).join(", ")} }`,
    `@group(1) @binding(0) var<uniform> u: Numbers;`,
  ];
  return {
    name,
    buffers: [...Object.keys(reads), ...Object.keys(writes)] as (Names<R> | Names<W>)[],
    reads: Object.keys(reads).length,
    numbers: fields as [Names<U>, Numbers[string]][],
    code: [
      ...buffers,
      ...uniforms,
      declarations,
      `@compute @workgroup_size(${workgroup.join(", ")})`,
      `fn main(${builtins}) {${prologue}${body}\n}\n`,
    ].join("\n"),
  };
}

/** Remembers what was written for each set of parameters, so that each program is compiled once. */
export function programFamily<P extends readonly (string | number | boolean)[], T>(
  write: (...parameters: P) => T,
): (...parameters: P) => T {
  const written = new Map<string, T>();
  return (...parameters) => {
    const key = parameters.join();
    const known = written.get(key);
    if (known !== undefined) return known;
    const made = write(...parameters);
    written.set(key, made);
    return made;
  };
}
