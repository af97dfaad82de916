/**
 * A flat thing held before a camera, a sheet of paper or a screen: tilted, shifted, perhaps bent.
 *
 * @module
 */

import type { RandomKey } from "../../tensor/random.ts";
import type { Backdrop } from "./backdrop.ts";
import { between, spread } from "./draw.ts";
import type { Light } from "./light.ts";

export interface Sheet {
  /** How much wider than the crop the photo on the sheet is. */
  readonly margin: number;
  /** Cosine and sine of the turn in the picture's plane. */
  readonly turned: { readonly cos: number; readonly sin: number };
  readonly tiltX: number;
  readonly tiltY: number;
  readonly shiftX: number;
  readonly shiftY: number;
  /** Curvature of a bent sheet, and the unit vector across its fold. */
  readonly bend: number;
  readonly across: { readonly x: number; readonly y: number };
}

/** Draws how a sheet is held in one frame of a video. */
export function drawSheet(
  video: RandomKey,
  frame: RandomKey,
  margin: number,
  maximumBend: number,
): Sheet {
  const roll = spread(video, "sheet roll", 0.05) + spread(frame, "sheet roll", 0.015);
  const bendAngle = between(video, "bend angle", [-0.5, 0.5]);
  return {
    margin,
    turned: { cos: Math.cos(roll), sin: Math.sin(roll) },
    tiltX: spread(video, "tilt x", 0.1) + spread(frame, "tilt x", 0.03),
    tiltY: spread(video, "tilt y", 0.1) + spread(frame, "tilt y", 0.03),
    shiftX: spread(video, "shift x", 0.02) + spread(frame, "shift x", 0.008),
    shiftY: spread(video, "shift y", 0.02) + spread(frame, "shift y", 0.008),
    bend: maximumBend * between(video, "bend", [-1, 1]),
    across: { x: Math.cos(bendAngle), y: Math.sin(bendAngle) },
  };
}

/** A place on a sheet: the photo spans 0 to 1 in `u` (right) and `v` (down); the unit normal. */
export interface SheetPoint {
  readonly u: number;
  readonly v: number;
  readonly nx: number;
  readonly ny: number;
  readonly nz: number;
}

/** What place of the sheet the crop shows at (x, y), both from 0 to 1, y down. */
export function sheetPoint(sheet: Sheet, x: number, y: number): SheetPoint {
  const right = x - 0.5 - sheet.shiftX;
  const down = y - 0.5 - sheet.shiftY;
  const nearer = 1 + sheet.tiltX * right + sheet.tiltY * down;
  const { cos, sin } = sheet.turned;
  const flatX = (cos * right + sin * down) / nearer;
  const flatY = (cos * down - sin * right) / nearer;
  const { x: acrossX, y: acrossY } = sheet.across;
  const across = acrossX * flatX + acrossY * flatY;
  const stretch = 0.25 * sheet.bend * sheet.bend * across * across * across;
  const slope = -sheet.bend * across;
  const nx = -sheet.tiltX - slope * acrossX;
  const ny = sheet.tiltY + slope * acrossY;
  const length = Math.sqrt(nx * nx + ny * ny + 1);
  return {
    u: 0.5 + (flatX + stretch * acrossX) / sheet.margin,
    v: 0.5 + (flatY + stretch * acrossY) / sheet.margin,
    nx: nx / length,
    ny: ny / length,
    nz: 1 / length,
  };
}

/** Where and when a sheet is held up. */
export interface Place {
  readonly video: RandomKey;
  readonly frame: RandomKey;
  readonly margin: number;
  readonly light: Light;
  readonly backdrop: Backdrop;
  /** Of the scene to draw, in pixels each way. */
  readonly size: number;
}

/** How far a point lies outside the photo, in photo widths; 0 inside. */
export function outside({ u, v }: SheetPoint): number {
  return Math.max(0, -u, u - 1, -v, v - 1);
}
