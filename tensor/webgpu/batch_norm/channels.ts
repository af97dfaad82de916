/**
 * Going through x [N,C,…] channel by channel: a channel's elements, counted through all images, are cut
 * into chunks, and a workgroup does a chunk. The cut follows from the shape alone, and so does every
 * sum's order of additions.
 *
 * @module
 */

import { type Shape, sizeOf } from "../../shape.ts";
import { type Groups, LONGEST_LOOP, MOST_GROUPS } from "../program.ts";

/** What a program goes by: four elements at once, or one. */
export type Unit = "vec4f" | "f32";

/** How x [N,C,…] is gone through. */
export interface Channels {
  readonly unit: Unit;
  /** How many channels there are. */
  readonly count: number;
  /** How many elements a channel has. */
  readonly elements: number;
  /** A workgroup for every chunk of every channel. */
  readonly groups: Groups;
  /** A workgroup for every channel. */
  readonly groupPerChannel: Groups;
  /** The values of {@linkcode CHANNEL_NUMBERS}. */
  readonly numbers: Record<keyof typeof CHANNEL_NUMBERS, number>;
}

/** Invocations of a workgroup; neighbours read neighbours. */
export const LANES = 64;

/** With as many workgroups no GPU has idle parts. */
const ENOUGH_GROUPS = 1024;

/** More steps of an invocation make sums less exact; fewer make more partial sums than are worth it. */
const MOST_STEPS = 64;
const FEWEST_STEPS = 4;

export function channelsOf(shape: Shape): Channels {
  const [images, count] = shape;
  const pixels = sizeOf(shape.slice(2));
  const unit = pixels % 4 === 0 ? "vec4f" : "f32";
  const area = unit === "vec4f" ? pixels / 4 : pixels;
  const total = images * area;
  const chunksWanted = Math.ceil(ENOUGH_GROUPS / Math.max(1, count));
  const stepsWanted = Math.ceil(total / (LANES * chunksWanted));
  const stepsNeeded = Math.ceil(total / (LANES * LONGEST_LOOP));
  const steps = Math.max(stepsNeeded, Math.min(Math.max(stepsWanted, FEWEST_STEPS), MOST_STEPS));
  const chunks = Math.ceil(total / (LANES * steps));
  const imagesInStep = area === 0 ? 0 : Math.floor(LANES / area);
  return {
    unit,
    count,
    elements: images * pixels,
    groups: groupsFor(chunks, count),
    groupPerChannel: groupsFor(1, count),
    numbers: {
      channels: count,
      chunks,
      area,
      total,
      chunk: LANES * steps,
      restStep: LANES - imagesInStep * area,
      step: LANES - imagesInStep * area + imagesInStep * count * area,
      nextImage: (count - 1) * area,
    },
  };
}

function groupsFor(chunks: number, channels: number): Groups {
  return [chunks, Math.min(channels, MOST_GROUPS), Math.ceil(channels / MOST_GROUPS)];
}

/** Lengths and distances in units. */
export const CHANNEL_NUMBERS = {
  channels: "u32",
  chunks: "u32",
  area: "u32",
  total: "u32",
  chunk: "u32",
  restStep: "u32",
  step: "u32",
  nextImage: "u32",
} as const;

/** WGSL that finds the workgroup's channel, and leaves if there is none. */
export const CHANNEL_CODE = `
  let channel = group.y + group.z * ${MOST_GROUPS}u;
  if (channel >= u.channels) { return; }`;

/** WGSL that visits the invocation's units of its chunk: `visit` is code that reads at `at`. */
export function eachUnit(visit: string): string {
  return `
  let first = group.x * u.chunk + lane;
  let image = first / u.area;
  var rest = first - image * u.area;
  var at = (image * u.channels + channel) * u.area + rest;
  let end = min((group.x + 1u) * u.chunk, u.total);
  for (var place = first; place < end; place += ${LANES}u) {${visit}
    at += u.step;
    rest += u.restStep;
    if (rest >= u.area) {
      rest -= u.area;
      at += u.nextImage;
    }
  }`;
}
