/**
 * Writing a synthetic set to disk, whole or not at all.
 *
 * Everything is drawn into a hidden folder first and then moved to its place, the file
 * `dataset.json` last: a folder with that file is whole. What others put into a folder is never
 * touched.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { messageOf } from "../fault.ts";
import { domainFiles } from "./contract.ts";
import { datasetFile, describeSet, readDescription, sameSettings } from "./description.ts";
import { DOMAINS } from "./domains.ts";
import { checkSettings, SYNTHETIC_DEFAULTS, type SyntheticSettings } from "./plan.ts";
import { countDomains, type DomainReport, totalImages } from "./report.ts";

/** What to draw, and who wants to know how it gets on. */
export interface SyntheticSetOptions extends Partial<SyntheticSettings> {
  /** Called after each image. */
  readonly onProgress?: (images: number, of: number) => void;
  /** Stops the work; what was begun is removed. */
  readonly signal?: AbortSignal;
}

/** What there is after {@linkcode writeSyntheticSet}. */
export interface SyntheticSetReport {
  /** False if the same set was there already. */
  readonly written: boolean;
  /** What each domain holds. */
  readonly domains: readonly DomainReport[];
  /** What a person should be told. */
  readonly notes: readonly string[];
}

const UNFINISHED = ".unfinished";
const LOCK = ".lock";

/**
 * Writes four domains of drawn faces, live and attacked, into the folder `root`, in the layout that
 * {@linkcode openDomain} reads.
 *
 * If `root` holds a set with the same settings, nothing is done. Of several processes that want the
 * same folder, one writes and the others wait.
 *
 * @throws {RangeError} if a setting is out of its range.
 * @throws {Error} if `root` holds other files or a set with other settings, or a file cannot be
 * written; the reason of `signal` if that stops the work.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { writeSyntheticSet } from "./write.ts";
 *
 * const root = await Deno.makeTempDir();
 * const { domains } = await writeSyntheticSet(root, { seed: 1, subjects: 2, imageSize: 32 });
 * equal(domains[0].images.live, 16);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function writeSyntheticSet(
  root: string,
  options: SyntheticSetOptions = {},
): Promise<SyntheticSetReport> {
  const {
    seed = SYNTHETIC_DEFAULTS.seed,
    subjects = SYNTHETIC_DEFAULTS.subjects,
    imageSize = SYNTHETIC_DEFAULTS.imageSize,
  } = options;
  const settings = { seed, subjects, imageSize };
  checkSettings(settings);
  const domains = countDomains(settings);
  const report = { domains, notes: notesOn(domains) };
  try {
    if (await holdsSet(root, settings)) return { written: false, ...report };
    await Deno.mkdir(root, { recursive: true });
    using _others = await lockFolder(root);
    if (await holdsSet(root, settings)) return { written: false, ...report };
    const unfinished = join(root, UNFINISHED);
    const isOnlyToBeMoved = await holdsDescription(unfinished, settings);
    if (!isOnlyToBeMoved) await drawInto(unfinished, settings, options);
    await moveOut(unfinished, root);
  } catch (error) {
    if (options.signal?.aborted || /^Cannot /.test(messageOf(error))) throw error;
    throw new Error(`Cannot write a synthetic set to ${root}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return { written: true, ...report };
}

/**
 * Whether a folder holds this set, whole.
 *
 * @throws {Error} if it holds something else, so that this set cannot be written there.
 */
async function holdsSet(root: string, settings: SyntheticSettings): Promise<boolean> {
  const cannot = `Cannot write a synthetic set to ${root}`;
  const names = await namesIn(root);
  const visible = names.filter((name) => name !== UNFINISHED && name !== LOCK);
  if (visible.length === 0) return false;
  const present = await readDescription(root);
  if (present === undefined) {
    if (await holdsDescription(join(root, UNFINISHED), settings)) return false;
    throw new Error(
      `${cannot}: the folder holds other files (${visible.sort()[0]}); name a new or empty folder`,
    );
  }
  if (!sameSettings(present, settings)) {
    const { seed, subjects, imageSize } = present;
    throw new Error(
      `${cannot}: it holds another one (seed ${seed}, ${subjects} subjects, image size ` +
        `${imageSize}, generator ${present.generator}); delete it or name another folder`,
    );
  }
  const missing = DOMAINS.find(({ name }) => !names.includes(name));
  if (missing !== undefined) {
    throw new Error(
      `${cannot}: it holds this set already, but the folder ${missing.name} is missing; ` +
        `delete ${root} and try again`,
    );
  }
  return true;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function holdsDescription(folder: string, settings: SyntheticSettings): Promise<boolean> {
  const description = await readDescription(folder);
  return description !== undefined && sameSettings(description, settings);
}

/** Keeps other processes out until it is disposed of. */
async function lockFolder(root: string): Promise<Disposable> {
  const path = join(root, LOCK);
  const file = await Deno.open(path, { create: true, write: true });
  await file.lock(true);
  return {
    [Symbol.dispose]() {
      file.close();
      removeIfThere(path);
    },
  };
}

async function drawInto(
  folder: string,
  settings: SyntheticSettings,
  { onProgress = () => {}, signal }: SyntheticSetOptions,
): Promise<void> {
  removeIfThere(folder);
  try {
    const domains = countDomains(settings);
    const total = totalImages(domains);
    let drawn = 0;
    const made = new Set<string>();
    for (const domain of DOMAINS) {
      for await (const { path, bytes, isCrop } of domainFiles(domain, settings)) {
        signal?.throwIfAborted();
        const target = join(folder, domain.name, path);
        if (!made.has(dirname(target))) await Deno.mkdir(dirname(target), { recursive: true });
        made.add(dirname(target));
        await Deno.writeFile(target, bytes);
        if (isCrop) onProgress(++drawn, total);
      }
    }
    await Deno.writeTextFile(datasetFile(folder), describeSet(settings, domains));
  } catch (error) {
    removeIfThere(folder);
    throw error;
  }
}

async function moveOut(unfinished: string, root: string): Promise<void> {
  const ready = await namesIn(unfinished);
  for (const { name } of DOMAINS) {
    if (ready.includes(name)) await Deno.rename(join(unfinished, name), join(root, name));
  }
  await Deno.rename(datasetFile(unfinished), datasetFile(root));
  await Deno.remove(unfinished);
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function notesOn(domains: readonly DomainReport[]): string[] {
  const { train, dev } = domains[0].subjects;
  if (dev > 0) return [];
  return [`no split dev: it takes one subject in five, and there are ${train} in each domain`];
}
