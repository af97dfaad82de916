/**
 * Reading NumPy's `.npz` archives: a zip file of `.npy` arrays.
 *
 * @module
 */

import { type NpyArray, parseNpy } from "./npy.ts";
import { readZipDirectory, readZipEntry } from "./zip.ts";

/** How much an archive may unpack to, in bytes, unless told otherwise. */
export const MAX_NPZ_BYTES = 2 ** 30;

/**
 * Reads all arrays of an `.npz` file, by name, in the file's order.
 *
 * @param name the file's name, for messages.
 * @param maxBytes the most that all arrays together may take.
 * @throws {RangeError} if they would take more.
 * @throws {Error} that names the file and the entry, if it is damaged, holds something that is not
 * an array, or an array of a type that {@link parseNpy} does not read.
 */
export function readNpz(
  bytes: Uint8Array,
  name: string,
  { maxBytes = MAX_NPZ_BYTES }: { maxBytes?: number } = {},
): Map<string, NpyArray> {
  const entries = readZipDirectory(bytes, name);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) {
    throw new RangeError(
      `Cannot read ${name}: it unpacks to ${total} bytes, ${maxBytes} are allowed`,
    );
  }
  const arrays = new Map<string, NpyArray>();
  for (const entry of entries) {
    const where = `${name} entry ${JSON.stringify(entry.name)}`;
    if (!entry.name.endsWith(".npy")) {
      throw new Error(`Cannot read ${where}: its name must end in .npy`);
    }
    const array = parseNpy(readZipEntry(bytes, entry, name), where);
    arrays.set(entry.name.slice(0, -".npy".length), array);
  }
  return arrays;
}
