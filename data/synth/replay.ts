/**
 * The replay attack: a video of somebody on a screen, held up to the camera.
 *
 * A screen shines by itself, cooler than the room; its glass mirrors the room; its pixels beat
 * with the camera's.
 *
 * @module
 */

import type { RandomKey } from "../../tensor/random.ts";
import { brighter, type Rgb, times, warmth } from "./colour.ts";
import { between, type Range, spread } from "./draw.ts";
import { type FloatImage, floatImage, sampleInto, setPixel } from "./float_image.ts";
import type { Light } from "./light.ts";
import { drawSheet, outside, type Place, type Sheet, sheetPoint } from "./sheet.ts";

/** What a domain's screens are like. */
export interface ReplayStyle {
  /** Width of the screen over the crop's: near 1 the bezel may come into view. */
  readonly margin: Range;
  /** White of the screen over white paper in the room. */
  readonly backlight: Range;
  /** How much of the room the glass mirrors. */
  readonly reflection: Range;
  /** Screen pixels for each pixel of the sensor. */
  readonly pitch: Range;
}

const BEZEL_WIDTH = 0.09;
const BEZEL = 0.025;

/** The light that a screen showing `photo` sends to a camera whose sensor is `sensor` pixels wide. */
export function replayScene(
  photo: FloatImage,
  style: ReplayStyle,
  sensor: number,
  place: Place,
): FloatImage {
  const { video, frame, light, backdrop, size } = place;
  const sheet = drawSheet(video, frame, place.margin, 0);
  const white = brighter(
    warmth(between(video, "screen tint", [-0.2, 0.4])),
    between(video, "backlight", style.backlight),
  );
  const leak = between(video, "leak", [0.001, 0.01]);
  const gamma = between(video, "screen gamma", [0.95, 1.25]);
  const beat = drawBeat(video, frame, style, sensor);
  const glass = drawGlass(video, style, light);
  const falloff = [spread(video, "falloff x", 0.25), spread(video, "falloff y", 0.25)];
  const scene = floatImage(size, size);
  const colour = new Float32Array(3);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = (column + 0.5) / size;
      const y = (row + 0.5) / size;
      const at = 3 * (row * size + column);
      const point = sheetPoint(sheet, x, y);
      const past = outside(point);
      if (past > BEZEL_WIDTH) {
        setPixel(scene, row * size + column, backdrop(x, y));
        continue;
      }
      const mirrored = glass(x, y);
      const lit = past === 0;
      if (lit) {
        sampleInto(photo, point.u * photo.width - 0.5, point.v * photo.height - 0.5, colour);
      }
      const viewed = 1 + falloff[0] * (x - 0.5) + falloff[1] * (y - 0.5);
      for (let channel = 0; channel < 3; channel++) {
        const shown = leak + (1 - leak) * Math.min(1, colour[channel]) ** gamma;
        const shining = white[channel] * viewed * shown *
          beat(sheet, point.u, point.v, x, y, channel);
        scene.data[at + channel] = mirrored[channel] +
          (lit ? shining : BEZEL * light.above[channel]);
      }
    }
  }
  return scene;
}

/** What is left of a screen's pixel grid after a sensor's has sampled it, around 1. */
type Beat = (
  sheet: Sheet,
  u: number,
  v: number,
  x: number,
  y: number,
  channel: number,
) => number;

/**
 * Moiré: a grid of `pitch` screen pixels to a sensor pixel, sampled by the sensor, is seen at the
 * difference of the two frequencies (the sampling theorem's alias). Red, green and blue stripes
 * stand a third of a pixel apart, so their beats do too.
 */
function drawBeat(
  video: RandomKey,
  frame: RandomKey,
  style: ReplayStyle,
  sensor: number,
): Beat {
  const pitch = between(video, "pitch", style.pitch);
  const columnDepth = between(video, "column depth", [0.2, 0.45]);
  const rowDepth = between(video, "row depth", [0.15, 0.35]);
  const start = between(frame, "beat start", [0, 1]);
  return (sheet, u, v, x, y, channel) => {
    const columns = sensor * (pitch * sheet.margin * u - x) + start + channel / 3;
    const rows = sensor * (pitch * sheet.margin * v - y) + start;
    return (1 + columnDepth * Math.cos(2 * Math.PI * columns)) *
      (1 + rowDepth * Math.cos(2 * Math.PI * rows));
  };
}

/** The room in the glass: a veil everywhere, and the lamp as a soft patch. */
function drawGlass(
  key: RandomKey,
  style: ReplayStyle,
  light: Light,
): (x: number, y: number) => Rgb {
  const strength = between(key, "reflection", style.reflection);
  const veil = brighter(light.above, 0.12 * strength);
  const lampX = between(key, "lamp x", [-0.2, 1.2]);
  const lampY = between(key, "lamp y", [-0.2, 0.7]);
  const spanX = between(key, "lamp width", [0.08, 0.3]);
  const spanY = between(key, "lamp height", [0.08, 0.35]);
  return (x, y) => {
    const patch = Math.exp(-(((x - lampX) / spanX) ** 4) - ((y - lampY) / spanY) ** 4);
    const lamp = times(light.lamp, [strength * patch, strength * patch, strength * patch]);
    return [veil[0] + lamp[0], veil[1] + lamp[1], veil[2] + lamp[2]];
  };
}
