/**
 * Who somebody is: the numbers that stay the same in every picture of one person.
 *
 * Lengths are in half head heights, in the plane of the face: x to the right of the picture, y up,
 * the eyes near y = 0.1, the chin at y = −1.
 *
 * @module
 */

import { foldIn, type RandomKey } from "../../tensor/random.ts";
import { mix, paint, type Rgb } from "./colour.ts";
import { between, chance, choose, spread } from "./draw.ts";

export interface Subject {
  /** Keys the fine texture of skin and hair. */
  readonly key: RandomKey;

  readonly skin: Rgb;
  readonly lips: Rgb;
  readonly hair: Rgb;
  readonly iris: Rgb;

  readonly headWidth: number;
  readonly headDepth: number;
  readonly jawTaper: number;
  readonly cheeks: number;
  readonly chin: number;

  readonly eyeSpacing: number;
  readonly eyeWidth: number;
  readonly eyeHeight: number;
  readonly eyeSlant: number;
  readonly browHeight: number;
  readonly browThickness: number;

  readonly noseLength: number;
  readonly noseWidth: number;
  readonly noseHeight: number;
  readonly mouthWidth: number;
  readonly lipThickness: number;

  readonly hairline: number;
  readonly hairThickness: number;
  readonly longHair: boolean;
  readonly beard: number;
  readonly glasses: boolean;
}

const FAIR_SKIN = paint(240, 200, 176);
const DARK_SKIN = paint(96, 60, 42);
const IRISES = [paint(70, 45, 25), paint(95, 65, 35), paint(80, 95, 60), paint(85, 110, 135)];
const HAIRS = [
  paint(22, 18, 16),
  paint(45, 32, 24),
  paint(85, 58, 36),
  paint(140, 105, 62),
  paint(128, 124, 122),
];

export function drawSubject(key: RandomKey): Subject {
  const melanin = between(key, "melanin", [0, 1]);
  const skin = mix(FAIR_SKIN, DARK_SKIN, melanin ** 0.8);
  const longHair = chance(key, "long hair", 0.4);
  const hairShades = melanin > 0.55 ? 2 : HAIRS.length;
  return {
    key: foldIn(key, "texture"),

    skin: mix(skin, paint(190, 140, 90), between(key, "olive", [0, 0.25])),
    lips: mix(skin, paint(170, 70, 72), between(key, "lip colour", [0.35, 0.75])),
    hair: choose(key, "hair colour", HAIRS.slice(0, hairShades)),
    iris: choose(key, "iris", melanin > 0.55 ? IRISES.slice(0, 2) : IRISES),

    headWidth: between(key, "head width", [0.68, 0.8]),
    headDepth: between(key, "head depth", [0.78, 0.92]),
    jawTaper: between(key, "jaw", [0.02, 0.22]),
    cheeks: between(key, "cheeks", [0.01, 0.07]),
    chin: between(key, "chin", [0.04, 0.12]),

    eyeSpacing: between(key, "eye spacing", [0.27, 0.33]),
    eyeWidth: between(key, "eye width", [0.125, 0.155]),
    eyeHeight: between(key, "eye height", [0.045, 0.07]),
    eyeSlant: spread(key, "eye slant", 0.014),
    browHeight: between(key, "brow height", [0.15, 0.2]),
    browThickness: between(key, "brow thickness", [0.018, 0.042]),

    noseLength: between(key, "nose length", [0.26, 0.36]),
    noseWidth: between(key, "nose width", [0.085, 0.135]),
    noseHeight: between(key, "nose height", [0.17, 0.28]),
    mouthWidth: between(key, "mouth width", [0.2, 0.29]),
    lipThickness: between(key, "lip thickness", [0.045, 0.085]),

    hairline: between(key, "hairline", [0.5, 0.72]),
    hairThickness: between(key, "hair thickness", [0.04, 0.16]),
    longHair,
    beard: !longHair && chance(key, "bearded", 0.45) ? between(key, "beard", [0.15, 0.9]) : 0,
    glasses: chance(key, "glasses", 0.25),
  };
}
