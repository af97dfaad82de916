/**
 * A person in front of a camera: the light that reaches the lens, and the true depth of the face.
 *
 * @module
 */

import { foldIn, type RandomKey } from "../../tensor/random.ts";
import type { Backdrop } from "./backdrop.ts";
import { paint, smoothstep } from "./colour.ts";
import { between, choose, type Range, spread } from "./draw.ts";
import { type FloatImage, floatImage, setPixel } from "./float_image.ts";
import {
  earMeshes,
  type Expression,
  hairCover,
  headMesh,
  longHairMesh,
  neckMesh,
  shouldersMesh,
} from "./head.ts";
import { highlight, irradiance, type Light } from "./light.ts";
import { type Mesh, type Pose, rasterise, turn, type Viewpoint, type Visible } from "./mesh.ts";
import { smoothNoise } from "./noise.ts";
import { clothPaint, facePaint, hairPaint, type Paint, skinPaint } from "./paint.ts";
import type { Subject } from "./subject.ts";

/** How a person is caught in one frame. */
export interface Look {
  readonly pose: Pose;
  readonly expression: Expression;
  readonly clothes: Paint;
  /** Of the camera, in half head heights. */
  readonly distance: number;
  /** The head's height over the picture's. */
  readonly fill: number;
  /** The head's middle, from the picture's, in picture widths. */
  readonly offset: readonly [x: number, y: number];
}

/** How people stand before a domain's camera; angles in radians. */
export interface Stance {
  readonly yaw: number;
  readonly pitch: Range;
  readonly distance: Range;
}

export interface Portrait {
  readonly radiance: FloatImage;
  /** Grey: 1 at the face's nearest point, down to `FARTHEST_FACE` at its farthest, 0 elsewhere. */
  readonly depth: FloatImage;
}

export const FARTHEST_FACE = 0.2;

const CLOTHES = [
  paint(40, 42, 50),
  paint(200, 200, 198),
  paint(120, 30, 34),
  paint(34, 60, 110),
  paint(70, 95, 70),
  paint(170, 140, 90),
];

/** Draws a look: what stays through a video comes from `video`, the rest from `frame`. */
export function drawLook(video: RandomKey, frame: RandomKey, stance: Stance): Look {
  const weave = smoothNoise(foldIn(video, "weave"));
  return {
    pose: {
      yaw: between(video, "yaw", [-stance.yaw, stance.yaw]) + spread(frame, "yaw", 0.06),
      pitch: between(video, "pitch", stance.pitch) + spread(frame, "pitch", 0.04),
      roll: spread(video, "roll", 0.05) + spread(frame, "roll", 0.025),
    },
    expression: {
      smile: between(video, "smile", [-0.4, 0.9]) + spread(frame, "smile", 0.1),
      mouthOpen: Math.max(0, between(frame, "mouth open", [-1, 0.8])),
      blink: Math.max(0, between(frame, "blink", [-0.6, 0.45])),
      browRaise: spread(frame, "brow raise", 0.4),
    },
    clothes: clothPaint(choose(video, "clothes", CLOTHES), weave),
    distance: between(video, "distance", stance.distance),
    fill: between(video, "fill", [0.78, 0.9]) * (1 + spread(frame, "fill", 0.015)),
    offset: [
      spread(video, "offset x", 0.015) + spread(frame, "offset x", 0.01),
      spread(video, "offset y", 0.015) + spread(frame, "offset y", 0.01),
    ],
  };
}

/** Renders a person into `size` × `size` pixels; `zoom` below 1 shows more around the head. */
export function renderPortrait(
  subject: Subject,
  look: Look,
  light: Light,
  backdrop: Backdrop,
  size: number,
  zoom = 1,
): Portrait {
  const view: Viewpoint = {
    distance: look.distance,
    scale: zoom * look.fill * size / 2,
    centreX: size * (0.5 + zoom * look.offset[0]),
    centreY: size * (0.5 + zoom * look.offset[1]),
  };
  const bodies = dress(subject, look);
  const visible = rasterise(bodies.map(({ mesh }) => mesh), view, size);
  return {
    radiance: shade(visible, view, bodies.map(({ paint }) => paint), light, backdrop),
    depth: faceDepth(visible, subject),
  };
}

/** The head comes first. */
const HEAD = 0;

function dress(subject: Subject, look: Look): { mesh: Mesh; paint: Paint }[] {
  const skin = skinPaint(subject);
  const bodies = [
    { mesh: headMesh(subject, look.expression), paint: facePaint(subject, look.expression) },
    ...earMeshes(subject).map((mesh) => ({ mesh, paint: skin })),
  ];
  if (subject.longHair) bodies.push({ mesh: longHairMesh(subject), paint: hairPaint(subject) });
  return [
    ...bodies.map(({ mesh, paint }) => ({ mesh: turn(mesh, look.pose), paint })),
    { mesh: neckMesh(subject), paint: skin },
    { mesh: shouldersMesh(), paint: look.clothes },
  ];
}

function shade(
  visible: Visible,
  view: Viewpoint,
  paints: readonly Paint[],
  light: Light,
  backdrop: Backdrop,
): FloatImage {
  const { size } = visible;
  const image = floatImage(size, size);
  for (let pixel = 0; pixel < size * size; pixel++) {
    const column = pixel % size;
    const row = (pixel - column) / size;
    const mesh = visible.mesh[pixel];
    if (mesh < 0) {
      setPixel(image, pixel, backdrop((column + 0.5) / size, (row + 0.5) / size));
      continue;
    }
    const at = 3 * pixel;
    const nx = visible.normal[at];
    const ny = visible.normal[at + 1];
    const nz = visible.normal[at + 2];
    const { albedo, gloss } = paints[mesh](
      visible.surface[at],
      visible.surface[at + 1],
      visible.surface[at + 2],
    );
    const lit = 1 - shadow(visible, view, light, column, row);
    const arriving = irradiance(light, nx, ny, nz, lit);
    const sharpness = gloss > 0.5 ? 80 : 14;
    const shine = gloss === 0 ? 0 : gloss * lit * highlight(light, nx, ny, nz, sharpness);
    for (let channel = 0; channel < 3; channel++) {
      image.data[at + channel] = albedo[channel] * arriving[channel] + shine * light.lamp[channel];
    }
  }
  return image;
}

/** From 0 to 1: walks from a pixel towards the lamp and looks for something in the way. */
function shadow(
  visible: Visible,
  view: Viewpoint,
  light: Light,
  column: number,
  row: number,
): number {
  const { size, z } = visible;
  const towards = light.direction;
  const start = z[row * size + column];
  const stride = 0.045;
  let darkest = 0;
  for (let step = 1; step <= 9; step++) {
    const way = stride * step;
    const x = Math.round(column + view.scale * towards.x * way);
    const y = Math.round(row - view.scale * towards.y * way);
    if (x < 0 || y < 0 || x >= size || y >= size) break;
    const above = z[y * size + x] - (start + towards.z * way);
    const farInFront = above > 0.6;
    if (!farInFront) darkest = Math.max(darkest, smoothstep(0.01, 0.05, above));
  }
  return 0.85 * darkest;
}

function faceDepth(visible: Visible, subject: Subject): FloatImage {
  const { size, mesh, surface, z } = visible;
  const face: number[] = [];
  let nearest = -Infinity;
  let farthest = Infinity;
  for (let pixel = 0; pixel < size * size; pixel++) {
    if (mesh[pixel] !== HEAD) continue;
    const x = surface[3 * pixel];
    const y = surface[3 * pixel + 1];
    const front = surface[3 * pixel + 2];
    if (front <= 0 || hairCover(subject, x, y, front) >= 0.5) continue;
    face.push(pixel);
    nearest = Math.max(nearest, z[pixel]);
    farthest = Math.min(farthest, z[pixel]);
  }
  const depth = floatImage(size, size);
  const slope = (1 - FARTHEST_FACE) / (nearest - farthest);
  for (const pixel of face) {
    const near = FARTHEST_FACE + slope * (z[pixel] - farthest);
    depth.data.fill(near, 3 * pixel, 3 * pixel + 3);
  }
  return depth;
}
