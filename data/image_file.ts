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
  const head = await readRange(file, 0, Math.min(FIRST_READ, size));
  const parse = (bytes: Uint8Array) => readImageHeader(bytes, name);
  const header = await parseGrowing(file, size, head, parse);
  checkImageSize(header, name);
  if (!await hasEnd(file, size, head, header)) {
    throw new Error(
      `Cannot read ${name}: it is cut short, its ${header.format} end marker is missing`,
    );
  }
  return header;
}

/** Calls `parse` with ever longer beginnings, since some headers stand behind long metadata. */
async function parseGrowing<Result>(
  file: Deno.FsFile,
  size: number,
  head: Uint8Array,
  parse: (bytes: Uint8Array) => Result,
): Promise<Result> {
  let bytes = head;
  for (;;) {
    try {
      return parse(bytes);
    } catch (error) {
      const longer = await readRange(file, 0, Math.min(16 * bytes.length, size));
      if (longer.length <= bytes.length) throw error;
      bytes = longer;
    }
  }
}

/** The bytes that a whole file of a format has at its end, or shortly before it. */
const END_MARKERS: Partial<Record<ImageHeader["format"], Uint8Array>> = {
  jpeg: Uint8Array.of(0xff, 0xd9),
  png: new TextEncoder().encode("IEND"),
};

async function hasEnd(
  file: Deno.FsFile,
  size: number,
  head: Uint8Array,
  { format }: ImageHeader,
): Promise<boolean> {
  const marker = END_MARKERS[format];
  if (marker === undefined) return true;
  if (head.length === size) return contains(head, marker);
  if (contains(await readRange(file, size - FIRST_READ, FIRST_READ), marker)) return true;
  // Some cameras write a preview or a note of their own after the end marker.
  return contains(await readRange(file, 0, size), marker);
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
