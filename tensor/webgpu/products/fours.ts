/**
 * Rows of elements by fours, as products read them.
 *
 * @module
 */

/** The fours of a cache line. */
const LINE = 4;

/** Fours that hold so many elements. */
export function fours(length: number): number {
  return Math.ceil(length / 4);
}

/**
 * How far apart, in fours, so many of them lie: an odd number of cache lines, for what lies a power of
 * two apart falls into the same few sets of a cache.
 */
export function apart(fours: number): number {
  if (fours < 4 * LINE) return fours;
  return (Math.ceil(fours / LINE) | 1) * LINE;
}
