/**
 * A camera: from the light that reaches the lens to the bytes that it stores.
 *
 * @module
 */

import { foldIn, type RandomKey, randomWords } from "../../tensor/random.ts";
import type { RgbImage } from "../image.ts";
import { linearFromSrgb, type Rgb, srgbFromLinear } from "./colour.ts";
import { between, type Range, spread } from "./draw.ts";
import { type FloatImage, floatImage, resample, resampleGaussian } from "./float_image.ts";

export interface Camera {
  /** Sensor pixels for each pixel of the crop; below 1 the crop is enlarged. */
  readonly resolution: Range;
  /** Of the lens, the Gaussian's sigma in sensor pixels. */
  readonly blur: Range;
  /** What part of the light the corners lose. */
  readonly vignette: number;
  /** Standard deviation of the noise of a mid-grey pixel, 1 being white. */
  readonly noise: Range;
  /** The colour that the camera gives to white. */
  readonly cast: Rgb;
  /** How much of the scene's own tint the white balance takes away, 0 to 1. */
  readonly autoWhite: number;
  /** The mean brightness that auto exposure aims at, in light. */
  readonly exposure: Range;
  /** Stray light in the lens, as part of the mean: it greys the darks. */
  readonly flare: Range;
  /** 0 keeps the sRGB curve, more bends it into an S. */
  readonly contrast: Range;
  readonly saturation: Range;
  /** Weight of the unsharp mask. */
  readonly sharpening: Range;
  readonly jpegQuality: Range;
}

/** A pixel gathers light from its whole square, about as a Gaussian of this sigma does. */
const PIXEL_BLUR = 0.35;

/** The settings that one video keeps, and the noise of one frame. */
export interface Shot {
  readonly video: RandomKey;
  readonly frame: RandomKey;
}

/** Takes a picture of `scene`, `size` × `size` pixels. */
export function capture(scene: FloatImage, camera: Camera, shot: Shot, size: number): RgbImage {
  const { video, frame } = shot;
  const sensorSize = Math.max(
    8,
    Math.round(size * between(video, "resolution", camera.resolution)),
  );
  const blur = Math.sqrt(between(video, "blur", camera.blur) ** 2 + PIXEL_BLUR ** 2);
  const sensed = resampleGaussian(scene, sensorSize, sensorSize, blur);
  develop(sensed, camera, shot, between(video, "exposure", camera.exposure));
  addNoise(sensed, between(video, "noise", camera.noise), foldIn(frame, "sensor noise"));
  const toned = tone(
    sensed,
    between(video, "contrast", camera.contrast),
    between(video, "saturation", camera.saturation),
  );
  const sharp = unsharpMask(toned, between(video, "sharpening", camera.sharpening));
  return quantise(resample(sharp, size, size));
}

/** What a picture file shows, as light again. */
export function lightOf(picture: RgbImage): FloatImage {
  const byValue = Float32Array.from({ length: 256 }, (_, value) => linearFromSrgb(value / 255));
  const result = floatImage(picture.width, picture.height);
  picture.data.forEach((value, i) => result.data[i] = byValue[value]);
  return result;
}

/** Vignetting, stray light, auto exposure and white balance, in place. */
function develop(image: FloatImage, camera: Camera, { video, frame }: Shot, target: number): void {
  const { width, height, data } = image;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const right = (x + 0.5) / width - 0.5;
      const down = (y + 0.5) / height - 0.5;
      const loss = 1 - 2 * camera.vignette * (right * right + down * down);
      for (let channel = 0; channel < 3; channel++) data[3 * (y * width + x) + channel] *= loss;
    }
  }
  const mean = [0, 1, 2].map((channel) => meanOf(image, channel));
  const brightness = 0.3 * mean[0] + 0.6 * mean[1] + 0.1 * mean[2];
  const flare = between(video, "flare", camera.flare);
  const gain = (target / brightness) * (1 + spread(frame, "exposure", 0.03));
  const guess = [0, 1, 2].map((channel) => lightGuess(image, channel));
  const gains = guess.map((value, channel) => {
    const balance = (guess[1] / value) ** camera.autoWhite;
    return gain * balance * camera.cast[channel] * (1 + spread(video, `cast ${channel}`, 0.06));
  });
  for (let i = 0; i < data.length; i++) {
    data[i] = gains[i % 3] * (data[i] * (1 - flare) + mean[i % 3] * flare);
  }
}

function meanOf({ data }: FloatImage, channel: number): number {
  let sum = 0;
  for (let i = channel; i < data.length; i += 3) sum += data[i];
  return Math.max(1e-4, sum / (data.length / 3));
}

/**
 * What the camera takes for the colour of the light: a mean that counts bright pixels most, since
 * a plain mean would turn faces green in front of a red curtain (Finlayson and Trezzi 2004).
 */
function lightGuess({ data }: FloatImage, channel: number): number {
  let sum = 0;
  for (let i = channel; i < data.length; i += 3) sum += data[i] ** 4;
  return Math.max(1e-4, (sum / (data.length / 3)) ** 0.25);
}

/** Photon noise grows with the root of the light; a little is there in the dark too. */
function addNoise({ data }: FloatImage, deviation: number, key: RandomKey): void {
  const words = randomWords(key, data.length);
  for (let i = 0; i < data.length; i++) {
    const light = Math.max(0, data[i]);
    data[i] = light + deviation * Math.sqrt(0.02 + light) * nearlyNormal(words[i]);
  }
}

/** The sum of a word's four bytes, scaled to mean 0 and deviation 1: normal enough for noise. */
function nearlyNormal(word: number): number {
  const sum = (word & 255) + (word >>> 8 & 255) + (word >>> 16 & 255) + (word >>> 24);
  return (sum - 510) / 147.8;
}

function tone(image: FloatImage, contrast: number, saturation: number): FloatImage {
  const result = floatImage(image.width, image.height);
  for (let at = 0; at < image.data.length; at += 3) {
    const red = curve(image.data[at], contrast);
    const green = curve(image.data[at + 1], contrast);
    const blue = curve(image.data[at + 2], contrast);
    const grey = 0.3 * red + 0.6 * green + 0.1 * blue;
    result.data[at] = grey + saturation * (red - grey);
    result.data[at + 1] = grey + saturation * (green - grey);
    result.data[at + 2] = grey + saturation * (blue - grey);
  }
  return result;
}

/** Highlights roll off instead of clipping, then the sRGB curve, then the S. */
function curve(light: number, contrast: number): number {
  const rolled = light <= 0 ? 0 : light < 0.6 ? light : 1 - 0.4 * Math.exp((0.6 - light) / 0.4);
  const value = srgbFromLinear(rolled);
  return value + contrast * value * (1 - value) * (2 * value - 1);
}

function unsharpMask(image: FloatImage, weight: number): FloatImage {
  if (weight === 0) return image;
  const soft = resampleGaussian(image, image.width, image.height, 1);
  const data = image.data.map((value, i) => value + weight * (value - soft.data[i]));
  return { ...image, data };
}

function quantise(image: FloatImage): RgbImage {
  const data = new Uint8Array(image.data.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.round(255 * Math.min(Math.max(image.data[i], 0), 1));
  }
  return { width: image.width, height: image.height, data };
}
