/**
 * What went wrong, as a value: readers that collect faults take a function that is given each.
 *
 * @module
 */

/** Takes what a reader would throw; if it returns, the reader goes on without the faulty part. */
export type OnFault = (fault: unknown) => void;

/** Throws what went wrong, for callers that collect nothing. */
export function raise(fault: unknown): never {
  throw fault;
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
