/**
 * The demo's own dataset.
 *
 * @module
 */

import { join } from "node:path";
import { SYNTHETIC_DOMAINS, writeSyntheticSet } from "../data/mod.ts";
import type { TrainingConfig } from "./config.ts";

const FOLDER = join("runs", "demo-data");

/** Makes the synthetic set if it is not there, and says what to learn from and what to score. */
export async function ensureDemoData(
  { sources, target }: TrainingConfig,
): Promise<Pick<TrainingConfig, "data" | "sources" | "target">> {
  await writeSyntheticSet(FOLDER, {
    onProgress(images, of) {
      if (images === 1) console.error(`drawing a synthetic set of ${of} images into ${FOLDER}`);
    },
  });
  const unseen = target === ""
    ? SYNTHETIC_DOMAINS.find((name) => !sources.includes(name)) ?? ""
    : target;
  const seen = sources.length > 0 ? sources : SYNTHETIC_DOMAINS.filter((name) => name !== unseen);
  return { data: FOLDER, sources: seen, target: unseen };
}
