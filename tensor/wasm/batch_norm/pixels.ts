/**
 * Images as a list of pixels, each a row of channels: what batch normalisation reads and writes.
 *
 * @module
 */

import { type Body, int, type Local } from "../assembler/mod.ts";
import { paddedChannels, type WasmOperand } from "../buffer.ts";
import { sizeOf } from "../../shape.ts";

/** How many pixels of how many channels there are, and in which blocks tasks take them. */
export interface Pixels {
  readonly count: number;
  readonly channels: number;
  /** Channels, padding included. */
  readonly lanes: number;
  readonly perBlock: number;
  readonly blocks: number;
}

/** A block is 128 KiB, or as many pixels as a float32 sum should have. */
const BLOCK_NUMBERS = 32768;
const MOST_PIXELS = 1024;
const FEWEST_PIXELS = 64;

export function pixelsOf({ shape }: WasmOperand): Pixels {
  const channels = shape[1];
  const lanes = paddedChannels(channels);
  const count = shape[0] * sizeOf(shape.slice(2));
  const fitting = Math.ceil(BLOCK_NUMBERS / Math.max(1, lanes));
  const perBlock = Math.min(Math.max(fitting, FEWEST_PIXELS), MOST_PIXELS);
  return { count, channels, lanes, perBlock, blocks: Math.ceil(count / perBlock) };
}

/** The block that a task is about. */
export interface Block {
  /** Bytes from the tensor's beginning. */
  readonly offset: Local<"i32">;
  readonly pixels: Local<"i32">;
  readonly bytesPerPixel: Local<"i32">;
}

/** The parameters by which a kernel finds its block. */
export const PIXELS = { count: "i32", lanes: "i32", perBlock: "i32" } as const;

export function pixelArguments({ count, lanes, perBlock }: Pixels): number[] {
  return [count, lanes, perBlock];
}

export function blockOf(
  k: Body,
  { count, lanes, perBlock, task }: { [Name in keyof typeof PIXELS | "task"]: Local<"i32"> },
): Block {
  const first = k.let(task.times(perBlock));
  const bytesPerPixel = k.let(lanes.shiftedLeft(2));
  return {
    offset: k.let(first.times(bytesPerPixel)),
    pixels: k.let(count.minus(first).atMost(perBlock)),
    bytesPerPixel,
  };
}

/** A few neighbouring channels of a few pixels. */
export interface Part {
  /** Where the channels are in a row of numbers for each channel. */
  readonly channel: Local<"i32">;
  /** How many vectors of four channels there are. */
  readonly vectors: number;
  /** Visits the pixels one after the other, with where the channels are in each tensor. */
  readonly forPixels: (visit: (at: readonly Local<"heap">[]) => void) => void;
}

/**
 * Visits all of the block in parts: so few pixels that they stay in the nearest cache until all their
 * channels are done, and so few channels that what belongs to them fits in registers.
 */
export function forParts(
  k: Body,
  { offset, pixels, bytesPerPixel }: Block,
  tensors: readonly Local<"heap">[],
  mostVectors: 4 | 2,
  visit: (part: Part) => void,
): void {
  const perPart = k.let(int(PART_BYTES).dividedBy(bytesPerPixel).plus(FEWEST_IN_PART));
  k.for(0, pixels, perPart, (first) => {
    const count = k.let(pixels.minus(first).atMost(perPart));
    const start = k.let(offset.plus(first.times(bytesPerPixel)));
    const channel = k.let(int(0));
    const visitSome = (vectors: number) => {
      const forPixels: Part["forPixels"] = (visitPixel) => {
        const at = tensors.map((tensor) => k.let(tensor.plus(start).plus(channel)));
        k.repeat(count, () => {
          visitPixel(at);
          for (const address of at) k.advance(address, bytesPerPixel);
        });
      };
      visit({ channel, vectors, forPixels });
      k.advance(channel, 16 * vectors);
    };
    const bytes = 16 * mostVectors;
    k.for(0, bytesPerPixel.dividedBy(bytes), 1, () => visitSome(mostVectors));
    for (let vectors = mostVectors / 2; vectors >= 1; vectors /= 2) {
      k.if(bytesPerPixel.and(16 * vectors), () => visitSome(vectors));
    }
  });
}

const PART_BYTES = 4096;
const FEWEST_IN_PART = 8;

/** Visits the places of four channels each in a row of numbers for each channel. */
export function forChannels(
  k: Body,
  { bytesPerPixel }: Block,
  visit: (channel: Local<"i32">) => void,
): void {
  k.for(int(0), bytesPerPixel, 16, visit);
}
