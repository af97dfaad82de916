/**
 * `deno task metrics`: the figures of score files.
 *
 * @module
 */

import { parseCsv } from "../data/csv.ts";
import { argumentList, flag, number, run, WrongUsage } from "../meta/command_line.ts";
import { readFile, readText } from "../meta/run/read_file.ts";
import {
  formatSummary,
  readScoreFile,
  type ScoreSummary,
  type ScoreTable,
  scoreTableFromRecords,
  summarizeScores,
  type ThresholdPolicy,
} from "./mod.ts";

await run({
  name: "metrics",
  summary: "Computes AUC, EER and HTER from the scores of live and spoof images.",
  positionals: {
    files: argumentList(
      "FILE",
      "scores, .h5 (datasets score and label) or .csv (columns score and label); " +
        "label 1 is live, a higher score is more live",
    ),
  },
  options: {
    threshold: number(
      "accept a score of at least T (default: where FAR and FRR of each file differ least)",
      { label: "T" },
    ),
    json: flag("print one JSON object a file"),
  },
  async main({ files, threshold, json }) {
    for (const file of files) checkEnding(file);
    const policy: ThresholdPolicy = threshold === undefined
      ? { name: "target-eer" }
      : { name: "fixed", threshold };
    for (const [index, file] of files.entries()) {
      const summary = summarize(await readScores(file), policy, file);
      if (json) console.log(JSON.stringify({ file, ...summary }));
      else console.log(`${index > 0 ? "\n" : ""}${file}\n${formatSummary(summary)}`);
    }
  },
});

function checkEnding(file: string): void {
  if (!/\.(h5|hdf5|csv)$/i.test(file)) {
    throw new WrongUsage(`FILE must end in .h5, .hdf5 or .csv, got "${file}"`);
  }
}

async function readScores(file: string): Promise<ScoreTable> {
  if (!/\.csv$/i.test(file)) return await readScoreFile(await readFile(file), file);
  return scoreTableFromRecords(parseCsv(await readText(file), file), file);
}

function summarize(table: ScoreTable, policy: ThresholdPolicy, file: string): ScoreSummary {
  try {
    return summarizeScores(table.label, table.score, policy);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Error(`Cannot measure ${file}: ${error.message}`, { cause: error });
  }
}
