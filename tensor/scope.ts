/**
 * Scopes: tensors made inside are freed at the end, except those returned.
 *
 * @module
 */

import { Scope, withScope } from "./handles.ts";
import { leaves } from "./tree.ts";

/**
 * Runs `body` and disposes every handle made in it, except those in the tree that it returns.
 *
 * @throws {TypeError} if `body` returns a Promise: what it makes later could not be counted.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { memory, scope, tensor } from "./mod.ts";
 *
 * const before = memory().tensors;
 * const kept = scope(() => {
 *   tensor([1, 2, 3]);
 *   return tensor(4);
 * });
 * equal(memory().tensors - before, 1);
 * kept.dispose();
 * ```
 */
export function scope<T>(body: () => T): T {
  const own = new Scope();
  try {
    const result = withScope(own, body);
    if (result instanceof Promise) {
      ignoreFailure(result);
      throw new TypeError(
        "Cannot free tensors after a Promise: scope() needs a synchronous function; " +
          "read values with await outside of it",
      );
    }
    for (const leaf of leaves(result)) leaf.escape(own);
    return result;
  } finally {
    own.disposeAll();
  }
}

/**
 * Lets a refused Promise fail in silence: its tensors are gone, so it will, and nobody who could
 * catch that has it.
 */
export function ignoreFailure(refused: Promise<unknown>): void {
  refused.catch(() => {});
}
