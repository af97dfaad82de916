/**
 * Reading comma-separated values as RFC 4180 defines them.
 *
 * @module
 */

/** The fields of one record, and the line it starts on, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Reads records one by one; lines end with LF or CRLF, blank lines are skipped.
 *
 * A field in double quotes may hold commas, line breaks and doubled quotes, and keeps its spaces;
 * any other field loses the spaces around it.
 *
 * @param name the file's name, for messages.
 * @throws {Error} that names the line, if a quoted field does not end, or a quote or other text
 * stands where it may not.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { parseCsv } from "./csv.ts";
 *
 * const records = [...parseCsv('image,attack\na.jpg,"print, glossy"\n', "manifest.csv")];
 * deepEqual(records[1], { line: 2, fields: ["a.jpg", "print, glossy"] });
 * ```
 */
export function* parseCsv(text: string, name: string): Generator<CsvRecord> {
  let line = 1;
  let position = 0;
  while (position < text.length) {
    const firstLine = line;
    const fields: string[] = [];
    let delimiter = ",";
    while (delimiter === ",") {
      const field = text[position] === '"'
        ? quotedField(text, position, `${name} line ${line}`)
        : plainField(text, position);
      fields.push(field.value);
      line += field.lineBreaks;
      delimiter = delimiterAt(text, field.end, `${name} line ${line}`);
      position = field.end + delimiter.length;
    }
    line++;
    const isBlank = fields.length === 1 && fields[0] === "";
    if (!isBlank) yield { line: firstLine, fields };
  }
}

interface Field {
  readonly value: string;
  readonly end: number;
  readonly lineBreaks: number;
}

function plainField(text: string, start: number): Field {
  const pattern = /[^",\r\n]*/y;
  pattern.lastIndex = start;
  const value = pattern.exec(text)?.[0] ?? "";
  return { value: value.trim(), end: start + value.length, lineBreaks: 0 };
}

function quotedField(text: string, start: number, where: string): Field {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  if (quote === -1) throw new Error(`Cannot read ${where}: a quoted field does not end`);
  const value = text.slice(start + 1, quote).replaceAll('""', '"');
  return { value, end: quote + 1, lineBreaks: value.split("\n").length - 1 };
}

function delimiterAt(text: string, position: number, where: string): string {
  if (position === text.length) return "";
  const delimiter = [",", "\n", "\r\n"].find((each) => text.startsWith(each, position));
  if (delimiter === undefined) {
    const got = JSON.stringify(text[position]);
    throw new Error(
      `Cannot read ${where}: after a field comes a comma or the end of the line, got ${got}`,
    );
  }
  return delimiter;
}
