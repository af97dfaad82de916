/**
 * The light a scene stands in: one lamp or window, and what comes from everywhere else.
 *
 * @module
 */

import type { RandomKey } from "../../tensor/random.ts";
import { brighter, type Rgb, times, warmth } from "./colour.ts";
import { between, type Range } from "./draw.ts";

export interface Light {
  /** Towards the lamp, of length 1. */
  readonly direction: { readonly x: number; readonly y: number; readonly z: number };
  readonly lamp: Rgb;
  readonly above: Rgb;
  readonly below: Rgb;
}

/** Where a domain's pictures are taken; angles in radians. */
export interface Illumination {
  /** How far the lamp stands to either side of the camera. */
  readonly azimuth: Range;
  readonly elevation: Range;
  /** The lamp's part of the light: 0 is an overcast day, 1 a spotlight. */
  readonly directness: Range;
  /** From −1, cool, to 1, warm. */
  readonly tint: Range;
}

export function drawLight(key: RandomKey, illumination: Illumination): Light {
  const azimuth = between(key, "lamp azimuth", illumination.azimuth);
  const elevation = between(key, "lamp elevation", illumination.elevation);
  const direct = between(key, "directness", illumination.directness);
  const tint = between(key, "tint", illumination.tint);
  const fillTint = tint + between(key, "fill tint", [-0.35, 0.35]);
  const fill = brighter(warmth(fillTint), 1.05 * (1 - direct));
  return {
    direction: {
      x: Math.sin(azimuth) * Math.cos(elevation),
      y: Math.sin(elevation),
      z: Math.cos(azimuth) * Math.cos(elevation),
    },
    lamp: brighter(warmth(tint), 1.15 * direct),
    above: fill,
    below: times(fill, [0.52, 0.46, 0.42]),
  };
}

/** Light that falls on a matt surface with this normal; `lit` is 0 in shadow. */
export function irradiance(light: Light, nx: number, ny: number, nz: number, lit: number): Rgb {
  const { x, y, z } = light.direction;
  const facing = lit * Math.max(0, nx * x + ny * y + nz * z);
  const up = 0.5 + 0.5 * ny;
  return [
    light.lamp[0] * facing + light.above[0] * up + light.below[0] * (1 - up),
    light.lamp[1] * facing + light.above[1] * up + light.below[1] * (1 - up),
    light.lamp[2] * facing + light.above[2] * up + light.below[2] * (1 - up),
  ];
}

/** How strongly the lamp mirrors towards the camera (Blinn 1977), before the surface's gloss. */
export function highlight(
  light: Light,
  nx: number,
  ny: number,
  nz: number,
  sharpness: number,
): number {
  const { x, y, z } = light.direction;
  const length = Math.sqrt(x * x + y * y + (z + 1) * (z + 1)) || 1;
  const half = (nx * x + ny * y + nz * (z + 1)) / length;
  return half > 0 ? half ** sharpness : 0;
}
