/**
 * What a domain's camera records of one subject: live videos, and attacks made from other
 * pictures of the same subject.
 *
 * @module
 */

import { foldIn, type RandomKey } from "../../tensor/random.ts";
import type { GrayImage, RgbImage } from "../image.ts";
import { drawBackdrop } from "./backdrop.ts";
import { type Camera, capture, lightOf, type Shot } from "./camera.ts";
import type { Attack, SyntheticDomain } from "./domains.ts";
import { between } from "./draw.ts";
import { type FloatImage, resample } from "./float_image.ts";
import { drawLight } from "./light.ts";
import { drawLook, type Portrait, renderPortrait } from "./portrait.ts";
import { printScene } from "./print.ts";
import { replayScene } from "./replay.ts";
import type { Subject } from "./subject.ts";

/** One frame, as the camera stored it. */
export interface Frame {
  readonly picture: RgbImage;
  readonly jpegQuality: number;
  /** Of a live frame: near is bright, 0 is not the face. */
  readonly depth?: GrayImage;
}

/** Scenes are drawn this much finer than the crop, each way, and the camera averages them. */
const OVERSAMPLING = 1.25;

/** Records `count` frames of a live subject. */
export function liveVideo(
  domain: SyntheticDomain,
  subject: Subject,
  video: RandomKey,
  count: number,
  size: number,
): Frame[] {
  return frameKeys(video, count).map((frame) => {
    const shot = { video, frame };
    const { radiance, depth } = stage(subject, domain, shot, size * OVERSAMPLING, 1);
    return {
      picture: capture(radiance, domain.camera, shot, size),
      jpegQuality: drawQuality(domain.camera, video),
      depth: storedDepth(depth, size),
    };
  });
}

/** Records `count` frames of a still picture of the subject, on paper or on a screen. */
export function attackVideo(
  attack: Attack,
  domain: SyntheticDomain,
  subject: Subject,
  video: RandomKey,
  count: number,
  size: number,
): Frame[] {
  const margin = between(video, "margin", domain[attack].margin);
  const photo = sourcePhoto(domain, subject, foldIn(video, "source"), margin, size);
  return frameKeys(video, count).map((frame) => {
    const shot = { video, frame };
    const scene = attackScene(attack, photo, domain, shot, margin, size);
    return {
      picture: capture(scene, domain.camera, shot, size),
      jpegQuality: drawQuality(domain.camera, video),
    };
  });
}

function frameKeys(video: RandomKey, count: number): RandomKey[] {
  return Array.from({ length: count }, (_, frame) => foldIn(foldIn(video, "frame"), frame));
}

function drawQuality(camera: Camera, video: RandomKey): number {
  return Math.round(between(video, "jpeg quality", camera.jpegQuality));
}

function stage(
  subject: Subject,
  domain: SyntheticDomain,
  { video, frame }: Shot,
  size: number,
  zoom: number,
): Portrait {
  const light = drawLight(video, domain.illumination);
  const backdrop = drawBackdrop(video, domain.backdrops, light);
  const look = drawLook(video, frame, domain.stance);
  return renderPortrait(subject, look, light, backdrop, size, zoom);
}

const ATTACKERS_CAMERA: Camera = {
  resolution: [1, 1],
  blur: [0.2, 0.5],
  vignette: 0.1,
  noise: [0.005, 0.015],
  cast: [1.02, 1, 0.96],
  autoWhite: 0.5,
  exposure: [0.18, 0.3],
  flare: [0, 0.02],
  contrast: [0.4, 1.1],
  saturation: [0.9, 1.15],
  sharpening: [0, 0],
  jpegQuality: [90, 90],
};

/**
 * A picture that shows `margin` times as much around the head as a crop does. It is taken where the
 * live videos are, so that no background gives an attack away.
 */
function sourcePhoto(
  domain: SyntheticDomain,
  subject: Subject,
  key: RandomKey,
  margin: number,
  size: number,
): FloatImage {
  const shot = { video: key, frame: foldIn(key, "frame") };
  const fine = size * OVERSAMPLING;
  const portrait = stage(subject, domain, shot, fine, 1 / margin);
  return lightOf(capture(portrait.radiance, ATTACKERS_CAMERA, shot, fine));
}

function attackScene(
  attack: Attack,
  photo: FloatImage,
  domain: SyntheticDomain,
  shot: Shot,
  margin: number,
  size: number,
): FloatImage {
  const light = drawLight(shot.video, domain.illumination);
  const backdrop = drawBackdrop(shot.video, domain.backdrops, light);
  const place = { ...shot, margin, light, backdrop, size: size * OVERSAMPLING };
  const sensor = size * between(shot.video, "resolution", domain.camera.resolution);
  if (attack === "print") return printScene(photo, domain.print, sensor, place);
  return replayScene(photo, domain.replay, sensor, place);
}

function storedDepth(depth: FloatImage, size: number): GrayImage {
  const grey = resample(depth, size, size).data;
  const data = Uint8Array.from({ length: size * size }, (_, i) => Math.round(255 * grey[3 * i]));
  return { width: size, height: size, data };
}
