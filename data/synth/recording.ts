/**
 * What a domain's camera records of one subject: live videos, and attacks made from other
 * pictures of the same subject.
 *
 * @module
 */

import { foldIn, type RandomKey } from "../../tensor/random.ts";
import type { GrayImage, RgbImage } from "../image.ts";
import { drawBackdrop } from "./backdrop.ts";
import { type Camera, capture, lightOf } from "./camera.ts";
import type { Attack, Domain } from "./domains.ts";
import { between } from "./draw.ts";
import type { FloatImage } from "./float_image.ts";
import { drawLight, type Illumination } from "./light.ts";
import { drawLook, type Portrait, renderPortrait, type Stance } from "./portrait.ts";
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
const OVERSAMPLING = 2;

/** Records `count` frames of a live subject. */
export function liveVideo(
  domain: Domain,
  subject: Subject,
  video: RandomKey,
  count: number,
  size: number,
): Frame[] {
  return frameKeys(video, count).map((frame) => {
    const { radiance, depth } = stage(subject, domain, video, frame, size * OVERSAMPLING, 1);
    return {
      picture: capture(radiance, domain.camera, { video, frame }, size),
      jpegQuality: drawQuality(domain.camera, video),
      depth: averageDepth(depth, size),
    };
  });
}

/** Records `count` frames of an attack. A print keeps one photo, a replay moves on. */
export function attackVideo(
  attack: Attack,
  domain: Domain,
  subject: Subject,
  video: RandomKey,
  count: number,
  size: number,
): Frame[] {
  const margin = between(video, "margin", domain[attack].margin);
  const keys = frameKeys(video, count);
  const shown = attack === "print" ? keys.map(() => keys[0]) : keys;
  let photo: FloatImage | undefined;
  return keys.map((frame, i) => {
    if (photo === undefined || shown[i] !== shown[i - 1]) {
      photo = sourcePhoto(subject, video, shown[i], margin, size);
    }
    const scene = attackScene(attack, photo, domain, { video, frame }, margin, size);
    return {
      picture: capture(scene, domain.camera, { video, frame }, size),
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

/** Where and how somebody is pictured. */
interface Setting {
  readonly illumination: Illumination;
  readonly stance: Stance;
  readonly backdrops: Domain["backdrops"];
}

function stage(
  subject: Subject,
  setting: Setting,
  video: RandomKey,
  frame: RandomKey,
  size: number,
  zoom: number,
): Portrait {
  const light = drawLight(video, setting.illumination);
  const backdrop = drawBackdrop(video, setting.backdrops, light);
  const look = drawLook(video, frame, setting.stance);
  return renderPortrait(subject, look, light, backdrop, size, zoom);
}

/** Where an attacker finds pictures of people: taken anywhere, by a fair camera. */
const ELSEWHERE: Setting = {
  illumination: {
    azimuth: [-1.1, 1.1],
    elevation: [0, 0.9],
    directness: [0.2, 0.7],
    tint: [-0.4, 0.5],
  },
  stance: { yaw: 0.25, pitch: [-0.1, 0.15], distance: [3.5, 6] },
  backdrops: ["wall", "shelves", "curtain", "window", "leaves"],
};

const ATTACKERS_CAMERA: Camera = {
  resolution: [0.9, 1],
  blur: [0.3, 0.6],
  vignette: 0.1,
  noise: [0.005, 0.015],
  cast: [1, 1, 1],
  autoWhite: 0.7,
  exposure: [0.2, 0.32],
  contrast: 0.2,
  saturation: 1.05,
  sharpening: [0.2, 0.6],
  jpegQuality: [90, 90],
};

function sourcePhoto(
  subject: Subject,
  video: RandomKey,
  frame: RandomKey,
  margin: number,
  size: number,
): FloatImage {
  const source = foldIn(video, "source");
  const portrait = stage(subject, ELSEWHERE, source, frame, size * OVERSAMPLING, 1 / margin);
  const shot = { video: source, frame: foldIn(frame, "source") };
  return lightOf(capture(portrait.radiance, ATTACKERS_CAMERA, shot, Math.round(size * 1.5)));
}

function attackScene(
  attack: Attack,
  photo: FloatImage,
  domain: Domain,
  shot: { video: RandomKey; frame: RandomKey },
  margin: number,
  size: number,
): FloatImage {
  const light = drawLight(shot.video, domain.illumination);
  const backdrop = drawBackdrop(shot.video, domain.backdrops, light);
  const place = { ...shot, margin, light, backdrop, size: size * OVERSAMPLING };
  if (attack === "print") return printScene(photo, domain.print, place);
  const sensor = size * between(shot.video, "resolution", domain.camera.resolution);
  return replayScene(photo, domain.replay, sensor, place);
}

function averageDepth(depth: Float32Array, size: number): GrayImage {
  const data = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let sum = 0;
      for (let row = y * OVERSAMPLING; row < (y + 1) * OVERSAMPLING; row++) {
        for (let column = x * OVERSAMPLING; column < (x + 1) * OVERSAMPLING; column++) {
          sum += depth[row * size * OVERSAMPLING + column];
        }
      }
      data[y * size + x] = Math.round(255 * sum / OVERSAMPLING ** 2);
    }
  }
  return { width: size, height: size, data };
}
