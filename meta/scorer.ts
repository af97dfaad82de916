/**
 * Scoring single images with a checkpoint.
 *
 * @module
 */

import { INPUT_CHANNELS, networkInput, unitFloats } from "../data/mod.ts";
import { disposeReplaced, tensor } from "../tensor/mod.ts";
import { liveScores } from "./networks/live_scores.ts";
import { decodeCheckpoint } from "./run/checkpoint.ts";
import { readFile } from "./run/read_file.ts";

/** Scores images with the networks of one checkpoint. */
export interface Scorer extends Disposable {
  /** The side that images are resized to. */
  readonly imageSize: number;
  /** How its networks were trained: scores are the same bits if `init` is given the same. */
  readonly deterministic: "fast" | "strict";
  /**
   * The probability from 0 to 1 that a face crop (JPEG, PNG or BMP) is of a live person.
   *
   * @throws {Error} that names the image, if it cannot be decoded.
   */
  score(imageBytes: Uint8Array, name?: string): Promise<number>;
}

/**
 * Loads the networks of a checkpoint, from its path or its bytes, onto the current device.
 *
 * @throws {Error} that names the file, if it is no sound checkpoint.
 * @example
 * ```ts
 * import { loadScorer } from "./scorer.ts";
 *
 * async function isLive(checkpoint: Uint8Array, face: Uint8Array): Promise<boolean> {
 *   using scorer = await loadScorer(checkpoint);
 *   return await scorer.score(face) >= 0.5;
 * }
 * ```
 */
export async function loadScorer(checkpoint: string | Uint8Array): Promise<Scorer> {
  const [bytes, name] = typeof checkpoint === "string"
    ? [await readFile(checkpoint), checkpoint]
    : [checkpoint, "the checkpoint"];
  const { config, state } = await decodeCheckpoint(bytes, name);
  const { imageSize, channelDivisor, deterministic } = config;
  return {
    imageSize,
    deterministic,
    async score(imageBytes, imageName = "the image") {
      const input = unitFloats(await networkInput(imageBytes, imageName, imageSize));
      using image = tensor(input, [1, INPUT_CHANNELS, imageSize, imageSize]);
      using scores = liveScores(image, state, channelDivisor);
      return await scores.item();
    },
    [Symbol.dispose]() {
      disposeReplaced(state, []);
    },
  };
}
