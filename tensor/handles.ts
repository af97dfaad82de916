/**
 * Which scope owns which handle.
 *
 * @module
 */

/** Something that a scope frees when it ends. */
export interface Handle {
  dispose(): void;
}

/** The handles made while a scope was the innermost one and not disposed since. */
export class Scope {
  readonly #handles = new Set<Handle>();

  add(handle: Handle): void {
    this.#handles.add(handle);
  }

  remove(handle: Handle): void {
    this.#handles.delete(handle);
  }

  disposeAll(): void {
    for (const handle of [...this.#handles]) handle.dispose();
  }
}

const open: Scope[] = [];

/** The scope that new handles belong to, if any is open. */
export function innermostScope(): Scope | undefined {
  return open.at(-1);
}

/** Runs `body` with a new innermost scope; the caller ends that scope. */
export function withScope<T>(scope: Scope, body: () => T): T {
  open.push(scope);
  try {
    return body();
  } finally {
    open.pop();
  }
}
