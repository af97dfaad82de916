/**
 * Which scope owns which handle.
 *
 * @module
 */

/** Something that its owner frees. */
export interface Handle {
  /** Where it stands among its scope's handles: the scope's note, so that removing is cheap. */
  place: number;
  dispose(): void;
}

/** Who frees a handle that nobody disposes. */
export interface Owner {
  add(handle: Handle): void;
  remove(handle: Handle): void;
}

/** The handles made while a scope was the innermost one and not disposed since. */
export class Scope implements Owner {
  readonly #handles: Handle[] = [];

  add(handle: Handle): void {
    handle.place = this.#handles.length;
    this.#handles.push(handle);
  }

  remove(handle: Handle): void {
    const last = this.#handles.pop();
    if (last === undefined || last === handle) return;
    this.#handles[handle.place] = last;
    last.place = handle.place;
  }

  /** Latest first. */
  disposeAll(): void {
    while (this.#handles.length > 0) this.#handles[this.#handles.length - 1].dispose();
  }
}

let innermost: Scope | undefined;

/** The scope that new handles belong to, if any is open. */
export function innermostScope(): Scope | undefined {
  return innermost;
}

/** Runs `body` with a new innermost scope; the caller ends that scope. */
export function withScope<T>(scope: Scope, body: () => T): T {
  const outer = innermost;
  innermost = scope;
  try {
    return body();
  } finally {
    innermost = outer;
  }
}
