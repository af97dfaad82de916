/**
 * Patches: for each place of a window, the pixels under its taps, tap by tap.
 *
 * @module
 */

import { eachProgram } from "../../program.ts";

const WINDOW_NUMBERS = {
  channels: "u32",
  height: "u32",
  width: "u32",
  /** How many windows there are across, and in all. */
  across: "u32",
  windows: "u32",
  kernelHeight: "u32",
  kernelWidth: "u32",
  strideY: "u32",
  strideX: "u32",
  paddingY: "u32",
  paddingX: "u32",
  dilationY: "u32",
  dilationX: "u32",
} as const;

/** The pixel under a tap of a window; padding is 0. */
const PIXEL = `
fn pixel(plane: u32, tapY: u32, tapX: u32, window: u32) -> f32 {
  let y = window / u.across * u.strideY + tapY * u.dilationY;
  let x = window % u.across * u.strideX + tapX * u.dilationX;
  let isInside = y >= u.paddingY && x >= u.paddingX &&
    y < u.paddingY + u.height && x < u.paddingX + u.width;
  if (!isInside) { return 0.0; }
  return image_[(plane * u.height + y - u.paddingY) * u.width + x - u.paddingX];
}`;

/** An image [N,C,H,W] to patches [N][C·kH·kW][windows]. */
export const patchProgram = eachProgram({
  name: "patches",
  reads: { image_: "f32" },
  writes: { patches: "vec4f" },
  numbers: { ...WINDOW_NUMBERS, firstImage: "u32" },
  declarations: PIXEL,
  body: `
  let fours = (u.windows + 3u) / 4u;
  let first = i % fours * 4u;
  let row = i / fours;
  let tapX = row % u.kernelWidth;
  let tapY = row / u.kernelWidth % u.kernelHeight;
  let plane = row / (u.kernelWidth * u.kernelHeight) + u.firstImage * u.channels;
  var four = vec4f();
  for (var j = 0u; j < 4u; j++) {
    if (first + j < u.windows) { four[j] = pixel(plane, tapY, tapX, first + j); }
  }
  patches[i] = four;`,
});

/** An image [N,C,H,W] to patches [N][windows][C·kH·kW]. */
export const patchByWindowProgram = eachProgram({
  name: "patches by windows",
  reads: { image_: "f32" },
  writes: { patches: "vec4f" },
  numbers: { ...WINDOW_NUMBERS, firstImage: "u32" },
  declarations: PIXEL,
  body: `
  let area = u.kernelHeight * u.kernelWidth;
  let taps = u.channels * area;
  let fours = (taps + 3u) / 4u;
  let first = i % fours * 4u;
  let window = i / fours % u.windows;
  let image = i / fours / u.windows + u.firstImage;
  var four = vec4f();
  for (var j = 0u; j < 4u; j++) {
    let tap = first + j;
    if (tap < taps) {
      let plane = image * u.channels + tap / area;
      four[j] = pixel(plane, tap % area / u.kernelWidth, tap % u.kernelWidth, window);
    }
  }
  patches[i] = four;`,
});

/** The transpose of {@linkcode patchProgram}: each pixel is the sum of its places in patches. */
export const imageProgram = eachProgram({
  name: "patches to image",
  reads: { patches: "f32" },
  writes: { image_: "f32" },
  numbers: { ...WINDOW_NUMBERS, down: "u32", rowStep: "u32", firstPixel: "u32" },
  body: `
  let x = i % u.width + u.paddingX;
  let y = i / u.width % u.height + u.paddingY;
  let plane = i / (u.width * u.height);
  var sum = 0.0;
  for (var tapY = 0u; tapY < u.kernelHeight; tapY++) {
    let reachY = tapY * u.dilationY;
    if (y < reachY || (y - reachY) % u.strideY != 0u) { continue; }
    let windowY = (y - reachY) / u.strideY;
    if (windowY >= u.down) { continue; }
    for (var tapX = 0u; tapX < u.kernelWidth; tapX++) {
      let reachX = tapX * u.dilationX;
      if (x < reachX || (x - reachX) % u.strideX != 0u) { continue; }
      let windowX = (x - reachX) / u.strideX;
      if (windowX >= u.across) { continue; }
      let row = (plane * u.kernelHeight + tapY) * u.kernelWidth + tapX;
      sum += patches[row * u.rowStep + windowY * u.across + windowX];
    }
  }
  image_[u.firstPixel + i] = sum;`,
});
