/**
 * What the passes over pixels need to know of each channel, in rows of float32 with a zero for every
 * padding lane, so that padding stays zero.
 *
 * @module
 */

import { f32, f64, type Local, type Value } from "../assembler/mod.ts";
import type { WasmBuffer } from "../buffer.ts";
import { kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";
import type { Pixels } from "./pixels.ts";

/**
 * The rows of the table. x is normalised to (x − mean) · factor + shift; `inverse` is
 * 1 / √(variance + ε). The gradient of x is factor · (g + offset + (x − mean) · slope).
 */
export const ROWS = { mean: 0, factor: 1, shift: 2, inverse: 3, offset: 4, slope: 5 } as const;

export type Row = keyof typeof ROWS;

const ROW_COUNT = 6;

/** What is known of each channel: weight, bias, mean and variance, each [C]. */
export type PerChannel = readonly [WasmBuffer, WasmBuffer, WasmBuffer, WasmBuffer];

/**
 * Runs with a table of what follows from the statistics as they are kept, rounded to float32: a
 * backward pass that computes it again gets the same to the last bit. The last two rows are the
 * caller's to write.
 */
export function withConstants(
  machine: Machine,
  { channels, lanes }: Pixels,
  perChannel: PerChannel,
  epsilon: number,
  run: (table: WasmBuffer) => void,
): void {
  const table = machine.allocate([ROW_COUNT, lanes]);
  const addresses = perChannel.map(({ address }) => address);
  const args = [table.address, ...addresses, channels, lanes, epsilon];
  machine.run(constants, Math.ceil(lanes / CHANNELS_PER_TASK), args);
  run(table);
  machine.free(table);
}

const CHANNELS_PER_TASK = 256;

const constants = kernel(
  "constants",
  {
    table: "heap",
    weight: "heap",
    bias: "heap",
    mean: "heap",
    variance: "heap",
    channels: "i32",
    lanes: "i32",
    epsilon: "f64",
  },
  (k, args) => {
    const { table, lanes, epsilon, task } = args;
    const first = k.let(task.times(CHANNELS_PER_TASK));
    k.for(first, first.plus(CHANNELS_PER_TASK).atMost(lanes), 1, (channel) => {
      const at = k.let(channel.shiftedLeft(2));
      const numberOf = (name: "weight" | "bias" | "mean" | "variance") =>
        f32.load(args[name].plus(at));
      const store = (row: Row, value: Value<"f32">) =>
        k.store(rowOf(table, lanes, row).plus(at), value);
      k.if(channel.lessThan(args.channels), () => {
        const variance = f64.promoteF32(numberOf("variance"));
        const deviation = k.let(f64.sqrt(f64.add(variance, epsilon)));
        store("mean", numberOf("mean"));
        store("factor", f32.demoteF64(f64.div(f64.promoteF32(numberOf("weight")), deviation)));
        store("shift", numberOf("bias"));
        store("inverse", f32.demoteF64(f64.div(f64.const(1), deviation)));
      }, () => {
        for (const row of ["mean", "factor", "shift", "inverse"] as const) {
          store(row, f32.const(0));
        }
      });
    });
  },
);

/** Where a row of the table begins. */
export function rowOf(
  table: Local<"heap">,
  lanes: Local<"i32">,
  row: Row,
): Value<"heap"> {
  return table.plus(lanes.times(4 * ROWS[row]));
}
