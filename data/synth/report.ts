/**
 * What a synthetic set holds, counted.
 *
 * @module
 */

import { DOMAINS } from "./domains.ts";
import { planDomain, type PlannedSubject, type SyntheticSettings } from "./plan.ts";

/** What one domain holds: subjects by split, images by kind. */
export interface DomainReport {
  /** The domain's name. */
  readonly name: string;
  /** Its subjects. */
  readonly subjects: { readonly train: number; readonly dev: number };
  /** Its images. */
  readonly images: { readonly live: number; readonly print: number; readonly replay: number };
}

/** Counts every domain of a set. */
export function countDomains(settings: SyntheticSettings): DomainReport[] {
  return DOMAINS.map((domain) => {
    const subjects = planDomain(domain, settings);
    return {
      name: domain.name,
      subjects: { train: countSplit(subjects, "train"), dev: countSplit(subjects, "dev") },
      images: {
        live: countImages(subjects, undefined),
        print: countImages(subjects, "print"),
        replay: countImages(subjects, "replay"),
      },
    };
  });
}

/** All images of a set. */
export function totalImages(domains: readonly DomainReport[]): number {
  return domains.reduce((sum, { images }) => sum + images.live + images.print + images.replay, 0);
}

function countSplit(subjects: readonly PlannedSubject[], split: "train" | "dev"): number {
  return subjects.filter((subject) => subject.split === split).length;
}

function countImages(
  subjects: readonly PlannedSubject[],
  attack: "print" | "replay" | undefined,
): number {
  return subjects
    .flatMap(({ videos }) => videos)
    .filter((video) => video.attack === attack)
    .reduce((sum, { frames }) => sum + frames.length, 0);
}
