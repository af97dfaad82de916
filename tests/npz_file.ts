/**
 * Writing small `.npz` files, so that tests can change one.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import type { NpyArray } from "../data/npy.ts";

const DESCRIPTIONS = {
  float32: "<f4",
  float64: "<f8",
  int32: "<i4",
  int64: "<i8",
  uint8: "|u1",
  bool: "|b1",
} as const satisfies Record<NpyArray["dtype"], string>;

/** Encodes arrays as an `.npz` file: a zip of stored `.npy` files. */
export function encodeNpz(arrays: ReadonlyMap<string, NpyArray>): Uint8Array<ArrayBuffer> {
  const files: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let position = 0;
  for (const [key, array] of arrays) {
    const name = new TextEncoder().encode(`${key}.npy`);
    const bytes = encodeNpy(array);
    const sizes = [bytes.length, bytes.length];
    // Version 2.0, no flags, stored, dated 1980-01-01.
    const common = joined([words(20, 0, 0, 0, 33), longs(crc32(bytes), ...sizes)]);
    const file = joined([longs(0x04034b50), common, words(name.length, 0), name, bytes]);
    files.push(file);
    directory.push(
      joined([longs(0x02014b50), words(20), common, words(name.length, 0, 0, 0, 0)]),
      joined([longs(0, position), name]),
    );
    position += file.length;
  }
  const listed = joined(directory);
  const end = joined([
    longs(0x06054b50),
    words(0, 0, arrays.size, arrays.size),
    longs(listed.length, position),
    words(0),
  ]);
  return joined([...files, listed, end]);
}

function encodeNpy({ dtype, shape, data }: NpyArray): Uint8Array {
  const sizes = shape.map((size) => `${size},`).join("");
  const fields = `'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': (${sizes})`;
  const header = new TextEncoder().encode(`{${fields}}\n`);
  return joined([
    Uint8Array.of(0x93),
    new TextEncoder().encode("NUMPY"),
    Uint8Array.of(1, 0),
    words(header.length),
    header,
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

/** Numbers of two bytes, the low one first. */
function words(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value & 255, value >> 8]));
}

/** Numbers of four bytes, the low one first. */
function longs(...values: number[]): Uint8Array {
  return joined(values.map((value) => words(value & 0xffff, value >>> 16)));
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
