/**
 * `deno task metrics`: the figures of score files.
 *
 * @module
 */

import { parseCsv } from "../data/csv.ts";
import { argumentList, flag, number, run, WrongUsage } from "../meta/command_line.ts";
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
  const bytes = await readBytes(file);
  if (!/\.csv$/i.test(file)) return await readScoreFile(bytes, file);
  return scoreTableFromRecords(parseCsv(decode(bytes, file), file), file);
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Cannot read ${file}: there is no such file`, { cause: error });
  }
}

/** The text of a file, without the byte order mark that spreadsheets put in front. */
function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Error(`Cannot read ${file}: it is not UTF-8 text`, { cause: error });
  }
}

function summarize(table: ScoreTable, policy: ThresholdPolicy, file: string): ScoreSummary {
  try {
    return summarizeScores(table.label, table.score, policy);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Error(`Cannot measure ${file}: ${error.message}`, { cause: error });
  }
}
