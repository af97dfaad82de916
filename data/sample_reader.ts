/**
 * Reading a sample's image and depth map, through a cache, with errors that say where it stands.
 *
 * @module
 */

import { type DataRoot, readInside, shownPath } from "./data_root.ts";
import { depthPath, imagePath, placeOf, type Sample } from "./domain.ts";
import { messageOf } from "./fault.ts";
import type { ImageCache } from "./image_cache.ts";
import { networkDepth, networkInput } from "./network_input.ts";

/** Where samples are read from, to what size, and through which cache. */
export interface ReaderOptions {
  /** The data folder. */
  readonly root: DataRoot;
  /** Side of the networks' input, a multiple of 8. */
  readonly imageSize: number;
  /** May be shared by readers of one root and image size. */
  readonly cache: ImageCache;
}

/**
 * A sample's six-plane input, as {@link networkInput} gives it.
 *
 * @throws {Error} that names the list file, the line and the image.
 */
export function readSampleImage(sample: Sample, options: ReaderOptions): Promise<Uint8Array> {
  return readNamed("image", sample, imagePath(sample), networkInput, options);
}

/**
 * A sample's depth map, as {@link networkDepth} gives it.
 *
 * @throws {Error} that names the list file, the line, the image and the depth map.
 */
export function readSampleDepth(sample: Sample, options: ReaderOptions): Promise<Uint8Array> {
  return readNamed("depth", sample, depthPath(sample), networkDepth, options);
}

async function readNamed(
  kind: "image" | "depth",
  sample: Sample,
  path: string,
  decode: typeof networkInput,
  { root, imageSize, cache }: ReaderOptions,
): Promise<Uint8Array> {
  const load = async () => decode(await readInside(root, path), shownPath(root, path), imageSize);
  try {
    // A list may name a depth map as an image, so the kind is part of what is kept.
    return await cache.get(`${kind} ${imageSize} ${path}`, load);
  } catch (error) {
    throw sampleError(sample, error);
  }
}

/** An error about a sample, with its list file, line and image in front. */
export function sampleError(sample: Sample, cause: unknown): Error {
  return new Error(`${placeOf(sample)}, image ${sample.image}: ${messageOf(cause)}`, { cause });
}
