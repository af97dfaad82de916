/**
 * Reading banks of 3×3 filters, four filters at a time.
 *
 * @module
 */

import {
  type Arguments,
  type Body,
  i32x4,
  type Local,
  v128,
  type Value,
  type Vector,
} from "../assembler/mod.ts";
import { transposed } from "../movement/transpose.ts";

/**
 * A bank of filters as a kernel sees it: `outs` filters of `ins` channels, so many floats from one to
 * the next.
 */
export const BANK = {
  bank: "heap",
  outs: "i32",
  ins: "i32",
  outStride: "i32",
  inStride: "i32",
} as const;

/** A walk over the channels of some filters, the taps of four filters at a time. */
export class FilterWalk {
  readonly #filters: Local<"heap">[][];
  readonly #masks: Local<"v128">[];

  /** Stands at channel `firstIn` of the filters from `firstOut` on, four for each of the vectors. */
  constructor(
    readonly k: Body,
    readonly bank: Arguments<typeof BANK>,
    firstOut: Value<"i32">,
    vectors: number,
    firstIn: Value<"i32">,
  ) {
    const last = k.let(bank.outs.minus(1));
    const start = k.let(bank.bank.plus(firstIn.times(bank.inStride).shiftedLeft(2)));
    const fours = Array.from({ length: vectors }, (_, vector) => k.let(firstOut.plus(4 * vector)));
    // Filters that do not exist are read as the last one, and masked.
    this.#filters = fours.map((four) =>
      [0, 1, 2, 3].map((lane) => {
        const out = four.plus(lane).atMost(last);
        return k.let(start.plus(out.times(bank.outStride).shiftedLeft(2)));
      })
    );
    this.#masks = fours.map((four) =>
      k.let(i32x4.lt(i32x4.add(i32x4.splat(four), i32x4.lanes(0, 1, 2, 3)), i32x4.splat(bank.outs)))
    );
  }

  /** The nine taps of four filters at this channel, in order or, turned by half a circle, backwards. */
  taps(vector: number, turned: boolean): Vector[] {
    const { k } = this;
    const filters = this.#filters[vector];
    const columns = [0, 16].flatMap((offset) =>
      transposed(k, filters.map((filter) => k.let(v128.load(filter, offset)))).map((x) => k.let(x))
    );
    const lasts = filters.map((filter) => v128.load32Zero(filter, 32));
    const pairs = [0, 2].map((i) => k.let(v128.shuffle(lasts[i], lasts[i + 1], [0, 4, 1, 5])));
    columns.push(k.let(v128.shuffle(pairs[0], pairs[1], [0, 1, 4, 5])));
    const taps = columns.map((tap) => v128.and(tap, this.#masks[vector]));
    return turned ? taps.reverse() : taps;
  }

  /** Goes on to the next channel. */
  advance(): void {
    const bytes = this.k.let(this.bank.inStride.shiftedLeft(2));
    for (const filter of this.#filters.flat()) this.k.advance(filter, bytes);
  }
}
