/**
 * Reading zip archives that may be damaged or hostile.
 *
 * Only what data files need: entries that are stored or deflated, with or without the 64-bit
 * extension. Every entry's checksum is verified, and nothing is unpacked beyond its declared size.
 *
 * Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
 *
 * @module
 */

import { crc32, inflateRawSync } from "node:zlib";
import { messageOf } from "./fault.ts";

/** An entry of an archive's directory. */
export interface ZipEntry {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly crc: number;
  /** Bytes in the archive. */
  readonly packedSize: number;
  /** Bytes when unpacked. */
  readonly size: number;
  readonly localHeader: number;
}

const END_SIGNATURE = 0x06054b50;
const END_SIZE = 22;
const END64_SIGNATURE = 0x06064b50;
const END64_SIZE = 56;
const END64_LOCATOR_SIGNATURE = 0x07064b50;
const END64_LOCATOR_SIZE = 20;
const DIRECTORY_SIGNATURE = 0x02014b50;
const DIRECTORY_ENTRY_SIZE = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_HEADER_SIZE = 30;
const ZIP64_EXTRA = 1;
const ENCRYPTED_FLAG = 1;
const IN_EXTRA = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
/** Deflate cannot pack better than this: 258 bytes out of two bits. */
const MAX_DEFLATE_RATIO = 1032;

/**
 * Reads an archive's directory.
 *
 * @param file the archive's name, for messages.
 * @throws {Error} if the archive is damaged, or has an entry that is encrypted, packed by another
 * method, named twice, or declares a size that it cannot have.
 */
export function readZipDirectory(archive: Uint8Array, file: string): ZipEntry[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = findEnd(view, file);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let position = end.directory;
  for (let i = 0; i < end.count; i++) {
    if (
      position + DIRECTORY_ENTRY_SIZE > end.position ||
      view.getUint32(position, true) !== DIRECTORY_SIGNATURE
    ) throw damaged(file, `its directory should have ${end.count} entries, it breaks off at ${i}`);
    const nameEnd = position + DIRECTORY_ENTRY_SIZE + view.getUint16(position + 28, true);
    const extraEnd = nameEnd + view.getUint16(position + 30, true);
    const next = extraEnd + view.getUint16(position + 32, true);
    if (next > end.position) throw damaged(file, `its directory breaks off in entry ${i}`);
    const name = decodeName(archive.subarray(position + DIRECTORY_ENTRY_SIZE, nameEnd), file);
    if (names.has(name)) throw damaged(file, `it holds ${JSON.stringify(name)} twice`);
    names.add(name);
    entries.push(readDirectoryEntry(view, position, nameEnd, extraEnd, name, file));
    position = next;
  }
  if (position !== end.position) {
    throw damaged(file, `its directory goes on after the ${end.count} entries that it counts`);
  }
  return entries;
}

/** Where an archive's directory ends and begins, and how many entries it has. */
interface DirectoryEnd {
  readonly position: number;
  readonly directory: number;
  readonly count: number;
}

function findEnd(view: DataView, file: string): DirectoryEnd {
  const last = view.byteLength - END_SIZE;
  const first = Math.max(0, last - 0xffff);
  for (let position = last; position >= first; position--) {
    if (view.getUint32(position, true) !== END_SIGNATURE) continue;
    if (position + END_SIZE + view.getUint16(position + 20, true) !== view.byteLength) continue;
    return findEnd64(view, position, file) ?? {
      position,
      directory: view.getUint32(position + 16, true),
      count: view.getUint16(position + 10, true),
    };
  }
  throw damaged(file, "it has no zip directory at its end; it is cut short, or no zip file");
}

/** Where the numbers are too large for the end record, another with room for them precedes it. */
function findEnd64(
  view: DataView,
  endPosition: number,
  file: string,
): DirectoryEnd | undefined {
  const locator = endPosition - END64_LOCATOR_SIZE;
  if (locator < 0 || view.getUint32(locator, true) !== END64_LOCATOR_SIGNATURE) return undefined;
  const position = Number(view.getBigUint64(locator + 8, true));
  if (position + END64_SIZE > locator || view.getUint32(position, true) !== END64_SIGNATURE) {
    throw damaged(file, "its 64-bit directory is not where it should be");
  }
  return {
    position,
    directory: Number(view.getBigUint64(position + 48, true)),
    count: Number(view.getBigUint64(position + 32, true)),
  };
}

function readDirectoryEntry(
  view: DataView,
  position: number,
  nameEnd: number,
  extraEnd: number,
  name: string,
  file: string,
): ZipEntry {
  const where = entryName(file, name);
  const method = view.getUint16(position + 10, true);
  if ((view.getUint16(position + 8, true) & ENCRYPTED_FLAG) !== 0) {
    throw damaged(where, "it is encrypted");
  }
  if (method !== STORED && method !== DEFLATED) {
    throw damaged(where, `it is packed by method ${method}; stored (0) and deflated (8) are read`);
  }
  const extra = zip64Numbers(view, nameEnd, extraEnd);
  const number32 = (offset: number) => {
    const number = view.getUint32(position + offset, true);
    return number === IN_EXTRA ? extra.shift() ?? number : number;
  };
  // The extension lists only the numbers that do not fit, in this order.
  const size = number32(24);
  const packedSize = number32(20);
  const localHeader = number32(42);
  const largest = method === STORED ? packedSize : packedSize * MAX_DEFLATE_RATIO;
  if (size > largest || (method === STORED && size !== packedSize)) {
    throw damaged(where, `it declares ${size} bytes, which ${packedSize} packed bytes cannot hold`);
  }
  const crc = view.getUint32(position + 16, true);
  return { name, isDeflated: method === DEFLATED, crc, packedSize, size, localHeader };
}

function zip64Numbers(view: DataView, start: number, end: number): number[] {
  for (let position = start; position + 4 <= end;) {
    const next = position + 4 + view.getUint16(position + 2, true);
    if (view.getUint16(position, true) === ZIP64_EXTRA) {
      const numbers: number[] = [];
      for (let at = position + 4; at + 8 <= Math.min(next, end); at += 8) {
        numbers.push(Number(view.getBigUint64(at, true)));
      }
      return numbers;
    }
    position = next;
  }
  return [];
}

/**
 * Unpacks one entry and verifies its checksum.
 *
 * @param file the archive's name, for messages.
 * @returns the bytes; those of a stored entry share the archive's memory.
 * @throws {Error} that names the file and the entry, if it is damaged.
 */
export function readZipEntry(archive: Uint8Array, entry: ZipEntry, file: string): Uint8Array {
  const where = entryName(file, entry.name);
  const packed = packedBytes(archive, entry, where);
  const bytes = entry.isDeflated ? inflate(packed, entry.size, where) : packed;
  if (bytes.length !== entry.size) {
    throw damaged(where, `it has ${bytes.length} bytes, its directory says ${entry.size}`);
  }
  if (crc32(bytes) !== entry.crc) throw damaged(where, "its checksum is wrong");
  return bytes;
}

function packedBytes(archive: Uint8Array, entry: ZipEntry, where: string): Uint8Array {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const header = entry.localHeader;
  if (
    header + LOCAL_HEADER_SIZE > archive.length ||
    view.getUint32(header, true) !== LOCAL_SIGNATURE
  ) throw damaged(where, "its header is not where the directory says");
  const nameStart = header + LOCAL_HEADER_SIZE;
  const nameEnd = nameStart + view.getUint16(header + 26, true);
  const start = nameEnd + view.getUint16(header + 28, true);
  if (start + entry.packedSize > archive.length) throw damaged(where, "it is cut short");
  if (decodeName(archive.subarray(nameStart, nameEnd), where) !== entry.name) {
    throw damaged(where, "its header has another name than the directory");
  }
  return archive.subarray(start, start + entry.packedSize);
}

function inflate(packed: Uint8Array, size: number, where: string): Uint8Array {
  try {
    // zlib takes no limit below 1.
    const unpacked = inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
    return new Uint8Array(unpacked.buffer, unpacked.byteOffset, unpacked.length);
  } catch (error) {
    throw damaged(where, `it cannot be unpacked to ${size} bytes: ${messageOf(error)}`, error);
  }
}

function decodeName(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw damaged(where, "the name of an entry is not UTF-8", error);
  }
}

function entryName(file: string, name: string): string {
  return `${file} entry ${JSON.stringify(name)}`;
}

function damaged(where: string, reason: string, cause?: unknown): Error {
  return new Error(`Cannot read ${where}: ${reason}`, { cause });
}
