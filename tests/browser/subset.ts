/**
 * The rows of the op table that a page computes: the first form of each op, which is its usual one.
 * That every form agrees is shown in Deno; here the question is whether another engine and another
 * shader compiler compute as Deno's do.
 *
 * @module
 */

import { OP_TABLE, type Row } from "../op_table.ts";

/** One row for each op, in the order of the table. */
export const SUBSET: readonly Row[] = OP_TABLE.filter(({ op }, i) =>
  OP_TABLE.findIndex((row) => row.op === op) === i
);
