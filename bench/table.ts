/**
 * `deno run --allow-read bench/table.ts FILE`: prints a kept run as a Markdown table.
 *
 * @module
 */

import { argument, list, run } from "../meta/command_line.ts";
import { readText } from "../meta/run/read_file.ts";
import { markdownTable } from "./markdown.ts";
import { parseResult } from "./result_file.ts";

await run({
  name: "bench/table.ts",
  summary: "Prints a run that bench --save has written as a Markdown table.",
  positionals: { file: argument("FILE", "such as bench/results/2026-01-31.json") },
  options: {
    modes: list("modes to show", { label: "A,B", default: ["plain", "revectorize"] }),
  },
  async main({ file, modes }) {
    const result = parseResult(await readText(file), file);
    const rows = result.rows.filter(({ mode }) => modes.includes(mode));
    console.log(markdownTable({ ...result, rows }));
  },
});
