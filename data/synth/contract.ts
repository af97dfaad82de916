/**
 * A synthetic domain as files: crops, depth maps, list files and manifest, in the layout that the
 * loader reads.
 *
 * @module
 */

import { posix } from "node:path";
import { encodeJpeg } from "../jpeg.ts";
import type { SyntheticDomain } from "./domains.ts";
import { planDomain, type PlannedSubject, type SyntheticSettings } from "./plan.ts";
import { attackVideo, liveVideo } from "./recording.ts";
import { drawSubject } from "./subject.ts";

/** A file to write; the path is relative to the domain's folder. */
export interface DomainFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Whether it is one of the images that the lists name. */
  readonly isCrop: boolean;
}

/** Near lossless: a depth map is what the depth network is taught. */
const DEPTH_QUALITY = 95;

/** Draws a domain, file by file: the crops as they are taken, the lists last. */
export async function* domainFiles(
  domain: SyntheticDomain,
  settings: SyntheticSettings,
): AsyncGenerator<DomainFile> {
  const subjects = planDomain(domain, settings);
  for (const subject of subjects) yield* subjectFiles(domain, subject, settings.imageSize);

  const { imageSize: size } = settings;
  const zero = { width: size, height: size, data: new Uint8Array(size * size) };
  const quality = DEPTH_QUALITY;
  const zeroJpeg = await encodeJpeg(zero, { quality });
  yield { path: "depth/fake_depth.jpg", bytes: zeroJpeg, isCrop: false };
  yield text("manifest.csv", manifest(subjects));
  const live = listLines(subjects, 1);
  const spoof = listLines(subjects, 0);
  yield text("image_list_real.txt", live);
  yield text("image_list_fake.txt", spoof);
  yield text("image_list_all.txt", [...live, ...spoof]);
}

async function* subjectFiles(
  domain: SyntheticDomain,
  planned: PlannedSubject,
  size: number,
): AsyncGenerator<DomainFile> {
  const subject = drawSubject(planned.key);
  for (const { attack, key, frames: paths } of planned.videos) {
    const frames = attack === undefined
      ? liveVideo(domain, subject, key, paths.length, size)
      : attackVideo(attack, domain, subject, key, paths.length, size);
    for (const [i, { picture, jpegQuality: quality, depth }] of frames.entries()) {
      yield { path: paths[i], bytes: await encodeJpeg(picture, { quality }), isCrop: true };
      if (depth === undefined) continue;
      const bytes = await encodeJpeg(depth, { quality: DEPTH_QUALITY });
      yield { path: depthPath(paths[i]), bytes, isCrop: false };
    }
  }
}

function depthPath(image: string): string {
  const { dir, name } = posix.parse(image);
  return `depth/${dir}/${name}_depth.jpg`;
}

function manifest(subjects: readonly PlannedSubject[]): string[] {
  const rows = subjects.flatMap(({ name: subject, split, videos }) =>
    videos.flatMap(({ name: video, attack = "", frames }) =>
      frames.map((image) => [image, subject, video, attack, split].join(","))
    )
  );
  return ["image,subject,video,attack,split", ...rows];
}

function listLines(subjects: readonly PlannedSubject[], label: 0 | 1): string[] {
  const videos = subjects.flatMap((subject) => subject.videos);
  const wanted = videos.filter(({ attack }) => (attack === undefined) === (label === 1));
  return wanted.flatMap(({ frames }) => frames.map((image) => `${image} ${label}`));
}

function text(path: string, lines: readonly string[]): DomainFile {
  return { path, bytes: new TextEncoder().encode(lines.join("\n") + "\n"), isCrop: false };
}
