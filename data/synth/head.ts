/**
 * The shape of a person: an egg with the relief of a face on it, hair, ears, neck and shoulders.
 *
 * @module
 */

import { smoothstep } from "./colour.ts";
import { ellipsoidMesh, gridMesh, type Mesh, type Point } from "./mesh.ts";
import type { Subject } from "./subject.ts";

/** What a face does in one picture. */
export interface Expression {
  /** From −1, corners down, to 1, a broad smile. */
  readonly smile: number;
  /** From 0, closed, to 1. */
  readonly mouthOpen: number;
  /** From 0, eyes wide, to 1, closed. */
  readonly blink: number;
  readonly browRaise: number;
}

export const EYE_LEVEL = 0.1;
export const MOUTH_LEVEL = -0.47;

/** The head without its ears: skin with the relief of the face, and the hair that lies close. */
export function headMesh(subject: Subject, expression: Expression): Mesh {
  const { headWidth: width, headDepth: depth, hairThickness } = subject;
  return gridMesh(41, 41, (across, up) => {
    const azimuth = crowdMiddle(across) * 1.95;
    const elevation = crowdMiddle(up) * 1.55;
    const surface = egg(subject, azimuth, elevation);
    const [x, y, z] = surface;
    const hair = hairThickness * hairCover(subject, x, y, z);
    const front = smoothstep(0.05, 0.35, z);
    return {
      point: [
        x * (1 + hair / width),
        y * (1 + hair),
        z * (1 + hair / depth) + front * relief(subject, expression, x, y),
      ],
      surface,
    };
  });
}

export function earMeshes(subject: Subject): Mesh[] {
  const x = subject.headWidth + 0.02;
  return [-x, x].map((side) => ellipsoidMesh([side, 0, -0.08], [0.07, 0.19, 0.1]));
}

/** Hair that hangs behind the head and beside it. */
export function longHairMesh(subject: Subject): Mesh {
  const width = subject.headWidth + subject.hairThickness + 0.12;
  return ellipsoidMesh([0, -0.2, -0.5], [width, 1.2, 0.55]);
}

export function neckMesh(subject: Subject): Mesh {
  const radius = 0.62 * subject.headWidth;
  return ellipsoidMesh([0, -1.1, -0.2], [radius, 1.1, radius]);
}

export function shouldersMesh(): Mesh {
  return ellipsoidMesh([0, -2.3, -0.25], [1.75, 0.85, 0.7]);
}

/** Moves grid lines from the rim to the middle, where eyes, nose and mouth are. */
function crowdMiddle(t: number): number {
  return 0.6 * t + 0.4 * t * t * t;
}

function egg(subject: Subject, azimuth: number, elevation: number): Point {
  const y = Math.sin(elevation);
  // An exponent above 2 makes the outline fuller than an ellipse's.
  const outline = (1 - Math.abs(y) ** 2.5) ** (1 / 2.5);
  const jaw = 1 - subject.jawTaper * smoothstep(-0.1, -0.9, y);
  return [
    subject.headWidth * outline * jaw * Math.sin(azimuth),
    y,
    subject.headDepth * outline * Math.cos(azimuth),
  ];
}

/** How far the face stands out from the egg, towards the camera, at a point of its plane. */
function relief(subject: Subject, expression: Expression, x: number, y: number): number {
  const side = Math.abs(x);
  const eyeX = side - subject.eyeSpacing;
  const smileLift = 0.05 * expression.smile;
  const sockets = -0.1 * bump(eyeX, y - EYE_LEVEL - 0.02, 0.13, 0.1);
  const eyeballs = 0.045 * bump(eyeX, y - EYE_LEVEL, 0.075, 0.06);
  const browRidge = 0.05 * bump(eyeX, y - EYE_LEVEL - subject.browHeight, 0.2, 0.06);
  const cheeks = (subject.cheeks + 0.03 * Math.max(0, expression.smile)) *
    bump(side - 0.36, y + 0.22 - smileLift, 0.15, 0.17);
  const chin = subject.chin * bump(x, y + 0.84, 0.18, 0.13);
  const muzzle = 0.06 * bump(x, y - MOUTH_LEVEL, 0.24, 0.16);
  const lip = subject.lipThickness * 0.55;
  const lips = 0.04 * bump(x, y - MOUTH_LEVEL - lip, subject.mouthWidth * 0.7, lip) +
    0.045 * bump(x, y - MOUTH_LEVEL + lip, subject.mouthWidth * 0.6, lip);
  return sockets + eyeballs + browRidge + cheeks + chin + muzzle + lips + nose(subject, x, y);
}

function nose(subject: Subject, x: number, y: number): number {
  const root = EYE_LEVEL + 0.08;
  const tip = noseTip(subject);
  const down = Math.min(Math.max((root - y) / (root - tip), 0), 1);
  const height = subject.noseHeight * (0.22 + 0.78 * down ** 1.4);
  const along = y >= tip ? smoothstep(root + 0.14, root - 0.04, y) : bump(0, y - tip, 1, 0.055);
  const width = subject.noseWidth * (0.45 + 0.3 * down);
  const wings = 0.07 * bump(Math.abs(x) - 0.85 * subject.noseWidth, y - tip - 0.02, 0.04, 0.05);
  return height * along * bump(x, 0, width, 1) + wings;
}

/** How low the nose ends. */
export function noseTip(subject: Subject): number {
  return EYE_LEVEL - subject.noseLength;
}

/**
 * From 0, bare skin, to 1, hair: above the hairline, and beside the face down to the ear or past;
 * 0.5 is the edge.
 */
export function hairCover(subject: Subject, x: number, y: number, z: number): number {
  const overForehead = subject.hairline - 0.9 * Math.max(0, Math.abs(x) - 0.1) ** 2;
  const overEars = subject.longHair ? -0.8 : 0.02;
  const front = smoothstep(0.05, 0.55, z / subject.headDepth);
  const line = overEars + (overForehead - overEars) * front;
  return smoothstep(-0.1, 0.1, y - line);
}

function bump(dx: number, dy: number, sigmaX: number, sigmaY: number): number {
  return Math.exp(-0.5 * ((dx / sigmaX) ** 2 + (dy / sigmaY) ** 2));
}
