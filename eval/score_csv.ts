/**
 * Score tables from comma-separated values.
 *
 * The header names the columns `image`, `label`, `score` and, where known, `subject`, `video` and
 * `attack`, in any order; other columns are left alone.
 *
 * @module
 */

import { NAME_COLUMNS, type ScoreTable } from "./score_table.ts";

/** One record of a CSV file. */
export interface CsvRecord {
  /** The line where it starts, counted from 1. */
  readonly line: number;
  /** The values, without their quotes. */
  readonly fields: readonly string[];
}

/**
 * Makes a table from the records of a CSV file, the header first.
 *
 * `name` is the file's name, for messages.
 *
 * @throws {Error} that names the line and the column, if a column is missing or twice there, a
 * record is too long or too short, a score is not a finite number or a label is neither 0 nor 1.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { scoreTableFromRecords } from "./score_csv.ts";
 *
 * const records = [
 *   { line: 1, fields: ["label", "score", "image"] },
 *   { line: 2, fields: ["1", "0.75", "a.jpg"] },
 * ];
 * const table = scoreTableFromRecords(records, "scores.csv");
 * deepEqual(table, { label: [1], score: [0.75], image: ["a.jpg"] });
 * ```
 */
export function scoreTableFromRecords(records: Iterable<CsvRecord>, name: string): ScoreTable {
  const [header, ...rows] = records;
  if (header === undefined) throw new Error(`Cannot read ${name}: it is empty`);
  checkHeader(header, name);
  for (const row of rows) checkLength(row, header, name);
  const table: { -readonly [Column in keyof ScoreTable]: ScoreTable[Column] } = {
    label: rows.map((row) => label(row, header, name)),
    score: rows.map((row) => score(row, header, name)),
  };
  for (const column of NAME_COLUMNS) {
    const index = header.fields.indexOf(column);
    if (index >= 0) table[column] = rows.map(({ fields }) => fields[index]);
  }
  return table;
}

function checkHeader({ line, fields }: CsvRecord, name: string): void {
  for (const column of ["label", "score", ...NAME_COLUMNS]) {
    const count = fields.filter((field) => field === column).length;
    const needed = column === "label" || column === "score";
    if (count > 1 || (needed && count === 0)) {
      throw new Error(
        `Cannot read ${name} line ${line}: the header must name the column "${column}" once, ` +
          `got ${fields.join(",")}`,
      );
    }
  }
}

function checkLength({ line, fields }: CsvRecord, header: CsvRecord, name: string): void {
  const wanted = header.fields.length;
  if (fields.length !== wanted) {
    throw new Error(
      `Cannot read ${name} line ${line}: it must have ${wanted} fields as the header has, ` +
        `got ${fields.length}`,
    );
  }
}

function label({ line, fields }: CsvRecord, header: CsvRecord, name: string): number {
  const field = fields[header.fields.indexOf("label")];
  const value = Number(field);
  if (field !== "" && (value === 0 || value === 1)) return value;
  throw new Error(
    `Cannot read ${name} line ${line} column "label": it must be 1 (live) or 0 (spoof), ` +
      `got "${field}"`,
  );
}

function score({ line, fields }: CsvRecord, header: CsvRecord, name: string): number {
  const field = fields[header.fields.indexOf("score")];
  const value = Number(field);
  if (field !== "" && Number.isFinite(value)) return value;
  throw new Error(
    `Cannot read ${name} line ${line} column "score": it must be a finite number, got "${field}"`,
  );
}
