/**
 * The four domains: places with a camera of their own, named after it.
 *
 * The originals' names (OULU, CASIA, idiap, MSU) are not used, because these are not their data.
 * No subject appears in two domains.
 *
 * @module
 */

import type { BackdropKind } from "./backdrop.ts";
import type { Camera } from "./camera.ts";
import type { Illumination } from "./light.ts";
import type { Stance } from "./portrait.ts";
import type { PrintStyle } from "./print.ts";
import type { ReplayStyle } from "./replay.ts";

export type Attack = "print" | "replay";

export interface SyntheticDomain {
  readonly name: string;
  readonly camera: Camera;
  readonly illumination: Illumination;
  readonly stance: Stance;
  readonly backdrops: readonly BackdropKind[];
  /** The attacks on each subject, a video each. */
  readonly attacks: readonly Attack[];
  readonly print: PrintStyle;
  readonly replay: ReplayStyle;
}

/** A recent phone, held in the hand: sharp, contrasty, oversharpened, indoors and out. */
const phone: SyntheticDomain = {
  name: "phone",
  camera: {
    resolution: [1, 1],
    blur: [0.35, 0.7],
    vignette: 0.1,
    noise: [0.01, 0.03],
    cast: [1.03, 1, 0.96],
    autoWhite: 0.7,
    exposure: [0.2, 0.32],
    flare: [0, 0.3],
    contrast: [0.3, 0.7],
    saturation: [0.7, 1.3],
    sharpening: [0.5, 1],
    jpegQuality: [85, 94],
  },
  illumination: {
    azimuth: [-1.2, 1.2],
    elevation: [0.1, 0.9],
    directness: [0.25, 0.7],
    tint: [-0.4, 0.6],
  },
  stance: { yaw: 0.3, pitch: [-0.1, 0.2], distance: [3.6, 5] },
  backdrops: ["wall", "leaves", "shelves", "window"],
  attacks: ["print", "replay", "print", "replay"],
  print: { margin: [0.92, 1.25], gloss: [0.1, 0.9], bend: 1, dotPitch: [4, 6] },
  replay: {
    margin: [0.92, 1.25],
    backlight: [0.7, 1.4],
    reflection: [0.02, 0.2],
    pitch: [0.88, 1.12],
  },
};

/** An old webcam on a desk: soft, noisy, enlarged, heavily compressed, a screen's cool light. */
const webcam: SyntheticDomain = {
  name: "webcam",
  camera: {
    resolution: [0.75, 0.9],
    blur: [0.35, 0.65],
    vignette: 0.3,
    noise: [0.012, 0.03],
    cast: [0.95, 1, 1.08],
    autoWhite: 0.7,
    exposure: [0.14, 0.26],
    flare: [0, 0.25],
    contrast: [-0.2, 0.4],
    saturation: [0.7, 1.2],
    sharpening: [0.1, 0.5],
    jpegQuality: [70, 86],
  },
  illumination: {
    azimuth: [-0.7, 0.7],
    elevation: [0, 0.7],
    directness: [0.15, 0.5],
    tint: [-0.7, 0.3],
  },
  stance: { yaw: 0.2, pitch: [-0.25, 0.05], distance: [4.5, 7] },
  backdrops: ["wall", "shelves", "curtain"],
  attacks: ["print", "print", "replay", "print"],
  print: { margin: [0.92, 1.25], gloss: [0, 0.4], bend: 1.4, dotPitch: [4, 6] },
  replay: {
    margin: [0.92, 1.25],
    backlight: [0.6, 1.2],
    reflection: [0.02, 0.15],
    pitch: [0.85, 1.1],
  },
};

/** A tablet before an even curtain: clean, cool, low contrast, most attacks are screens. */
const tablet: SyntheticDomain = {
  name: "tablet",
  camera: {
    resolution: [0.85, 1],
    blur: [0.5, 0.9],
    vignette: 0.15,
    noise: [0.015, 0.04],
    cast: [0.98, 1, 1.02],
    autoWhite: 0.8,
    exposure: [0.22, 0.36],
    flare: [0, 0.3],
    contrast: [0, 0.4],
    saturation: [0.8, 1.4],
    sharpening: [0.2, 0.6],
    jpegQuality: [75, 90],
  },
  illumination: {
    azimuth: [-1, 1],
    elevation: [0.2, 1],
    directness: [0.1, 0.45],
    tint: [-0.5, 0.2],
  },
  stance: { yaw: 0.25, pitch: [-0.05, 0.25], distance: [3.2, 4.5] },
  backdrops: ["curtain", "wall", "window", "shelves"],
  attacks: ["replay", "print", "replay", "replay"],
  print: { margin: [0.92, 1.25], gloss: [0.2, 1], bend: 0.7, dotPitch: [4, 6] },
  replay: {
    margin: [1.02, 1.5],
    backlight: [0.8, 1.6],
    reflection: [0.03, 0.25],
    pitch: [0.9, 1.15],
  },
};

/** A camera at an entrance: hard side light, warm lamps, wide lens, strong denoising. */
const kiosk: SyntheticDomain = {
  name: "kiosk",
  camera: {
    resolution: [0.78, 0.95],
    blur: [0.45, 0.8],
    vignette: 0.45,
    noise: [0.02, 0.05],
    cast: [1.08, 1, 0.9],
    autoWhite: 0.6,
    exposure: [0.12, 0.28],
    flare: [0, 0.3],
    contrast: [0.1, 0.6],
    saturation: [0.75, 1.3],
    sharpening: [0.3, 0.9],
    jpegQuality: [70, 86],
  },
  illumination: {
    azimuth: [-1.4, 1.4],
    elevation: [0.3, 1.1],
    directness: [0.35, 0.8],
    tint: [0, 0.8],
  },
  stance: { yaw: 0.35, pitch: [-0.15, 0.3], distance: [2.8, 4] },
  backdrops: ["window", "leaves", "wall", "curtain"],
  attacks: ["replay", "print", "print", "replay"],
  print: { margin: [0.92, 1.25], gloss: [0, 0.7], bend: 1.2, dotPitch: [4, 6] },
  replay: {
    margin: [1, 1.35],
    backlight: [0.6, 1.3],
    reflection: [0.04, 0.3],
    pitch: [0.87, 1.13],
  },
};

export const DOMAINS: readonly SyntheticDomain[] = [phone, webcam, tablet, kiosk];

/** The names of the domains of a synthetic set. */
export const SYNTHETIC_DOMAINS: readonly string[] = DOMAINS.map((domain) => domain.name);
