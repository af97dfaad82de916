/**
 * A task's share of a product: some rows of A, and some of the panels that B is cut into.
 *
 * @module
 */

import type { Arguments, Body, Value } from "../assembler/mod.ts";
import type { Task } from "../kernel.ts";
import { multiplyPanel, type PanelProducts } from "./panel.ts";

/** Panels of the width in all, and of each task. */
export const WIDTH = { widthPanels: "i32", panelsPerTask: "i32" } as const;

/** What part of the work a task is. */
export interface Share {
  /** Number of its rows, chunk or block. */
  readonly block: Value<"i32">;
  readonly firstPanel: Value<"i32">;
  readonly panels: Value<"i32">;
  /** The columns that its panels hold: where they begin, and how many are wanted. */
  readonly firstColumn: Value<"i32">;
  readonly columns: Value<"i32">;
}

/** Finds a task's share of a product with so many columns; panels change faster than blocks. */
export function shareOf(
  k: Body,
  { widthPanels, panelsPerTask, task }: Arguments<typeof WIDTH & Task>,
  columns: Value<"i32">,
  width: number,
): Share {
  const groups = k.let(widthPanels.plus(panelsPerTask).minus(1).dividedBy(panelsPerTask));
  const firstPanel = k.let(task.modulo(groups).times(panelsPerTask));
  const panels = k.let(widthPanels.minus(firstPanel).atMost(panelsPerTask));
  const firstColumn = k.let(firstPanel.times(width));
  return {
    block: k.let(task.dividedBy(groups)),
    firstPanel,
    panels,
    firstColumn,
    columns: k.let(columns.minus(firstColumn).atMost(panels.times(width))),
  };
}

/** Where the parts of a product stand, and how far apart their panels are, in bytes. */
export interface Places {
  readonly inputs: Value<"scratch">;
  readonly inputBytes: number;
  readonly depthPanels: Value<"i32">;
  /** The first panel of B that the task needs. */
  readonly filters: Value<"heap">;
  readonly filterBytes: number;
  readonly products: Value<"scratch">;
  readonly productBytes: number;
  /** Tiles of rows, one below the other. */
  readonly tileRows: Value<"i32">;
}

/** Multiplies a task's rows by its panels, panel by panel of the depth. */
export function multiplyShare(
  k: Body,
  byPanel: PanelProducts,
  { panels, columns }: Share,
  places: Places,
): void {
  const filter = k.let(places.filters);
  const product = k.let(places.products);
  const left = k.let(columns);
  const input = k.local("scratch");
  k.for(0, panels, 1, () => {
    k.set(input, places.inputs);
    k.for(0, places.depthPanels, 1, (panel) => {
      multiplyPanel(k, byPanel, left, [input, filter, product, places.tileRows, panel]);
      k.advance(input, places.inputBytes);
      k.advance(filter, places.filterBytes);
    });
    k.advance(product, places.productBytes);
    k.set(left, left.minus(byPanel.width));
  });
}
