/**
 * `dataset.json`: what a synthetic set was drawn from, and what it holds.
 *
 * @module
 */

import { join } from "node:path";
import type { SyntheticSettings } from "./plan.ts";
import type { DomainReport } from "./report.ts";

/** What tells one synthetic set from another. */
export interface Description extends SyntheticSettings {
  readonly generator: number;
}

const MADE_BY = "rfmeta synth";

/** Goes up whenever the same settings give other pictures. */
const GENERATOR = 1;

export function datasetFile(folder: string): string {
  return join(folder, "dataset.json");
}

/** The text of a set's `dataset.json`. */
export function describeSet(
  { seed, subjects, imageSize }: SyntheticSettings,
  domains: readonly DomainReport[],
): string {
  const description = {
    made_by: MADE_BY,
    generator: GENERATOR,
    seed,
    subjects,
    image_size: imageSize,
    domains: Object.fromEntries(domains.map(({ name, ...counts }) => [name, counts])),
  };
  return JSON.stringify(description, null, 2) + "\n";
}

/** Reads a folder's `dataset.json`; undefined if there is none, or it is not a synthetic set's. */
export async function readDescription(folder: string): Promise<Description | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(datasetFile(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const read = parseObject(text);
  if (read.made_by !== MADE_BY) return undefined;
  return {
    generator: Number(read.generator),
    seed: Number(read.seed),
    subjects: Number(read.subjects),
    imageSize: Number(read.image_size),
  };
}

/** Whether a set is the one that these settings give today. */
export function sameSettings(found: Description, wanted: SyntheticSettings): boolean {
  return found.generator === GENERATOR && found.seed === wanted.seed &&
    found.subjects === wanted.subjects && found.imageSize === wanted.imageSize;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
