/**
 * Filters in the form that a product wants them in.
 *
 * A training step uses each weight several times, for every domain and every sweep; where maps are small,
 * bringing filters into form would take longer than the product.
 *
 * @module
 */

import type { WasmBuffer } from "../buffer.ts";
import type { Machine } from "../machine.ts";
import type { FilterBank } from "./images.ts";

/** A form of a bank of filters: what it is called, its size, and how it is made. */
export interface Form {
  readonly name: string;
  readonly bytes: number;
  readonly fill: (block: WasmBuffer) => void;
}

/** Runs with a bank in a form, which is kept for the next time, or freed. */
export function withFilters(
  machine: Machine,
  bank: FilterBank,
  isKept: boolean,
  form: Form,
  use: (filters: WasmBuffer) => void,
): void {
  if (isKept) return machine.withPrepared(bank.address, form, use);
  const block = machine.scratchBlock(form.bytes);
  form.fill(block);
  use(block);
  machine.free(block);
}
