/**
 * The mean and biased variance of each channel, from one pass over x: 4 bytes an element.
 *
 * A sum of squares less the square of a sum would lose what the mean is larger than the deviation, so
 * an invocation keeps its mean and its squared deviations up to date (Welford, 1962), and those of two
 * sets are combined by Chan, Golub and LeVeque (1979). All are taken from the channel's first element,
 * which is near its mean when the mean is large.
 *
 * @module
 */

import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import { fill } from "../elementwise/flat.ts";
import type { Gpu } from "../gpu.ts";
import { groupProgram, programFamily } from "../program.ts";
import {
  CHANNEL_CODE,
  CHANNEL_NUMBERS,
  type Channels,
  eachUnit,
  LANES,
  type Unit,
} from "./channels.ts";
import { allocatePartials, finishProgram, keepPartial } from "./partials.ts";

/** WGSL of what an invocation found: the count, the mean, the squared deviations and the origin. */
const FOUND: Readonly<Record<Unit, string>> = {
  f32: keepPartial("vec4f(seen, mean, squares, origin)"),
  vec4f: `
  let center = dot(mean, vec4f(0.25));
  let apart = mean - center;
  let all = dot(squares, vec4f(1)) + seen * dot(apart, apart);${
    keepPartial("vec4f(4 * seen, center, all, origin)")
  }`,
};

const momentsProgram = programFamily((unit: Unit) =>
  groupProgram([LANES, 1, 1], {
    name: `moments of channels by ${unit}`,
    reads: { xs: unit },
    writes: { partials: "vec4f" },
    numbers: CHANNEL_NUMBERS,
    body: `${CHANNEL_CODE}
  let origin = xs[channel * u.area]${unit === "vec4f" ? ".x" : ""};
  var seen = 0f;
  var mean = ${unit}();
  var squares = ${unit}();${
      eachUnit(`
    let x = xs[at] - origin;
    let deviation = x - mean;
    seen += 1;
    mean += deviation / seen;
    squares += deviation * (x - mean);`)
    }${FOUND[unit]}`,
  })
);

const statisticsProgram = finishProgram({
  name: "statistics of channels",
  reads: {},
  writes: { mean: "f32", variance: "f32" },
  numbers: {},
  declarations: `
fn combined(a: vec4f, b: vec4f) -> vec4f {
  let count = a.x + b.x;
  let share = b.x / max(count, 1);
  let apart = b.y - a.y;
  let squares = a.z + b.z + apart * apart * a.x * share;
  return vec4f(count, a.y + apart * share, squares, a.w);
}`,
  body: `
  mean[channel] = all.w + all.y;
  variance[channel] = all.z / all.x;`,
});

/** The statistics of x's channels: NaN of an empty batch, and where x has an infinity or a NaN. */
export function statistics(
  gpu: Gpu,
  x: WebgpuOperand,
  channels: Channels,
): { mean: WebgpuBuffer; variance: WebgpuBuffer } {
  const { unit, count, elements, groups, groupPerChannel, numbers } = channels;
  const shape = [count];
  if (elements === 0) {
    const empty = () => fill(gpu, NaN, { shape, dtype: "float32" });
    return { mean: empty(), variance: empty() };
  }
  const partials = allocatePartials(gpu, channels);
  gpu.groups(momentsProgram(unit), groups, { xs: x.buffer, partials }, numbers);
  const mean = gpu.allocate(shape);
  const variance = gpu.allocate(shape);
  gpu.groups(statisticsProgram, groupPerChannel, { partials, mean, variance }, numbers);
  gpu.free(partials);
  return { mean, variance };
}
