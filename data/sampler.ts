/**
 * Which images a training step sees, as the published code draws them.
 *
 * Each class of each domain has a loader of its own. It goes through its images in random order and
 * drops the last short batch; when it runs out it shuffles again, whatever the others do, so passes
 * and epochs do not coincide. A batch is a function of key and step alone: to go on at step 1000
 * nothing has to be restored.
 *
 * @module
 */

import { foldIn, permutation, type RandomKey } from "../tensor/random.ts";

/** Draws the indices of a step's batch, a step being counted from 0. */
export type BatchSampler = (step: number) => Int32Array;

/**
 * Makes the sampler of one loader.
 *
 * @param count how many images the loader has.
 * @param name what they are, such as `live images of OULU`, for messages.
 * @throws {RangeError} if a batch size is not a whole number from 1, or there are fewer images than
 * a batch wants (where the published code waits forever).
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { randomKey } from "../tensor/random.ts";
 * import { batchSampler } from "./sampler.ts";
 *
 * const indices = batchSampler(randomKey(0), 5, 2, "live images of OULU");
 * const pass = [...indices(0), ...indices(1)];
 * deepEqual(new Set(pass).size, 4); // four different images; the fifth is dropped
 * ```
 */
export function batchSampler(
  key: RandomKey,
  count: number,
  batchSize: number,
  name: string,
): BatchSampler {
  const perPass = batchesPerPass(count, batchSize, name);
  let lastPass = -1;
  let order = new Int32Array(0);
  return (step) => {
    const pass = Math.floor(step / perPass);
    if (pass !== lastPass) {
      order = permutation(foldIn(key, pass), count);
      lastPass = pass;
    }
    const start = (step % perPass) * batchSize;
    return order.slice(start, start + batchSize);
  };
}

/**
 * The number of whole batches in one pass over `count` images.
 *
 * @throws {RangeError} as {@link batchSampler} does.
 */
export function batchesPerPass(count: number, batchSize: number, name: string): number {
  checkBatchSize(batchSize);
  if (count < batchSize) {
    throw new RangeError(
      `Cannot draw batches from the ${name}: a batch wants ${batchSize}, there are ${count}; ` +
        "add images or lower the batch size (the published code waits forever here)",
    );
  }
  return Math.floor(count / batchSize);
}

/** @throws {RangeError} if the batch size is not a whole number from 1. */
export function checkBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(
      `Cannot make batches: the batch size must be a whole number from 1, got ${batchSize}`,
    );
  }
}

/** How many images a source domain has to train on. */
export interface DomainCounts {
  /** The domain's name. */
  readonly name: string;
  /** Its live images. */
  readonly live: number;
  /** Its spoofs. */
  readonly spoof: number;
}

/**
 * Iterations in an epoch: the batches of the longest loader, live or spoof, over all domains.
 *
 * @throws {RangeError} as {@link batchSampler} does.
 */
export function iterationsPerEpoch(domains: readonly DomainCounts[], batchSize: number): number {
  return Math.max(
    ...domains.flatMap(({ name, live, spoof }) => [
      batchesPerPass(live, batchSize, liveName(name)),
      batchesPerPass(spoof, batchSize, spoofName(name)),
    ]),
  );
}

/** What messages call a domain's live images. */
export function liveName(domain: string): string {
  return `live images of ${domain}`;
}

/** What messages call a domain's spoofs. */
export function spoofName(domain: string): string {
  return `spoofs of ${domain}`;
}
