/**
 * Which pictures a synthetic set holds: whose, in which video, under which name, for which split.
 *
 * @module
 */

import { foldIn, type RandomKey, randomKey } from "../../tensor/random.ts";
import type { Attack, SyntheticDomain } from "./domains.ts";

/** What a synthetic set is drawn from; the same settings give the same bytes. */
export interface SyntheticSettings {
  /** A whole number from 0 to 2^53 − 1. */
  readonly seed: number;
  /** People in each domain, at least 2. */
  readonly subjects: number;
  /** Width and height of the crops: a multiple of 8 from 32 to 512. */
  readonly imageSize: number;
}

/** A set of 768 crops that a small network can learn from, drawn within seconds. */
export const SYNTHETIC_DEFAULTS: SyntheticSettings = { seed: 0, subjects: 12, imageSize: 64 };

/** One person of a domain. */
export interface PlannedSubject {
  readonly name: string;
  readonly split: "train" | "dev";
  readonly key: RandomKey;
  readonly videos: readonly PlannedVideo[];
}

/** One video; `frames` are paths in the domain's folder. */
export interface PlannedVideo {
  readonly name: string;
  readonly attack?: Attack;
  readonly key: RandomKey;
  readonly frames: readonly string[];
}

const LIVE_VIDEOS = 4;
const FRAMES = 2;

/** One subject in five is held out, so that fewer than five leave no one for `dev`. */
const DEV_EVERY = 5;

/**
 * Checks settings.
 *
 * @throws {RangeError} if one is out of its range.
 */
export function checkSettings({ seed, subjects, imageSize }: SyntheticSettings): void {
  randomKey(seed);
  if (!Number.isInteger(subjects) || subjects < 2) {
    throw new RangeError(
      `Cannot draw a synthetic set: the number of subjects must be a whole number of at least 2, ` +
        `got ${subjects}`,
    );
  }
  if (!(imageSize >= 32 && imageSize <= 512 && imageSize % 8 === 0)) {
    throw new RangeError(
      `Cannot draw a synthetic set: the image size must be a multiple of 8 from 32 to 512, ` +
        `got ${imageSize}`,
    );
  }
}

/** The subjects of a domain. A subject is the same however many there are beside it. */
export function planDomain(domain: SyntheticDomain, settings: SyntheticSettings): PlannedSubject[] {
  const domainKey = foldIn(foldIn(randomKey(settings.seed), "synthetic set"), domain.name);
  return Array.from({ length: settings.subjects }, (_, index) => {
    const name = `${domain.name}-${String(index + 1).padStart(2, "0")}`;
    const key = foldIn(foldIn(domainKey, "subject"), index);
    const live = Array.from({ length: LIVE_VIDEOS }, () => undefined);
    const videos = [...live, ...domain.attacks].map((attack, number) =>
      planVideo(name, key, attack, number)
    );
    return { name, key, split: (index + 1) % DEV_EVERY === 0 ? "dev" : "train", videos };
  });
}

function planVideo(
  subject: string,
  subjectKey: RandomKey,
  attack: Attack | undefined,
  number: number,
): PlannedVideo {
  const kind = attack ?? "live";
  const name = `${subject}_${kind}-${number + 1}`;
  const folder = attack === undefined ? "live" : "spoof";
  const frames = Array.from(
    { length: FRAMES },
    (_, frame) => `${folder}/${subject}/${name}_${frame + 1}.jpg`,
  );
  const key = foldIn(foldIn(subjectKey, kind), number);
  return attack === undefined ? { name, key, frames } : { name, attack, key, frames };
}
