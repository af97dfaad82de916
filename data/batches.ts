/**
 * Batches of images as plain arrays, for training and for scoring.
 *
 * @module
 */

import { foldIn, permutation, type RandomKey } from "../tensor/random.ts";
import { mapConcurrently } from "./concurrently.ts";
import type { Sample } from "./domain.ts";
import { DEPTH_SHRINK, INPUT_CHANNELS, unitFloats } from "./network_input.ts";
import { type ReaderOptions, readSampleDepth, readSampleImage } from "./sample_reader.ts";
import { batchSampler, checkBatchSize, liveName, spoofName } from "./sampler.ts";

/** Images and what is known of them. `N` is the number of samples, `S` the image size. */
export interface Batch {
  /** What the images are, in their order. */
  readonly samples: readonly Sample[];
  /** Shape `[N, 6, S, S]`: RGB and HSV, 0 to 1. */
  readonly images: Float32Array;
  /** Shape `[N]`: 1 for live, 0 for spoof. */
  readonly labels: Float32Array;
}

/** A batch to train on. */
export interface TrainingBatch extends Batch {
  /** Shape `[N, 1, S/8, S/8]`: 0 to 1. */
  readonly depths: Float32Array;
}

/** What a training loader draws from: one source domain. */
export interface TrainingSource extends ReaderOptions {
  /** The domain's name. */
  readonly domain: string;
  /** Its images to train on, live and spoof. */
  readonly samples: readonly Sample[];
  /** Live images in a batch, and spoofs likewise: a batch has twice as many samples. */
  readonly batchSize: number;
  /** The run's key; each domain and purpose draws from its own part of it. */
  readonly key: RandomKey;
}

// Reading waits for the disk, decoding for the processor: a few files are enough for both.
const FILES_AT_ONCE = 8;

/**
 * Makes the loader of one source domain: for each step, counted from 0, `batchSize` live images and
 * `batchSize` spoofs, shuffled together.
 *
 * A batch depends on the key, the domain's name and the step alone.
 *
 * @throws {RangeError} if the domain has fewer images of a class than a batch wants.
 */
export function trainingLoader(source: TrainingSource): (step: number) => Promise<TrainingBatch> {
  const { domain, batchSize } = source;
  const live = source.samples.filter((sample) => sample.label === 1);
  const spoof = source.samples.filter((sample) => sample.label === 0);
  const key = foldIn(foldIn(source.key, "batches"), domain);
  const liveIndices = batchSampler(foldIn(key, "live"), live.length, batchSize, liveName(domain));
  const spoofIndices = batchSampler(
    foldIn(key, "spoof"),
    spoof.length,
    batchSize,
    spoofName(domain),
  );
  const shuffleKey = foldIn(key, "shuffle");
  return (step) => {
    const drawn = [
      ...Array.from(liveIndices(step), (index) => live[index]),
      ...Array.from(spoofIndices(step), (index) => spoof[index]),
    ];
    const order = permutation(foldIn(shuffleKey, step), drawn.length);
    return readTrainingBatch(Array.from(order, (index) => drawn[index]), source);
  };
}

/**
 * Reads samples with their depth maps.
 *
 * @throws {Error} that names the list file, the line and the image of one that cannot be read.
 */
export async function readTrainingBatch(
  samples: readonly Sample[],
  options: ReaderOptions,
): Promise<TrainingBatch> {
  const depthSize = (options.imageSize / DEPTH_SHRINK) ** 2;
  const depths = new Float32Array(samples.length * depthSize);
  const batch = await readBatch(samples, options);
  await mapConcurrently(samples, FILES_AT_ONCE, async (sample, n) => {
    const depth = await readSampleDepth(sample, options);
    unitFloats(depth, depths.subarray(n * depthSize, (n + 1) * depthSize));
  });
  return { ...batch, depths };
}

/**
 * Reads samples without depth maps.
 *
 * @throws {Error} that names the list file, the line and the image of one that cannot be read.
 */
export async function readBatch(
  samples: readonly Sample[],
  options: ReaderOptions,
): Promise<Batch> {
  const size = INPUT_CHANNELS * options.imageSize ** 2;
  const images = new Float32Array(samples.length * size);
  await mapConcurrently(samples, FILES_AT_ONCE, async (sample, n) => {
    const image = await readSampleImage(sample, options);
    unitFloats(image, images.subarray(n * size, (n + 1) * size));
  });
  return { samples, images, labels: Float32Array.from(samples, (sample) => sample.label) };
}

/**
 * Batches for scoring: every sample once, in order, the last batch as short as it comes.
 *
 * The next batch is read while the caller works on one.
 *
 * @throws {RangeError} if the batch size is not a whole number from 1.
 * @throws {Error} that names the list file, the line and the image of one that cannot be read.
 */
export async function* scoringBatches(
  samples: readonly Sample[],
  batchSize: number,
  options: ReaderOptions,
): AsyncGenerator<Batch> {
  checkBatchSize(batchSize);
  const count = Math.ceil(samples.length / batchSize);
  const load = readAhead(
    (step) => readBatch(samples.slice(step * batchSize, (step + 1) * batchSize), options),
    count,
  );
  for (let step = 0; step < count; step++) yield await load(step);
}

/**
 * Makes a loader that reads the batch of step `n + 1` as soon as that of step `n` has been read.
 *
 * Steps may be asked for in any order. A failure ahead of time is thrown when its step is asked for.
 *
 * @param end the step before which reading ahead stops.
 */
export function readAhead<Loaded>(
  load: (step: number) => Promise<Loaded>,
  end = Infinity,
): (step: number) => Promise<Loaded> {
  let ahead: { step: number; batch: Promise<Loaded> } | undefined;
  return async (step) => {
    const batch = ahead?.step === step ? ahead.batch : load(step);
    ahead = undefined;
    const loaded = await batch;
    if (step + 1 < end) {
      ahead = { step: step + 1, batch: load(step + 1) };
      ahead.batch.catch(() => {/* thrown to whoever asks for that step */});
    }
    return loaded;
  };
}
