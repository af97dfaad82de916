/**
 * How every task reads its arguments and how it ends.
 *
 * A task declares its positionals and options once; {@linkcode run} turns the declaration into a
 * typed record, into `--help` and into exit codes: 0 done, 1 failed, 2 wrong usage, 130
 * interrupted. Data belongs on stdout, everything else on stderr.
 *
 * Arguments are taken apart by `node:util`'s `parseArgs`, which needs no permission.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { closestWord, helpText, spelling } from "./command_help.ts";
import type { Declaration, Option, Positional } from "./command_options.ts";

export * from "./command_options.ts";

/** The typed values that a record of declared options or positionals yields. */
export type Values<Declared> = {
  [Key in keyof Declared]: Declared[Key] extends Option<infer T> ? T
    : Declared[Key] extends Positional<infer T> ? T
    : never;
};

/** A declaration and the work to do with what it yields. */
export interface Command<
  P extends Record<string, Positional<unknown>>,
  O extends Record<string, Option<unknown>>,
> extends Declaration<P, O> {
  /** `given` names the options that were typed rather than left at their default. */
  readonly main: (
    values: Values<P> & Values<O>,
    given: ReadonlySet<keyof O>,
  ) => void | Promise<void>;
}

/** The command line cannot be obeyed; ends a task with 2. */
export class WrongUsage extends Error {
  override name = "WrongUsage";
}

/** The task did its work and what it checked does not hold; ends it with 1. */
export class CheckFailed extends Error {
  override name = "CheckFailed";
}

/** The user stopped the task, and it has put its things in order; ends it with 130. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/**
 * Reads the arguments, does the work, and ends the process with the right exit code if that fails.
 *
 * An expected failure prints its message alone; an engine's own error is a bug and shows its stack.
 *
 * @example
 * ```ts
 * import { deepEqual, equal } from "node:assert/strict";
 * import { argumentList, choice, flag, integer, run } from "./command_line.ts";
 *
 * await run({
 *   name: "greet",
 *   summary: "Greets people.",
 *   positionals: { names: argumentList("NAME", "whom to greet") },
 *   options: {
 *     times: integer("how often", { default: 1, min: 1 }),
 *     tone: choice("how it sounds", ["warm", "cool"], { default: "warm" }),
 *     json: flag("print JSON"),
 *   },
 *   main({ names, times, tone, json }, given) {
 *     deepEqual([names, times, tone, json], [["Ada"], 1, "cool", false]);
 *     equal(given.has("times"), false);
 *   },
 * }, ["Ada", "--tone", "cool"]);
 * ```
 */
export async function run<
  P extends Record<string, Positional<unknown>> = Record<never, never>,
  O extends Record<string, Option<unknown>> = Record<never, never>,
>(command: Command<P, O>, args: readonly string[] = Deno.args): Promise<void> {
  try {
    if (asksForHelp(args)) {
      console.log(helpText(command));
      return;
    }
    const { values, given } = parseCommandLine(command, args);
    await command.main(values, given);
  } catch (error) {
    const { code, message } = ending(error, command.name);
    if (message !== "") console.error(message);
    Deno.exit(code);
  }
}

/**
 * Reads a command line without running anything.
 *
 * @throws {WrongUsage} if it does not fit the declaration.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { integer, list, parseCommandLine } from "./command_line.ts";
 *
 * const train = {
 *   name: "train",
 *   summary: "Trains the networks.",
 *   options: {
 *     batchSize: integer("images per batch", { default: 20, min: 1 }),
 *     sources: list("domains to learn from", { label: "A,B,C" }),
 *   },
 * };
 * const { values, given } = parseCommandLine(train, ["--sources", "OULU,MSU"]);
 * deepEqual(values, { batchSize: 20, sources: ["OULU", "MSU"] });
 * deepEqual([...given], ["sources"]);
 * ```
 */
export function parseCommandLine<
  P extends Record<string, Positional<unknown>>,
  O extends Record<string, Option<unknown>>,
>(
  { positionals, options }: Declaration<P, O>,
  args: readonly string[],
): { values: Values<P> & Values<O>; given: ReadonlySet<keyof O> } {
  const { words, typed } = splitArguments(args, options ?? {});
  const values = { ...readOptions(options ?? {}, typed), ...collect(positionals ?? {}, words) };
  // The two readers fill exactly the declared keys with what each declaration parses to.
  return { values: values as Values<P> & Values<O>, given: new Set(Object.keys(typed)) };
}

/** Words without a dash in their order, and the last value typed for each option. */
function splitArguments(
  args: readonly string[],
  options: Record<string, Option<unknown>>,
): { words: string[]; typed: Record<string, string> } {
  const keys = new Map(Object.keys(options).map((key) => [spelling(key), key]));
  const types = Object.entries(options).map(([key, { label }]) => [
    spelling(key).slice("--".length),
    { type: label === undefined ? "boolean" : "string" } as const,
  ]);
  // Not strict, so that `--threshold -0.5` is allowed and the messages are ours.
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(types),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const words: string[] = [];
  const typed: Record<string, string> = {};
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const key = keys.get(token.rawName);
    if (key === undefined) throw new WrongUsage(unknownOption(token.rawName, [...keys.keys()]));
    typed[key] = optionWord(token, options[key]);
  }
  return { words, typed };
}

function optionWord(
  { rawName, value, inlineValue }: { rawName: string; value?: string; inlineValue?: boolean },
  { label }: Option<unknown>,
): string {
  if (label === undefined) {
    if (inlineValue) throw new WrongUsage(`${rawName} takes no value, got "${value}"`);
    return "";
  }
  if (value === undefined || (!inlineValue && value.startsWith("--"))) {
    throw new WrongUsage(`${rawName} ${label}: the value is missing`);
  }
  return value;
}

function unknownOption(typed: string, known: string[]): string {
  const guess = closestWord(typed, known);
  const hint = guess === undefined ? "" : `, did you mean ${guess}?`;
  return `there is no option ${typed}${hint}`;
}

function readOptions(
  options: Record<string, Option<unknown>>,
  typed: Record<string, string>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) {
    if (!Object.hasOwn(typed, key)) {
      if (option.required) throw new WrongUsage(`${spelling(key)} ${option.label} is missing`);
      values[key] = option.default;
      continue;
    }
    values[key] = option.parse(typed[key]);
    if (values[key] === undefined) {
      throw new WrongUsage(`${spelling(key)} must be ${option.wanted}, got "${typed[key]}"`);
    }
  }
  return values;
}

function collect(
  positionals: Record<string, Positional<unknown>>,
  words: readonly string[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  let used = 0;
  for (const [key, { label, help, min, max, collect }] of Object.entries(positionals)) {
    const mine = words.slice(used, used + max);
    if (mine.length < min) throw new WrongUsage(`${label} is missing: ${help}`);
    values[key] = collect(mine);
    used += mine.length;
  }
  if (used < words.length) throw new WrongUsage(`unexpected argument "${words[used]}"`);
  return values;
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

function ending(error: unknown, name: string): { code: number; message: string } {
  // The reader of our output, such as `head`, has seen enough.
  if (error instanceof Deno.errors.BrokenPipe) return { code: 0, message: "" };
  if (!(error instanceof Error) || isBug(error)) {
    return { code: 1, message: Deno.inspect(error, { colors: false }) };
  }
  if (error instanceof WrongUsage) {
    const hint = `run with --help to see what ${name} takes`;
    return { code: 2, message: `error: ${error.message}\n${hint}` };
  }
  if (error instanceof CheckFailed) return { code: 1, message: `check failed: ${error.message}` };
  if (error instanceof Interrupted) return { code: 130, message: error.message };
  return { code: 1, message: `error: ${error.message}` };
}

/**
 * Errors of ours read `Cannot do this: reason`. One without that form, of a class that the engine
 * throws by itself, is a mistake in the code, and only its stack helps.
 */
function isBug(error: Error): boolean {
  const thrownByEngine = error instanceof TypeError || error instanceof RangeError ||
    error instanceof ReferenceError || error instanceof SyntaxError;
  return thrownByEngine && !/^Cannot .+: /s.test(error.message);
}
