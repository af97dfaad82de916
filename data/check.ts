/**
 * Checking a dataset before anything is trained or scored on it: every list, every manifest, and
 * every picture's header and end, without decoding a pixel.
 *
 * @module
 */

import { mapConcurrently } from "./concurrently.ts";
import { type DataRoot, openDataRoot } from "./data_root.ts";
import {
  depthPath,
  type Domain,
  imagePath,
  openDomain,
  placeOf,
  readSamples,
  type Sample,
} from "./domain.ts";
import { messageOf } from "./fault.ts";
import { readImageFileHeader } from "./image_file.ts";
import type { ListName } from "./list_file.ts";
import { sampleError } from "./sample_reader.ts";

/** What is to be checked. */
export interface CheckOptions {
  /** Domains to train on: their lists `real` and `fake`, and depth maps. */
  readonly train?: readonly string[];
  /** Domains to score: their list `all`. */
  readonly score?: readonly string[];
  /** The side that images will be resized to; a warning counts those of another size. */
  readonly imageSize?: number;
  /** The most problems that are described; 100 unless given. */
  readonly limit?: number;
}

/** What was found. */
export interface DatasetReport {
  /** How many list lines named an image whose files were looked at. */
  readonly images: number;
  /** What stands in the way, each with list file, line and image; the first `limit` of them. */
  readonly problems: readonly string[];
  /** How many problems there are. */
  readonly problemCount: number;
  /** What may be meant as it is. */
  readonly warnings: readonly string[];
}

/**
 * Checks domains of a dataset and collects what is wrong.
 *
 * Problems: a missing, unreadable, truncated or absurdly large file (as far as the header and the
 * end of the file tell), a faulty line of a list, a faulty manifest. Warnings: an image listed
 * again, images of another size, images that the manifest leaves out.
 *
 * @throws {Error} if there is no such data folder.
 */
export async function checkDataset(
  path: string,
  options: CheckOptions,
): Promise<DatasetReport> {
  const root = await openDataRoot(path);
  const { train = [], score = [], limit = 100 } = options;
  const findings = new Findings(limit);
  let images = 0;
  const tasks = [
    ...train.map((name) => ({ name, lists: ["real", "fake"] as const, withDepth: true })),
    ...score.map((name) => ({ name, lists: ["all"] as const, withDepth: false })),
  ];
  for (const { name, lists, withDepth } of tasks) {
    const domain = await findings.attempt(() => openDomain(root, name));
    if (domain === undefined) continue;
    const samples = await readLists(domain, lists, findings);
    images += samples.length;
    warnOfRepeats(samples, findings);
    warnOfManifestGaps(domain, samples, findings);
    await checkFiles(root, samples, withDepth, options.imageSize, findings);
  }
  const { problems, problemCount, warnings } = findings;
  return { images, problems, problemCount, warnings };
}

class Findings {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];
  problemCount = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  addProblem(problem: unknown): void {
    this.problemCount++;
    if (this.problems.length < this.#limit) this.problems.push(messageOf(problem));
  }

  async attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (problem) {
      this.addProblem(problem);
      return undefined;
    }
  }
}

async function readLists(
  domain: Domain,
  lists: readonly ListName[],
  findings: Findings,
): Promise<Sample[]> {
  const samples: Sample[][] = [];
  for (const list of lists) {
    const read = () => readSamples(domain, list, (fault) => findings.addProblem(fault));
    samples.push(await findings.attempt(read) ?? []);
  }
  return samples.flat();
}

function warnOfRepeats(samples: readonly Sample[], findings: Findings): void {
  const seen = new Map<string, Sample>();
  const repeats = samples.filter((sample) => {
    const first = seen.get(sample.image);
    if (first === undefined) seen.set(sample.image, sample);
    return first !== undefined;
  });
  if (repeats.length === 0) return;
  findings.warnings.push(
    `${repeats[0].domain}: ${repeats.length} of ${samples.length} lines list an image again, ` +
      `and draw it more often; the first is ${describe(repeats[0])}`,
  );
}

function warnOfManifestGaps(domain: Domain, samples: readonly Sample[], findings: Findings): void {
  if (domain.manifest.size === 0) return;
  const missing = samples.filter((sample) => !domain.manifest.has(sample.image));
  if (missing.length === 0) return;
  findings.warnings.push(
    `${domain.name}: manifest.csv leaves out ${missing.length} of ${samples.length} images; ` +
      `the first is ${describe(missing[0])}`,
  );
}

function describe(sample: Sample): string {
  return `${sample.image} (${placeOf(sample)})`;
}

// More at once gains nothing: opening a file costs more time in the process than on the disk.
const FILES_AT_ONCE = 16;

async function checkFiles(
  root: DataRoot,
  samples: readonly Sample[],
  withDepth: boolean,
  imageSize: number | undefined,
  findings: Findings,
): Promise<void> {
  const headers = await mapConcurrently(
    filesOf(samples, withDepth),
    FILES_AT_ONCE,
    async ({ sample, path }) => {
      try {
        return { sample, path, header: await readImageFileHeader(root, path) };
      } catch (problem) {
        return { sample, path, problem };
      }
    },
  );
  for (const { sample, problem } of headers) {
    if (problem !== undefined) findings.addProblem(sampleError(sample, problem));
  }
  if (imageSize === undefined) return;
  const resized = headers.filter(({ sample, path, header }) =>
    header !== undefined && path === imagePath(sample) &&
    (header.width !== imageSize || header.height !== imageSize)
  );
  if (resized.length > 0) {
    const { sample, header } = resized[0];
    findings.warnings.push(
      `${sample.domain}: ${resized.length} images are not ${imageSize}x${imageSize} and will be ` +
        `resized; the first is ${describe(sample)}, ${header?.width}x${header?.height}`,
    );
  }
}

/** Each file once, with the first sample that needs it. */
function filesOf(
  samples: readonly Sample[],
  withDepth: boolean,
): { sample: Sample; path: string }[] {
  const firstUser = new Map<string, Sample>();
  for (const sample of samples) {
    const paths = withDepth ? [imagePath(sample), depthPath(sample)] : [imagePath(sample)];
    for (const path of paths) {
      if (!firstUser.has(path)) firstUser.set(path, sample);
    }
  }
  return Array.from(firstUser, ([path, sample]) => ({ sample, path }));
}
