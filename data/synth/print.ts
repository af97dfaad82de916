/**
 * The print attack: a photo of somebody on paper, held up to the camera.
 *
 * Paper returns light as a plane and not as a face, ink cannot be as dark or as pure as what it
 * depicts, and colours are made of dots.
 *
 * @module
 */

import { foldIn, type RandomKey } from "../../tensor/random.ts";
import { mix, paint } from "./colour.ts";
import { between, chance, type Range } from "./draw.ts";
import { type FloatImage, floatImage, sampleInto, setPixel } from "./float_image.ts";
import { highlight, irradiance } from "./light.ts";
import { smoothNoise } from "./noise.ts";
import { drawSheet, outside, type Place, sheetPoint } from "./sheet.ts";

/** How a domain's prints are made. */
export interface PrintStyle {
  /** Width of the photo over the crop's: near 1 its edges may come into view. */
  readonly margin: Range;
  /** 0 is plain paper, 1 photo paper. */
  readonly gloss: Range;
  /** Largest curvature of the sheet, in radians over a crop's width. */
  readonly bend: number;
  /**
   * From one dot of the halftone to the next, in pixels of the sensor: coarser than most printers',
   * so that small crops show it.
   */
  readonly dotPitch: Range;
}

const PAPER = paint(246, 244, 238);
const WARM_INK = paint(250, 236, 206);
const COOL_INK = paint(236, 232, 236);
const EDGE = 0.06;

/** Angles of the screens that print cyan, magenta and yellow: they hold back red, green, blue. */
const SCREENS = [0.26, 1.31, 0.02].map((angle) => ({ cos: Math.cos(angle), sin: Math.sin(angle) }));

/** The light that a held-up print of `photo` sends to a camera whose sensor is `sensor` pixels wide. */
export function printScene(
  photo: FloatImage,
  style: PrintStyle,
  sensor: number,
  place: Place,
): FloatImage {
  const { video, frame, light, backdrop, size } = place;
  const sheet = drawSheet(video, frame, place.margin, style.bend);
  const ink = drawInk(video, style, sensor);
  const border = chance(video, "white border", 0.6) ? EDGE : 0;
  const gloss = between(video, "gloss", style.gloss);
  const scene = floatImage(size, size);
  const colour = new Float32Array(3);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = (column + 0.5) / size;
      const y = (row + 0.5) / size;
      const point = sheetPoint(sheet, x, y);
      const past = outside(point);
      const at = 3 * (row * size + column);
      if (past > border) {
        setPixel(scene, row * size + column, backdrop(x, y));
        continue;
      }
      if (past > 0) colour.set(PAPER);
      else {
        sampleInto(photo, point.u * photo.width - 0.5, point.v * photo.height - 0.5, colour);
        ink(colour, point.u * sheet.margin, point.v * sheet.margin);
      }
      const arriving = irradiance(light, point.nx, point.ny, point.nz, 1);
      const shine = 0.7 * gloss * highlight(light, point.nx, point.ny, point.nz, 30) +
        0.01 * gloss;
      for (let channel = 0; channel < 3; channel++) {
        scene.data[at + channel] = colour[channel] * arriving[channel] +
          shine * light.lamp[channel];
      }
    }
  }
  return scene;
}

/** Turns the light of a photo into what paper and ink return, in place. */
type Ink = (colour: Float32Array, u: number, v: number) => void;

function drawInk(key: RandomKey, style: PrintStyle, sensor: number): Ink {
  const black = between(key, "black", [0.001, 0.01]);
  const purity = between(key, "purity", [0.8, 1.1]);
  const gamma = between(key, "gamma", [0.97, 1.35]);
  const tint = mix(WARM_INK, COOL_INK, between(key, "ink tint", [0, 1]));
  const dots = sensor / between(key, "dot pitch", style.dotPitch);
  const dotDepth = between(key, "dot depth", [0.4, 0.8]);
  const passes = between(key, "passes", [10, 26]);
  const banding = between(key, "banding", [0.03, 0.12]);
  const fibres = smoothNoise(foldIn(key, "fibres"));
  const bands = smoothNoise(foldIn(key, "bands"));
  return (colour, u, v) => {
    const grey = 0.3 * colour[0] + 0.6 * colour[1] + 0.1 * colour[2];
    const streak = 1 + banding * bands(0.7 * u, passes * v) + 0.03 * fibres(70 * u, 70 * v);
    for (let channel = 0; channel < 3; channel++) {
      const wanted = Math.min(Math.max(grey + purity * (colour[channel] - grey), 0), 1) ** gamma;
      const dot = halftone(dots * u, dots * v, SCREENS[channel]);
      const screened = Math.max(0, wanted + dotDepth * dot * Math.sqrt(wanted) * (1 - wanted));
      colour[channel] = tint[channel] * streak * (black + (1 - black) * screened);
    }
  };
}

/** From −1, on a dot of ink, to 1, between dots; x and y count dots, before the screen is turned. */
function halftone(x: number, y: number, { cos, sin }: typeof SCREENS[number]): number {
  return 0.5 * (Math.cos(2 * Math.PI * (cos * x + sin * y)) +
    Math.cos(2 * Math.PI * (cos * y - sin * x)));
}
