/**
 * Flat HDF5 files in memory: datasets of numbers or strings by name.
 *
 * This is the one file that touches h5wasm, HDF5's own C library compiled to WebAssembly. It is
 * loaded when first used, for that takes 0.2 s.
 *
 * @module
 */

import { checkGlobalHeaps } from "./hdf5_heap.ts";

/** What a dataset is written from: float32 numbers, int32 numbers or UTF-8 strings. */
export type Hdf5Column = Float32Array | Int32Array | readonly string[];

/** What a dataset is read as, whatever its shape and number type: flat, in row-major order. */
export type Hdf5Values = Float64Array | string[];

const PATH = "/file.h5";
const MOST_VALUES = 2 ** 26;
// HDF5's own numbers: H5T_CSET_UTF8 and H5T_STRING.
const UTF8 = 1;
const STRINGS = 3;

/**
 * Writes datasets of one dimension; the same columns give the same bytes.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { readHdf5, writeHdf5 } from "./hdf5.ts";
 *
 * const bytes = await writeHdf5({ score: Float32Array.of(0.25, 0.5), image: ["a.jpg", "ä.jpg"] });
 * const columns = await readHdf5(bytes, ["image", "score", "label"], "test.h5");
 * deepEqual(columns, { image: ["a.jpg", "ä.jpg"], score: Float64Array.of(0.25, 0.5) });
 * ```
 */
export async function writeHdf5(columns: Record<string, Hdf5Column>): Promise<Uint8Array> {
  const { hdf5, files } = await load();
  // HDF5 stamps each object with the time, and h5wasm cannot switch that off: the clock stands
  // still until the file is written, and nothing else runs meanwhile.
  const now = Date.now;
  Date.now = () => 0;
  try {
    const file = new hdf5.File(PATH, "w");
    for (const [name, column] of Object.entries(columns)) {
      if (column instanceof Float32Array || column instanceof Int32Array) {
        file.create_dataset({ name, data: column });
      } else {
        file.create_dataset({ name, data: [...column], dtype: "S" });
      }
    }
    file.close();
    return files.readFile(PATH, { encoding: "binary" });
  } finally {
    Date.now = now;
    unlink(files);
  }
}

/**
 * Reads those of the named datasets that there are; `path` is the file's name, for messages.
 *
 * @throws {Error} if the bytes are not a sound HDF5 file, or a dataset holds something else.
 */
export async function readHdf5<Name extends string>(
  bytes: Uint8Array,
  names: readonly Name[],
  path: string,
): Promise<Partial<Record<Name, Hdf5Values>>> {
  const { hdf5, files } = await load();
  try {
    checkGlobalHeaps(bytes);
    files.writeFile(PATH, bytes);
    const file = new hdf5.File(PATH, "r");
    try {
      const present = file.keys();
      const columns: Partial<Record<Name, Hdf5Values>> = {};
      for (const name of names) {
        if (present.includes(name)) columns[name] = valuesOf(file.get(name), name, hdf5);
      }
      return columns;
    } finally {
      file.close();
    }
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${reason(error)}`, { cause: error });
  } finally {
    unlink(files);
  }
}

type Library = Awaited<ReturnType<typeof load>>;
type Hdf5Output = InstanceType<Library["hdf5"]["Dataset"]>["value"];

async function load() {
  const { default: hdf5 } = await import("npm:h5wasm@0.10.3");
  const module = await hdf5.ready;
  // Without it, a damaged file reads as garbage.
  module.activate_throwing_error_handler();
  return { hdf5, files: module.FS };
}

// A file under the root stays in memory until it is unlinked.
function unlink(files: Library["files"]): void {
  if (files.analyzePath(PATH).exists) files.unlink(PATH);
}

function valuesOf(entity: unknown, name: string, hdf5: Library["hdf5"]): Hdf5Values {
  if (!(entity instanceof hdf5.Dataset)) throw new Error(`"${name}" is not a dataset`);
  const count = entity.metadata.total_size;
  if (!(count <= MOST_VALUES)) {
    throw new Error(`"${name}" has ${count} values, and at most ${MOST_VALUES} are read`);
  }
  // h5py declares byte strings as ASCII, also where they hold UTF-8, of which ASCII is a part.
  entity.metadata.cset = UTF8;
  const values = flatten(entity.value);
  if (entity.metadata.type === STRINGS) return values.map(String);
  if (values.every((value) => typeof value === "number")) return Float64Array.from(values);
  throw new Error(`"${name}" holds neither numbers nor strings`);
}

/** Numbers and strings out of whatever h5wasm makes of scalars, arrays and ragged arrays. */
function flatten(value: Hdf5Output): unknown[] {
  if (typeof value === "bigint") return [Number(value)];
  if (Array.isArray(value)) return value.flatMap(flatten);
  if (ArrayBuffer.isView(value)) return Array.from<number | bigint, number>(value, Number);
  return [value];
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // HDF5 reports a stack of calls; the last one says most.
  const innermost = [...message.matchAll(/\(\): (.+)/g)].at(-1)?.[1];
  const trapped = error instanceof WebAssembly.RuntimeError;
  return innermost || trapped ? `it is not a sound HDF5 file: ${innermost ?? message}` : message;
}
