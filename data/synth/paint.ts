/**
 * The colours of a person: what share of the light each place on skin, hair and cloth returns.
 *
 * @module
 */

import { foldIn } from "../../tensor/random.ts";
import { brighter, mix, paint, type Rgb, smoothstep } from "./colour.ts";
import { type Expression, EYE_LEVEL, hairCover, MOUTH_LEVEL, noseTip } from "./head.ts";
import { type Noise, smoothNoise } from "./noise.ts";
import type { Subject } from "./subject.ts";

/** A material at one place: its colour in white light, and how strongly it shines. */
export interface Material {
  readonly albedo: Rgb;
  readonly gloss: number;
}

/** Paint for a place on a body, given at rest. */
export type Paint = (x: number, y: number, z: number) => Material;

const SCLERA = paint(205, 198, 192);
const PUPIL = paint(12, 10, 10);
const TEETH = paint(225, 218, 200);
const MOUTH_INSIDE = paint(60, 18, 20);

const SKIN_GLOSS = 0.22;
const HAIR_GLOSS = 0.12;
const WET_GLOSS = 0.52;

/** Hair, brows, eyes, glasses, mouth and beard over bare skin. */
export function facePaint(subject: Subject, expression: Expression): Paint {
  const blemishes = smoothNoise(foldIn(subject.key, "blemishes"));
  const stubble = smoothNoise(foldIn(subject.key, "stubble"));
  const hair = hairPaint(subject);
  return (x, y, z) => {
    const cover = hairCover(subject, x, y, z);
    if (cover > 0.5) return hair(x, y, z);
    if (z < 0) return { albedo: subject.skin, gloss: SKIN_GLOSS };
    const eye = eyeAt(subject, expression, x, y);
    if (eye) return eye;
    const mouth = mouthAt(subject, expression, x, y);
    if (mouth) return mouth;
    let albedo = bareSkin(subject, blemishes, x, y);
    albedo = mix(albedo, brighter(subject.hair, 1.1), beardCover(subject, stubble, x, y));
    albedo = mix(albedo, subject.hair, 0.85 * browCover(subject, expression, stubble, x, y));
    return { albedo, gloss: SKIN_GLOSS };
  };
}

export function hairPaint(subject: Subject): Paint {
  const strands = smoothNoise(foldIn(subject.key, "strands"));
  return (x, y) => {
    const strand = strands(30 * x + 3 * y, 4 * y) + 0.5 * strands(70 * x, 6 * y);
    return { albedo: brighter(subject.hair, 1 + 0.3 * strand), gloss: HAIR_GLOSS };
  };
}

export function skinPaint(subject: Subject): Paint {
  return () => ({ albedo: brighter(subject.skin, 0.92), gloss: SKIN_GLOSS });
}

export function clothPaint(colour: Rgb, weave: Noise): Paint {
  return (x, y) => ({ albedo: brighter(colour, 1 + 0.12 * weave(18 * x, 18 * y)), gloss: 0 });
}

function bareSkin(subject: Subject, blemishes: Noise, x: number, y: number): Rgb {
  const side = Math.abs(x);
  const mottle = 1 + 0.05 * blemishes(6 * x, 6 * y) + 0.05 * blemishes(21 * x, 21 * y);
  const flush = 0.5 * near(side - 0.36, y + 0.2, 0.17, 0.14) +
    0.45 * near(x, y - noseTip(subject), 0.12, 0.1);
  const hollow = near(side - subject.eyeSpacing, y - EYE_LEVEL, 0.19, 0.13);
  const nostril = near(side - 0.5 * subject.noseWidth, y - noseTip(subject) + 0.055, 0.035, 0.02);
  const fold = near(x, y - MOUTH_LEVEL + 0.16, 0.12, 0.025);
  const shade = (1 - 0.25 * hollow) * (1 - 0.8 * nostril) * (1 - 0.18 * fold);
  const [red, green, blue] = brighter(subject.skin, mottle * shade);
  return [red, green * (1 - 0.16 * flush), blue * (1 - 0.14 * flush)];
}

function browCover(
  subject: Subject,
  expression: Expression,
  strands: Noise,
  x: number,
  y: number,
): number {
  const along = (Math.abs(x) - subject.eyeSpacing) / (1.25 * subject.eyeWidth);
  if (Math.abs(along) > 1.1) return 0;
  const level = EYE_LEVEL + subject.browHeight + 0.05 * expression.browRaise;
  const arch = level - 0.035 * along * along + 0.02 * along;
  const thickness = subject.browThickness * (1.1 - 0.45 * along);
  const edge = 0.02 * strands(40 * x, 20 * y);
  return smoothstep(thickness + 0.012, thickness - 0.012, Math.abs(y - arch) + edge) *
    smoothstep(1.1, 0.85, Math.abs(along));
}

function beardCover(subject: Subject, stubble: Noise, x: number, y: number): number {
  if (subject.beard === 0) return 0;
  const jaw = smoothstep(-0.3, -0.5, y + 0.35 * smoothstep(0.62, 0.3, Math.abs(x)) - 0.25);
  const moustache = near(x, y - MOUTH_LEVEL - 0.13, 0.2, 0.045);
  const aroundMouth = 1 - near(x, y - MOUTH_LEVEL, 1.05 * subject.mouthWidth, 0.07);
  const grain = 0.85 + 0.15 * stubble(60 * x, 60 * y);
  return 0.85 * subject.beard * grain * Math.max(jaw * aroundMouth, moustache);
}

function eyeAt(
  subject: Subject,
  expression: Expression,
  x: number,
  y: number,
): Material | undefined {
  const along = Math.abs(x) - subject.eyeSpacing;
  const up = y - EYE_LEVEL - subject.eyeSlant * along / subject.eyeWidth;
  if (subject.glasses && onFrame(subject, along, up, x, y)) return { albedo: PUPIL, gloss: 0.6 };
  const lidCurve = 1 - (along / subject.eyeWidth) ** 2;
  if (lidCurve <= 0) return undefined;
  const upperLid = subject.eyeHeight * (1 - 1.7 * expression.blink) * lidCurve;
  const lowerLid = -0.75 * subject.eyeHeight * lidCurve;
  const lashes = 0.022;
  if (up > upperLid + lashes || up < lowerLid - 0.4 * lashes) return undefined;
  const closed = upperLid <= lowerLid;
  if (closed) {
    return Math.abs(up - lowerLid) < lashes
      ? { albedo: brighter(subject.skin, 0.25), gloss: 0 }
      : undefined;
  }
  if (up > upperLid || up < lowerLid) {
    return { albedo: brighter(subject.skin, up > 0 ? 0.12 : 0.45), gloss: 0 };
  }
  const fromIris = Math.sqrt(along * along + up * up) / subject.eyeHeight;
  if (fromIris < 0.42) return { albedo: PUPIL, gloss: WET_GLOSS };
  if (fromIris < 0.98) return { albedo: subject.iris, gloss: WET_GLOSS };
  return { albedo: SCLERA, gloss: WET_GLOSS };
}

function onFrame(subject: Subject, along: number, up: number, x: number, y: number): boolean {
  const lens = Math.sqrt((along / (1.55 * subject.eyeWidth)) ** 4 + ((up + 0.02) / 0.15) ** 4);
  const rim = Math.abs(lens - 1) < 0.16;
  const bridge = Math.abs(x) < subject.eyeSpacing - 1.5 * subject.eyeWidth + 0.02 &&
    Math.abs(y - EYE_LEVEL - 0.05) < 0.02;
  return rim || bridge;
}

function mouthAt(
  subject: Subject,
  expression: Expression,
  x: number,
  y: number,
): Material | undefined {
  const width = subject.mouthWidth * (1 + 0.18 * expression.smile);
  const along = x / width;
  const arc = 1 - along * along;
  if (arc <= 0) return undefined;
  const seam = MOUTH_LEVEL - 0.05 * expression.smile * (arc - 0.4);
  const gap = 0.09 * expression.mouthOpen * arc;
  const bow = 1 - 0.3 * near(x, 0, 0.035, 1);
  const upperLip = seam + gap + 0.8 * subject.lipThickness * bow * Math.sqrt(arc);
  const lowerLip = seam - gap - 1.1 * subject.lipThickness * Math.sqrt(arc);
  if (y > upperLip || y < lowerLip) return undefined;
  const up = y - seam;
  if (Math.abs(up) < gap) {
    const teeth = up > -0.1 * gap && expression.smile > 0.2;
    return { albedo: teeth ? TEETH : MOUTH_INSIDE, gloss: 0.3 };
  }
  const pressed = gap < 0.02 && Math.abs(up) < 0.012;
  return { albedo: brighter(subject.lips, pressed ? 0.35 : up > 0 ? 0.85 : 1), gloss: 0.45 };
}

/** One at the centre, zero three spans away: a soft oval spot. */
function near(dx: number, dy: number, spanX: number, spanY: number): number {
  return Math.exp(-((dx / spanX) ** 2 + (dy / spanY) ** 2));
}
