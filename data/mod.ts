/**
 * Data: image files as the networks see them, datasets in the list-file contract, batches.
 *
 * The contract stands in {@link Domain}; {@link checkDataset} checks a dataset against it,
 * {@link trainingLoader} and {@link scoringBatches} read from it.
 *
 * @module
 */

export type { GrayImage, RgbImage } from "./image.ts";
export { type ImageHeader, MAX_PIXELS, readImageHeader } from "./image_header.ts";
export { decodeImage } from "./decode.ts";
export { decodeJpeg, encodeJpeg, type JpegOptions } from "./jpeg.ts";
export { rgbToHsv } from "./hsv.ts";
export { rgbToLuma } from "./luma.ts";
export { resizeGray, resizeRgb } from "./resize.ts";
export {
  DEPTH_SHRINK,
  INPUT_CHANNELS,
  networkDepth,
  networkInput,
  unitFloats,
} from "./network_input.ts";

export type { RandomKey } from "../tensor/random.ts";
export { type DataRoot, openDataRoot } from "./data_root.ts";
export { type Label, type ListedImage, type ListName, readListFile } from "./list_file.ts";
export { type ImageFacts, type Manifest, readManifest, type Split } from "./manifest.ts";
export {
  depthPath,
  type Domain,
  imagePath,
  listDomains,
  openDomain,
  placeOf,
  readSamples,
  type Sample,
} from "./domain.ts";
export type { OnFault } from "./fault.ts";
export { type SplitSamples, splitSamples } from "./split.ts";
export { checkDataset, type CheckOptions, type DatasetReport } from "./check.ts";

export {
  batchesPerPass,
  type BatchSampler,
  batchSampler,
  type DomainCounts,
  iterationsPerEpoch,
} from "./sampler.ts";
export { ImageCache } from "./image_cache.ts";
export { type ReaderOptions, readSampleDepth, readSampleImage } from "./sample_reader.ts";
export {
  type Batch,
  readAhead,
  readBatch,
  readTrainingBatch,
  scoringBatches,
  type TrainingBatch,
  trainingLoader,
  type TrainingSource,
} from "./batches.ts";

export type { NpyArray, NpyData } from "./npy.ts";
export { readNpz } from "./npz.ts";

export { SYNTHETIC_DOMAINS } from "./synth/domains.ts";
export type { SyntheticSettings } from "./synth/plan.ts";
export type { DomainReport } from "./synth/report.ts";
export {
  type SyntheticSetOptions,
  type SyntheticSetReport,
  writeSyntheticSet,
} from "./synth/write.ts";
