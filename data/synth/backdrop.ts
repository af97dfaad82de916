/**
 * What is behind people: walls, shelves, curtains, windows and leaves, out of focus as they come.
 *
 * @module
 */

import { foldIn, type RandomKey } from "../../tensor/random.ts";
import { brighter, mix, paint, type Rgb, smoothstep, times } from "./colour.ts";
import { between, chance, choose } from "./draw.ts";
import { irradiance, type Light } from "./light.ts";
import { smoothNoise } from "./noise.ts";

/** Radiance at a point of the picture, x to the right and y down, both from 0 to 1. */
export type Backdrop = (x: number, y: number) => Rgb;

export type BackdropKind = keyof typeof SURFACES;

export function drawBackdrop(
  key: RandomKey,
  kinds: readonly BackdropKind[],
  light: Light,
): Backdrop {
  const surface = SURFACES[choose(key, "backdrop", kinds)](foldIn(key, "surface"));
  const arriving = brighter(irradiance(light, 0, 0, 1, 1), between(key, "falloff", [0.45, 1]));
  return (x, y) => times(surface(x, y), arriving);
}

/** Each surface gives its colour in white light; a lit window gives more than 1. */
const SURFACES = {
  wall(key: RandomKey): Backdrop {
    const base = choose(key, "paint", [
      paint(214, 208, 196),
      paint(186, 196, 204),
      paint(196, 182, 150),
      paint(120, 134, 140),
      paint(160, 120, 100),
    ]);
    const uneven = smoothNoise(foldIn(key, "uneven"));
    const slope = between(key, "slope", [-0.35, 0.35]);
    const doorAt = chance(key, "door", 0.5) ? between(key, "door edge", [0.05, 0.95]) : 2;
    const door = brighter(base, between(key, "door shade", [0.5, 1.25]));
    return (x, y) => {
      const colour = mix(base, door, smoothstep(doorAt - 0.01, doorAt + 0.01, x));
      return brighter(colour, 1 + slope * (x - 0.5) + 0.06 * uneven(5 * x, 5 * y));
    };
  },

  shelves(key: RandomKey): Backdrop {
    const boards = between(key, "boards", [2, 5]);
    const books = between(key, "books", [5, 10]);
    const shades = [paint(112, 58, 52), paint(58, 72, 96), paint(180, 168, 145), paint(76, 90, 72)];
    const board = paint(110, 84, 60);
    const tone = smoothNoise(foldIn(key, "tone"));
    return (x, y) => {
      const shelf = Math.floor(y * boards);
      if (y * boards - shelf < 0.07) return board;
      const book = Math.floor(x * books + 3.7 * shelf);
      const shade = shades[Math.abs(book * 7 + shelf * 3) % shades.length];
      return brighter(shade, 0.8 + 0.5 * tone(book + 0.5, shelf + 0.5));
    };
  },

  curtain(key: RandomKey): Backdrop {
    const cloth = choose(key, "cloth", [
      paint(128, 58, 56),
      paint(92, 110, 136),
      paint(200, 190, 170),
      paint(70, 70, 74),
    ]);
    const folds = between(key, "folds", [3, 7]);
    const hang = smoothNoise(foldIn(key, "hang"));
    return (x, y) => {
      const wave = Math.sin(2 * Math.PI * folds * (x + 0.03 * hang(3 * x, 2 * y)));
      return brighter(cloth, 0.75 + 0.3 * wave);
    };
  },

  window(key: RandomKey): Backdrop {
    const left = between(key, "left", [-0.3, 0.55]);
    const width = between(key, "width", [0.4, 0.8]);
    const top = between(key, "top", [-0.3, 0.2]);
    const sky = brighter(paint(205, 222, 240), between(key, "sky", [1, 2.2]));
    const wall = choose(key, "wall", [paint(190, 180, 165), paint(140, 140, 145)]);
    return (x, y) => {
      const across = (x - left) / width;
      const down = (y - top) / 0.9;
      const inside = across > 0 && across < 1 && down > 0 && down < 1;
      const bar = Math.abs(across - 0.5) < 0.04 || Math.abs(down - 0.5) < 0.03;
      return inside && !bar ? sky : wall;
    };
  },

  leaves(key: RandomKey): Backdrop {
    const blobs = smoothNoise(foldIn(key, "blobs"));
    const fine = smoothNoise(foldIn(key, "fine"));
    const sky = paint(210, 225, 235);
    return (x, y) => {
      const shade = 0.6 * blobs(4 * x, 4 * y) + 0.4 * fine(11 * x, 11 * y);
      const green = mix(paint(38, 58, 26), paint(130, 150, 70), 0.5 + 0.5 * shade);
      return mix(green, sky, smoothstep(0.35, 0.6, blobs(4 * x + 9, 3 * y) + 0.6 - y));
    };
  },
};
