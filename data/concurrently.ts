/**
 * Doing many things at once, but not too many.
 *
 * @module
 */

/**
 * Calls an asynchronous function for each item, at most `limit` at a time, and keeps the order.
 *
 * The first failure is thrown once what had been started has ended; nothing more is started.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { mapConcurrently } from "./concurrently.ts";
 *
 * deepEqual(await mapConcurrently([1, 2, 3], 2, (n) => Promise.resolve(n * n)), [1, 4, 9]);
 * ```
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await work(items[index], index);
      } catch (failure) {
        failures.push(failure);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
