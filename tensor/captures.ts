/**
 * What a function uses that it did not make, so that it can run again later: a closure may reach any
 * tensor, and by then the handles that it reaches may have been disposed.
 *
 * @module
 */

import type { Storage } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

let nextId = 0;

/** Names a new tensor. Names count up: what was made earlier has a smaller one. */
export function newId(): number {
  return nextId++;
}

class Recording {
  readonly captured = new Map<number, Tensor>();
  readonly #firstOwn = nextId;

  constructor(readonly outer: Recording | undefined) {}

  note(x: Tensor): void {
    if (x.id >= this.#firstOwn || this.captured.has(x.id)) return;
    // Before it is kept, because keeping is a use too.
    this.captured.set(x.id, x);
    this.captured.set(x.id, x.keep());
  }
}

let recording: Recording | undefined;

/** Tells those who record that a tensor is used. */
export function noteUse(x: Tensor): void {
  for (let by = recording; by !== undefined; by = by.outer) by.note(x);
}

/**
 * Runs `body` and returns what it returned and the tensors that it used but did not make, as handles
 * for the caller to dispose.
 */
export function recordCaptures<T>(body: () => T): { result: T; captured: Tensor[] } {
  const own = new Recording(recording);
  recording = own;
  try {
    return { result: body(), captured: [...own.captured.values()] };
  } catch (error) {
    for (const x of own.captured.values()) x.dispose();
    throw error;
  } finally {
    recording = own.outer;
  }
}

interface Loan {
  readonly storages: ReadonlyMap<number, Storage>;
  readonly outer: Loan | undefined;
}

let loan: Loan | undefined;

/** Runs `body` in which disposed handles of these tensors can be used as if they had not been. */
export function lend<T>(tensors: readonly Tensor[], body: () => T): T {
  const outer = loan;
  loan = { storages: new Map(tensors.map((x) => [x.id, x.storage])), outer };
  try {
    return body();
  } finally {
    loan = outer;
  }
}

/** The storage of a tensor that is lent now. */
export function lentStorage(id: number): Storage | undefined {
  for (let from = loan; from !== undefined; from = from.outer) {
    const storage = from.storages.get(id);
    if (storage !== undefined) return storage;
  }
  return undefined;
}
