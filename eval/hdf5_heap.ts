/**
 * A guard against an endless loop in HDF5 (seen in versions 1.10 and 2.0): a damaged global heap,
 * where strings of any length are kept, can hold an object of size zero, and the reader never gets
 * past it.
 *
 * @module
 */

const HEADER_BYTES = 16;
const SIGNATURE = 0x47434F4C; // "GCOL"
const UNSOUND = "it is not a sound HDF5 file";

/**
 * Walks every global heap as HDF5 does.
 *
 * Source: HDF5 File Format Specification 3.0, III.E "Disk Format: Level 1E - Global Heap".
 *
 * @throws {Error} if an object reaches beyond its heap or does not advance.
 */
export function checkGlobalHeaps(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0; start + HEADER_BYTES <= bytes.length; start++) {
    if (view.getUint32(start) !== SIGNATURE || bytes[start + 4] !== 1) continue;
    const end = start + Number(view.getBigUint64(start + 8, true));
    let position = start + HEADER_BYTES;
    while (position + HEADER_BYTES <= end) {
      if (end > bytes.length) throw new Error(`${UNSOUND}: a global heap is cut short`);
      position += objectBytes(view, position);
      if (position > end) throw new Error(`${UNSOUND}: an object reaches beyond its global heap`);
    }
  }
}

function objectBytes(view: DataView, position: number): number {
  const isFreeSpace = view.getUint16(position, true) === 0;
  const size = Number(view.getBigUint64(position + 8, true));
  if (!isFreeSpace) return HEADER_BYTES + Math.ceil(size / 8) * 8;
  if (size < HEADER_BYTES) throw new Error(`${UNSOUND}: a global heap has no size`);
  return size;
}
