/**
 * What a task may declare: its positionals and its options, each with its type.
 *
 * @module
 */

/** An option whose value is a `T`. */
export interface Option<T> {
  /** What `--help` says of it. */
  readonly help: string;
  /** What stands for the value in `--help`; without one it is a flag and takes no value. */
  readonly label?: string;
  /** Whether it must be typed. */
  readonly required?: boolean;
  /** What it is unless typed. */
  readonly default?: T;
  /** What `--help` says it is unless typed, where that depends. */
  readonly standing?: string;
  /** Completes "--name must be …". */
  readonly wanted: string;
  /** The value, or undefined if the word is not what is wanted. */
  readonly parse: (word: string) => T | undefined;
}

/** One or more words without a dash, which become a `T`. */
export interface Positional<T> {
  /** What `--help` says of it. */
  readonly help: string;
  /** What stands for it in `--help`. */
  readonly label: string;
  /** The fewest words. */
  readonly min: number;
  /** The most words. */
  readonly max: number;
  /** What the words become. */
  readonly collect: (words: string[]) => T;
}

/** What a task is called and what it takes. */
export interface Declaration<
  P extends Record<string, Positional<unknown>>,
  O extends Record<string, Option<unknown>>,
> {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** In the order in which they are typed. */
  readonly positionals?: P;
  /** Keyed in camelCase: `batchSize` is typed as `--batch-size`. */
  readonly options?: O;
}

/** Any text, such as a path. */
export function text<D extends string | undefined = undefined>(
  help: string,
  settings: { label: string; default?: D },
): Option<string | D> {
  return { help, ...settings, wanted: "some text", parse: (word) => word || undefined };
}

/** A number in decimal notation. */
export function number<D extends number | undefined = undefined>(
  help: string,
  settings: { label?: string; default?: D; min?: number; max?: number } = {},
): Option<number | D> {
  const { label = "X", min = -Infinity, max = Infinity } = settings;
  const fits = (value: number) => Number.isFinite(value) && value >= min && value <= max;
  return {
    help,
    label,
    default: settings.default,
    wanted: "a number" + limits(min, max),
    parse: (word) => fits(decimal(word)) ? decimal(word) : undefined,
  };
}

/** A whole number. */
export function integer<D extends number | undefined = undefined>(
  help: string,
  settings: { label?: string; default?: D; min?: number; max?: number } = {},
): Option<number | D> {
  const { label = "N", min = -Infinity, max = Infinity } = settings;
  const fits = (value: number) => Number.isSafeInteger(value) && value >= min && value <= max;
  return {
    help,
    label,
    default: settings.default,
    wanted: "a whole number" + limits(min, max),
    parse: (word) => fits(decimal(word)) ? decimal(word) : undefined,
  };
}

/** One word of a few. */
export function choice<
  const C extends readonly string[],
  D extends C[number] | undefined = undefined,
>(
  help: string,
  choices: C,
  settings: { label?: string; default?: D } = {},
): Option<C[number] | D> {
  return {
    help,
    label: choices.join("|"),
    ...settings,
    wanted: "one of " + choices.join(", "),
    parse: (word) => choices.find((candidate) => candidate === word),
  };
}

/** Words separated by commas. */
export function list<D extends readonly string[] | undefined = undefined>(
  help: string,
  settings: { label: string; default?: D },
): Option<readonly string[] | D> {
  const parse = (word: string) => {
    const items = word.split(",").map((item) => item.trim());
    return items.includes("") ? undefined : items;
  };
  return { help, ...settings, wanted: "words separated by commas", parse };
}

/** A switch: true if it is typed. */
export function flag(help: string): Option<boolean> {
  return { help, default: false, wanted: "alone", parse: () => true };
}

/** Makes an option one that must be typed. */
export function required<T>(option: Option<T | undefined>): Option<T> {
  return { ...option, required: true, default: undefined };
}

/** A word that must be there. */
export function argument(label: string, help: string): Positional<string> {
  return { label, help, min: 1, max: 1, collect: ([word]) => word };
}

/** A word that may be left out. */
export function optionalArgument(label: string, help: string): Positional<string | undefined> {
  return { label, help, min: 0, max: 1, collect: ([word]) => word };
}

/** One word or more; stands last. */
export function argumentList(label: string, help: string): Positional<string[]> {
  return { label, help, min: 1, max: Infinity, collect: (words) => words };
}

function decimal(word: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) ? Number(word) : NaN;
}

function limits(min: number, max: number): string {
  if (min === -Infinity && max === Infinity) return "";
  if (max === Infinity) return ` of at least ${min}`;
  if (min === -Infinity) return ` of at most ${max}`;
  return ` from ${min} to ${max}`;
}
