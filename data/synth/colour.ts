/**
 * Colour as three numbers, and the sRGB curve between light and what a file stores.
 *
 * @module
 */

export type Rgb = readonly [red: number, green: number, blue: number];

/** From a stored value, 0 to 1, to light (IEC 61966-2-1). */
export function linearFromSrgb(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** From light, 0 to 1, to the stored value (IEC 61966-2-1). */
export function srgbFromLinear(value: number): number {
  return value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;
}

/** A colour as in a paint box, three bytes of sRGB, as light. */
export function paint(red: number, green: number, blue: number): Rgb {
  return [linearFromSrgb(red / 255), linearFromSrgb(green / 255), linearFromSrgb(blue / 255)];
}

export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

export function times(a: Rgb, b: Rgb): Rgb {
  return [a[0] * b[0], a[1] * b[1], a[2] * b[2]];
}

export function brighter(a: Rgb, factor: number): Rgb {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

/** White light tinted from −1 (cool, like open shade) to 1 (warm, like a bulb). */
export function warmth(tint: number): Rgb {
  return [1 + 0.28 * tint, 1, 1 - 0.34 * tint];
}

/** Zero below `low`, one above `high`, a smooth step between them. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = Math.min(Math.max((value - low) / (high - low), 0), 1);
  return t * t * (3 - 2 * t);
}
