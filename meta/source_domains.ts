/**
 * The source domains of a run, opened: what is trained on and what is held out.
 *
 * @module
 */

import {
  type DataRoot,
  ImageCache,
  iterationsPerEpoch,
  openDomain,
  type ReaderOptions,
  readSamples,
  type Sample,
  splitSamples,
  type TrainingBatch,
  trainingLoader,
} from "../data/mod.ts";
import { foldIn, permutation, type RandomKey } from "../tensor/mod.ts";
import type { TrainingConfig } from "./config.ts";

/** What a run learns from. */
export interface SourceDomains {
  readonly reader: ReaderOptions;
  /** Iterations in an epoch. */
  readonly iterations: number;
  /** The samples held out from all source domains. */
  readonly heldOut: readonly Sample[];
  /** What a person should be told of the splits. */
  readonly notes: readonly string[];
  /** The batches of a step, counted from 0, one of each domain, the domains shuffled. */
  readonly load: (step: number) => Promise<TrainingBatch[]>;
}

/**
 * Opens the source domains of a run.
 *
 * @throws {Error} that names the list file and line of what is wrong.
 * @throws {RangeError} if a domain has fewer images of a class than a batch wants.
 */
export async function openSources(
  root: DataRoot,
  config: TrainingConfig,
  key: RandomKey,
): Promise<SourceDomains> {
  const { batchSize, imageSize, cache } = config;
  const reader = { root, imageSize, cache: new ImageCache(cache * 2 ** 20) };
  const opened = await Promise.all(config.sources.map(async (name) => {
    const domain = await openDomain(root, name);
    const samples = [...await readSamples(domain, "real"), ...await readSamples(domain, "fake")];
    const split = splitSamples(samples, foldIn(key, "split"));
    const load = trainingLoader({ ...reader, domain: name, samples: split.train, batchSize, key });
    return { name, ...split, load };
  }));
  const counts = opened.map(({ name, train }) => ({
    name,
    live: train.filter((sample) => sample.label === 1).length,
    spoof: train.filter((sample) => sample.label === 0).length,
  }));
  const orderKey = foldIn(key, "order");
  const load = (step: number) => {
    const order = permutation(foldIn(orderKey, step), opened.length);
    return Promise.all(Array.from(order, (place) => opened[place].load(step)));
  };
  return {
    reader,
    iterations: iterationsPerEpoch(counts, batchSize),
    heldOut: opened.flatMap((domain) => domain.heldOut),
    notes: opened.flatMap((domain) => domain.notes),
    load,
  };
}
