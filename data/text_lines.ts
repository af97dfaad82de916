/**
 * The lines of a text file, one at a time, whatever its size.
 *
 * @module
 */

import { type DataRoot, openInside, shownPath } from "./data_root.ts";

/** A line without its ending, and its number, counted from 1. */
export interface TextLine {
  readonly number: number;
  readonly text: string;
}

/** The longest line that is read, in bytes: twice the longest path that Linux knows. */
export const MAX_LINE_BYTES = 8192;

const LINE_FEED = 10;

/**
 * Reads a UTF-8 file line by line; lines end with LF or CRLF, and a byte order mark is skipped.
 *
 * @throws {Error} if the file cannot be read, is not UTF-8 or has a line above the limit.
 */
export async function* readLines(root: DataRoot, path: string): AsyncGenerator<TextLine> {
  const shown = shownPath(root, path);
  const { file } = await openInside(root, path);
  let number = 0;
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of file.readable) {
    const bytes = concatenated(rest, chunk);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      yield decodedLine(bytes.subarray(start, end), ++number, shown);
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > MAX_LINE_BYTES) throw tooLong(shown, number + 1);
  }
  if (rest.length > 0) yield decodedLine(rest, ++number, shown);
}

function concatenated(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

// Only the file's first line may start with a byte order mark, so the decoder must not eat others.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodedLine(bytes: Uint8Array, number: number, shown: string): TextLine {
  if (bytes.length > MAX_LINE_BYTES) throw tooLong(shown, number);
  try {
    const text = decoder.decode(bytes).replace(/\r$/, "");
    return { number, text: number === 1 ? text.replace(/^\uFEFF/, "") : text };
  } catch (error) {
    throw new Error(`Cannot read ${shown} line ${number}: it is not UTF-8 text`, { cause: error });
  }
}

function tooLong(shown: string, number: number): Error {
  return new Error(
    `Cannot read ${shown} line ${number}: it is longer than ${MAX_LINE_BYTES} bytes; ` +
      `a list file holds one "path label" a line`,
  );
}
