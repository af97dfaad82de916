/**
 * Reading a sample's image and depth map, through a cache, with errors that say where it stands.
 *
 * @module
 */

import { type DataRoot, readInside, shownPath } from "./data_root.ts";
import { depthPath, imagePath, placeOf, type Sample } from "./domain.ts";
import type { ImageCache } from "./image_cache.ts";
import { networkDepth, networkInput } from "./network_input.ts";

/** Where samples are read from, to what size, and through which cache. */
export interface ReaderOptions {
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
  return readNamed(sample, imagePath(sample), networkInput, options);
}

/**
 * A sample's depth map, as {@link networkDepth} gives it.
 *
 * @throws {Error} that names the list file, the line, the image and the depth map.
 */
export function readSampleDepth(sample: Sample, options: ReaderOptions): Promise<Uint8Array> {
  return readNamed(sample, depthPath(sample), networkDepth, options);
}

async function readNamed(
  sample: Sample,
  path: string,
  decode: typeof networkInput,
  { root, imageSize, cache }: ReaderOptions,
): Promise<Uint8Array> {
  const load = async () => decode(await readInside(root, path), shownPath(root, path), imageSize);
  try {
    // A listed image may lie in the depth folder, so the kind of reading is part of the name.
    return await cache.get(`${decode.name} ${imageSize} ${path}`, load);
  } catch (error) {
    throw sampleError(sample, error);
  }
}

/** An error about a sample, with its list file, line and image in front. */
export function sampleError(sample: Sample, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${placeOf(sample)}, image ${sample.image}: ${reason}`, { cause });
}
