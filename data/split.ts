/**
 * The parts of a source domain: what is trained on, and what is held out.
 *
 * @module
 */

import { foldIn, permutation, type RandomKey } from "../tensor/random.ts";
import { placeOf, type Sample } from "./domain.ts";

/** A source domain's parts, each in list order. */
export interface SplitSamples {
  /** To learn from. */
  readonly train: Sample[];
  /** For model selection and thresholds; empty where it cannot be had. */
  readonly heldOut: Sample[];
  /** Sentences for the person who started the run. */
  readonly notes: string[];
}

const HELD_OUT_SHARE = 0.1;

/**
 * Splits a source domain's samples.
 *
 * Where the manifest says so, by its `split`: `dev` is held out and `test` is left aside. Else a
 * tenth of the subjects, chosen by the key and the domain's name, is held out: at least one of two
 * or more, so that no person is in both parts. Where a subject is unknown, a tenth of the live
 * images and a tenth of the spoofs. A part that would be empty is left out, and a note says so.
 *
 * @throws {Error} if the manifest gives a split for some of the images only.
 */
export function splitSamples(samples: readonly Sample[], key: RandomKey): SplitSamples {
  const bySplit = samples.some((sample) => sample.split !== undefined);
  const { train, heldOut, notes } = bySplit
    ? splitByManifest(samples)
    : splitByChance(samples, key);
  return { train, heldOut, notes: [...notes, ...missingClasses(samples, heldOut)] };
}

function splitByManifest(samples: readonly Sample[]): SplitSamples {
  const without = samples.find((sample) => sample.split === undefined);
  if (without !== undefined) {
    throw new Error(
      `Cannot split ${without.domain}: its manifest gives a split for some images only, and none ` +
        `for ${without.image} (${placeOf(without)}); give it for all or for none`,
    );
  }
  const part = (split: string) => samples.filter((sample) => sample.split === split);
  return { train: part("train"), heldOut: part("dev"), notes: [] };
}

function splitByChance(samples: readonly Sample[], key: RandomKey): SplitSamples {
  if (samples.length === 0) return { train: [], heldOut: [], notes: [] };
  const { domain } = samples[0];
  const domainKey = foldIn(foldIn(key, "held-out"), domain);
  const subjects = samples.map((sample) => sample.subject);
  let isHeldOut: (sample: Sample) => boolean;
  const notes: string[] = [];
  if (subjects.every((subject) => subject !== undefined)) {
    const chosen = chooseTenth(subjects, foldIn(domainKey, "subjects"));
    isHeldOut = ({ subject }) => subject !== undefined && chosen.has(subject);
  } else {
    const imagesOf = (label: number) =>
      samples.filter((sample) => sample.label === label).map((sample) => sample.image);
    const chosen = new Set([
      ...chooseTenth(imagesOf(1), foldIn(domainKey, "live")),
      ...chooseTenth(imagesOf(0), foldIn(domainKey, "spoof")),
    ]);
    isHeldOut = ({ image }) => chosen.has(image);
    notes.push(
      `${domain}: the held-out part is chosen by image, since subjects are unknown; ` +
        "one person may be in both parts (a manifest.csv with a column subject mends it)",
    );
  }
  return {
    train: samples.filter((sample) => !isHeldOut(sample)),
    heldOut: samples.filter(isHeldOut),
    notes,
  };
}

/** A tenth of the different names, at least one of two or more. */
function chooseTenth(names: readonly string[], key: RandomKey): Set<string> {
  const different = [...new Set(names)].sort();
  if (different.length < 2) return new Set();
  const count = Math.max(1, Math.round(different.length * HELD_OUT_SHARE));
  return new Set([...permutation(key, different.length).slice(0, count)].map((i) => different[i]));
}

function missingClasses(samples: readonly Sample[], heldOut: readonly Sample[]): string[] {
  if (samples.length === 0) return [];
  const { domain } = samples[0];
  if (heldOut.length === 0) return [`${domain}: no held-out part, it would be empty`];
  return ([[1, "live image"], [0, "spoof"]] as const)
    .filter(([label]) => heldOut.every((sample) => sample.label !== label))
    .map(([, name]) => `${domain}: the held-out part has no ${name}`);
}
