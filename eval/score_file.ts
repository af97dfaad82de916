/**
 * Score files in HDF5, such as `Test_data.h5` of the published code.
 *
 * The datasets are `score` and `label` and, where known, `image`, `subject`, `video` and `attack`.
 *
 * @module
 */

import { type Hdf5Column, type Hdf5Values, readHdf5, writeHdf5 } from "./hdf5.ts";
import { flawOf, NAME_COLUMNS, type ScoreTable } from "./score_table.ts";

/**
 * Returns a score file's bytes: scores in float32, labels in int32, names in UTF-8.
 *
 * The same table gives the same bytes.
 *
 * @throws {RangeError} if the columns differ in length, a score is not finite or a label is neither
 * 0 nor 1.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { readScoreFile, writeScoreFile } from "./score_file.ts";
 *
 * const bytes = await writeScoreFile({ score: [0.75, 0.25], label: [1, 0], image: ["a", "b"] });
 * deepEqual(await readScoreFile(bytes, "Test_data.h5"), {
 *   score: Float64Array.of(0.75, 0.25),
 *   label: Float64Array.of(1, 0),
 *   image: ["a", "b"],
 * });
 * ```
 */
export async function writeScoreFile(table: ScoreTable): Promise<Uint8Array> {
  const flaw = flawOf(table);
  if (flaw !== undefined) throw new RangeError(`Cannot write a score file: ${flaw}`);
  const columns: Record<string, Hdf5Column> = {
    score: Float32Array.from(table.score),
    label: Int32Array.from(table.label),
  };
  for (const name of NAME_COLUMNS) {
    const column = table[name];
    if (column !== undefined) columns[name] = column;
  }
  return await writeHdf5(columns);
}

/**
 * Reads a score file; its numbers may be of any type and shape, ragged ones included.
 *
 * `name` is the file's name, for messages.
 *
 * @throws {Error} if the bytes are not a sound HDF5 file with scores and labels that fit together.
 */
export async function readScoreFile(bytes: Uint8Array, name: string): Promise<ScoreTable> {
  const columns = await readHdf5(bytes, ["score", "label", ...NAME_COLUMNS], name);
  const table: { -readonly [Column in keyof ScoreTable]: ScoreTable[Column] } = {
    score: numbers(columns.score, "score", name),
    label: numbers(columns.label, "label", name),
  };
  for (const column of NAME_COLUMNS) {
    const values = columns[column];
    if (values !== undefined) table[column] = Array.from<string | number, string>(values, String);
  }
  const flaw = flawOf(table);
  if (flaw !== undefined) throw new Error(`Cannot read ${name}: ${flaw}`);
  return table;
}

function numbers(values: Hdf5Values | undefined, column: string, name: string): Float64Array {
  if (values instanceof Float64Array) return values;
  const got = values === undefined ? "none" : "text";
  throw new Error(`Cannot read ${name}: it needs a dataset "${column}" of numbers, got ${got}`);
}
