/**
 * What can be known of an image file without decoding it: its header, and whether it was cut short.
 *
 * @module
 */

import { type DataRoot, openInside, shownPath } from "./data_root.ts";
import { checkImageSize, type ImageHeader, readImageHeader } from "./image_header.ts";

/** Enough for the header of nearly every file, and for the whole of most face crops. */
const FIRST_READ = 2 ** 16;

/**
 * Reads the header of an image under the root, and looks for the format's end marker.
 *
 * @throws {Error} if the file is missing, no image, or cut short.
 * @throws {RangeError} if it has more pixels than are decoded.
 */
export async function readImageFileHeader(root: DataRoot, path: string): Promise<ImageHeader> {
  const name = shownPath(root, path);
  const { file, size } = await openInside(root, path);
  using _closedAtEnd = file;
  const header = await readGrowing(file, size, (bytes) => readImageHeader(bytes, name));
  checkImageSize(header, name);
  await checkEnd(file, size, header, name);
  return header;
}

/** Calls `parse` with ever longer beginnings, since some headers stand behind long metadata. */
async function readGrowing<Result>(
  file: Deno.FsFile,
  size: number,
  parse: (bytes: Uint8Array) => Result,
): Promise<Result> {
  for (let length = FIRST_READ;; length *= 16) {
    const bytes = await readRange(file, 0, Math.min(length, size));
    try {
      return parse(bytes);
    } catch (error) {
      if (length >= size) throw error;
    }
  }
}

/** The bytes that a whole file of a format has at its end, or shortly before it. */
const END_MARKERS: Partial<Record<ImageHeader["format"], Uint8Array>> = {
  jpeg: Uint8Array.of(0xff, 0xd9),
  png: new TextEncoder().encode("IEND"),
};

async function checkEnd(
  file: Deno.FsFile,
  size: number,
  { format }: ImageHeader,
  name: string,
): Promise<void> {
  const marker = END_MARKERS[format];
  if (marker === undefined) return;
  const start = Math.max(0, size - FIRST_READ);
  if (contains(await readRange(file, start, size - start), marker)) return;
  // Some cameras write a preview or a note of their own after the end marker.
  if (start > 0 && contains(await readRange(file, 0, size), marker)) return;
  throw new Error(`Cannot read ${name}: it is cut short, its ${format} end marker is missing`);
}

async function readRange(file: Deno.FsFile, start: number, length: number): Promise<Uint8Array> {
  await file.seek(start, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

function contains(bytes: Uint8Array, marker: Uint8Array): boolean {
  for (let at = bytes.indexOf(marker[0]); at !== -1; at = bytes.indexOf(marker[0], at + 1)) {
    if (marker.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}
