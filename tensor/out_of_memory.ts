/**
 * What a device throws when it has no room for a tensor.
 *
 * @module
 */

/** A device's memory is full. Whoever knows what was to be computed says that as well. */
export class OutOfMemory extends RangeError {
  constructor(
    /** What was wanted, what is in use and how much there is. */
    readonly reason: string,
    /** How there would be more, if there is a way. */
    readonly remedy?: string,
  ) {
    super(`Cannot allocate memory: ${reason}${remedy === undefined ? "" : `; ${remedy}`}`);
  }
}

/** A number of bytes, to be read by people. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
