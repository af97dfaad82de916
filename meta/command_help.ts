/**
 * What a task says about how it is used: `--help`, and guesses at what was meant.
 *
 * @module
 */

import type { Declaration, Option, Positional } from "./command_options.ts";

const WIDTH = 80;
const WIDEST_NAME = 28;

/** What `--help` prints. */
export function helpText(
  { name, summary, positionals = {}, options = {} }: Declaration<
    Record<string, Positional<unknown>>,
    Record<string, Option<unknown>>
  >,
): string {
  const usage = ["Usage: deno task", name, ...Object.values(positionals).map(shape), "[options]"];
  const rows = [
    ...Object.values(positionals).map(({ label, help }) => [label, help]),
    ...Object.entries(options).map(([key, option]) => [
      option.label === undefined ? spelling(key) : `${spelling(key)} ${option.label}`,
      option.help + note(option),
    ]),
    ["--help", "print this help"],
  ];
  const widths = rows.map(([name]) => name.length).filter((width) => width <= WIDEST_NAME);
  const indent = 2 + Math.max(...widths) + 2;
  return [
    usage.join(" "),
    "",
    ...summary.split("\n").flatMap((line) => wrapped("", line, 0)),
    "",
    ...rows.flatMap(([name, help]) => row(name, help, indent)),
  ].join("\n");
}

/** How an option's key is typed: `batchSize` as `--batch-size`. */
export function spelling(key: string): string {
  return "--" + key.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
}

/** The one of `words` that `typed` begins, or that is at most two slips of a key away. */
export function closestWord(typed: string, words: readonly string[]): string | undefined {
  const begun = words.find((word) => word.startsWith(typed));
  if (begun !== undefined) return begun;
  const distances = words.map((word) => editDistance(typed, word));
  const least = Math.min(...distances);
  return least <= 2 ? words[distances.indexOf(least)] : undefined;
}

function shape({ label, min, max }: Positional<unknown>): string {
  const word = max > 1 ? `${label}...` : label;
  return min === 0 ? `[${word}]` : word;
}

function note(option: Option<unknown>): string {
  if (option.required) return " (required)";
  const { label, standing = String(option.default ?? "") } = option;
  return label === undefined || standing === "" ? "" : ` (default: ${standing})`;
}

/** A name and its help, wrapped; a name too long for its column has a line to itself. */
function row(name: string, help: string, indent: number): string[] {
  const start = "  " + name;
  return start.length + 2 > indent
    ? [start, ...wrapped("", help, indent)]
    : wrapped(start, help, indent);
}

/** Words after a start, in lines that begin at the indent. */
function wrapped(start: string, words: string, indent: number): string[] {
  const lines: string[] = [];
  let line = start.padEnd(indent);
  for (const word of words.split(" ")) {
    const separator = line.length === indent ? "" : " ";
    if (separator !== "" && line.length + separator.length + word.length > WIDTH) {
      lines.push(line);
      line = " ".repeat(indent) + word;
    } else {
      line += separator + word;
    }
  }
  return [...lines, line];
}

/** Levenshtein's distance: how many letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(replaced, above[j] + 1, current[j - 1] + 1);
    }
    above = current;
  }
  return above[b.length];
}
