/**
 * Pools of any windows: they may overlap, leave pixels out, be dilated and reach over the edge.
 *
 * @module
 */

import type { Windows } from "../../shape.ts";
import type { DType } from "../../device.ts";
import { eachProgram, programFamily } from "../program.ts";
import { keysOf } from "./order.ts";

/** What tells a program about images and windows. */
const NUMBERS = {
  height: "i32",
  width: "i32",
  rows: "i32",
  columns: "i32",
  kernelHeight: "i32",
  kernelWidth: "i32",
  strideDown: "i32",
  strideRight: "i32",
  paddingTop: "i32",
  paddingLeft: "i32",
  dilationDown: "i32",
  dilationRight: "i32",
} as const;

/** The numbers of these programs. */
export function windowNumbers(
  { kernel, geometry: { stride, padding, dilation }, image, count }: Windows,
): Record<keyof typeof NUMBERS, number> {
  return {
    height: image[0],
    width: image[1],
    rows: count[0],
    columns: count[1],
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    strideDown: stride[0],
    strideRight: stride[1],
    paddingTop: padding[0],
    paddingLeft: padding[1],
    dilationDown: dilation[0],
    dilationRight: dilation[1],
  };
}

/** An invocation does one window. One that sees padding only chooses −1. */
export const argmaxWindows = programFamily((dtype: DType) =>
  eachProgram({
    name: `argmaxPool of ${dtype}`,
    reads: { xs: "i32" },
    writes: { out: "i32" },
    numbers: NUMBERS,
    declarations: keysOf(dtype),
    body: `
  let row = i32(i) / u.columns;
  let plane = row / u.rows;
  let top = (row - plane * u.rows) * u.strideDown - u.paddingTop;
  let left = (i32(i) - row * u.columns) * u.strideRight - u.paddingLeft;
  let start = plane * u.height * u.width;
  var best = 0;
  var place = -1;
  for (var down = 0; down < u.kernelHeight; down++) {
    let h = top + down * u.dilationDown;
    if (h < 0 || h >= u.height) { continue; }
    for (var right = 0; right < u.kernelWidth; right++) {
      let w = left + right * u.dilationRight;
      if (w < 0 || w >= u.width) { continue; }
      let at = h * u.width + w;
      let offered = keysOf(vec4i(xs[start + at])).x;
      if (place < 0 || offered > best) {
        best = offered;
        place = at;
      }
    }
  }
  out[i] = place;`,
  })
);

/**
 * An invocation does one pixel: it adds up the windows over it that chose it, in row-major order. Those
 * that dilation lets pass it by are asked as well, for they have chosen another.
 */
export const scatterWindows = eachProgram({
  name: "scatterAdd to windows",
  reads: { gs: "f32", index: "i32" },
  writes: { out: "f32" },
  numbers: NUMBERS,
  declarations: `
struct Range { first: i32, last: i32 }

fn windowsOver(place: i32, reach: i32, stride: i32, count: i32) -> Range {
  return Range(max((place - reach + stride) / stride, 0), min(place / stride, count - 1));
}`,
  body: `
  let row = i32(i) / u.width;
  let plane = row / u.height;
  let pixel = i32(i) - plane * u.height * u.width;
  let down = windowsOver(
    row - plane * u.height + u.paddingTop,
    (u.kernelHeight - 1) * u.dilationDown + 1, u.strideDown, u.rows
  );
  let right = windowsOver(
    i32(i) - row * u.width + u.paddingLeft,
    (u.kernelWidth - 1) * u.dilationRight + 1, u.strideRight, u.columns
  );
  var sum = 0f;
  for (var p = down.first; p <= down.last; p++) {
    let start = (plane * u.rows + p) * u.columns;
    for (var q = right.first; q <= right.last; q++) {
      if (index[start + q] == pixel) { sum += gs[start + q]; }
    }
  }
  out[i] = sum;`,
});
