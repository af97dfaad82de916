/**
 * Cases that differ in shape alone, taken together.
 *
 * @module
 */

import type { Row } from "./row.ts";

/** Rows of one kind of work on one device; several if it was measured on several shapes. */
export interface Family {
  readonly name: string;
  readonly device: string;
  readonly threads: number;
  readonly mode: Row["mode"];
  readonly rows: readonly Row[];
}

/** What some positive numbers have in common. */
export interface Spread {
  /** The geometric mean. */
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

/** Puts together the rows whose names agree up to a colon and that ran alike. */
export function familiesOf(rows: readonly Row[]): Family[] {
  const nameOf = ({ name, bytes, gbs }: Row) =>
    bytes !== undefined && gbs === undefined ? name : name.split(": ")[0];
  const shapes = Map.groupBy(rows, nameOf);
  return [...shapes].flatMap(([family, members]) => {
    const isFamily = new Set(members.map(({ name }) => name)).size > 1;
    const settings = Map.groupBy(members, (row) => [row.device, row.threads, row.mode].join());
    return [...settings.values()].map((rows): Family => {
      const { name, device, threads, mode } = rows[0];
      return { name: isFamily ? family : name, device, threads, mode, rows };
    });
  });
}

/** How many shapes a family was measured on. */
export function shapeCount({ rows }: Family): number {
  return new Set(rows.map(({ name }) => name)).size;
}

/** The peers that any row names, in their order. */
export function peersOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap(({ peer }) => peer ?? []))];
}

/** A family's ratios to a peer, if there are any. */
export function ratiosTo(peer: string, { rows }: Family): Spread | undefined {
  const ofPeer = rows.filter((row) => row.peer === peer);
  return spreadOf(ofPeer.flatMap(({ ratio, bytes_ratio }) => bytes_ratio ?? ratio ?? []));
}

/** The geometric mean, the least and the most of some positive numbers. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const logs = values.reduce((sum, value) => sum + Math.log(value), 0);
  return {
    mean: Math.exp(logs / values.length),
    least: Math.min(...values),
    most: Math.max(...values),
  };
}
