/**
 * Config files: TOML whose keys are spelled as on the command line, without the dashes.
 *
 * @module
 */

import { parse, stringify, TomlError } from "npm:smol-toml@1.9.1";
import { closestWord, spelling } from "./command_help.ts";
import type { Option } from "./command_options.ts";
import { type SettingName, SETTINGS, type TrainingConfig } from "./config.ts";

const NAMES = Object.keys(SETTINGS) as SettingName[];

/**
 * Reads the settings that a config file gives.
 *
 * @throws {Error} that names the file and, where there is one, the key, if it is no TOML, has an
 * unknown key, or a value that the setting does not take.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { parseConfig } from "./config_file.ts";
 *
 * deepEqual(parseConfig('sources = ["A", "B"]\nbatch-size = 4', "run.toml"), {
 *   sources: ["A", "B"],
 *   batchSize: 4,
 * });
 * ```
 */
export function parseConfig(toml: string, name: string): Partial<TrainingConfig> {
  const entries = Object.entries(table(toml, name)).map(([key, value]) => {
    const setting = NAMES.find((known) => keyOf(known) === key);
    if (setting === undefined) {
      const close = closestWord(key, NAMES.map(keyOf));
      throw new Error(
        `Cannot read ${name}: there is no setting "${key}"` +
          (close === undefined
            ? "; deno task train --help lists them"
            : `; did you mean "${close}"?`),
      );
    }
    return [setting, read(SETTINGS[setting], key, value, name)];
  });
  return Object.fromEntries(entries);
}

/** Writes settings as a config file. */
export function formatConfig(config: TrainingConfig): string {
  return stringify(
    Object.fromEntries(NAMES.map((setting) => [keyOf(setting), config[setting]])),
  );
}

function table(toml: string, name: string): Record<string, unknown> {
  try {
    return parse(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n")[0].replace(/^Invalid TOML document: /, "");
    throw new Error(`Cannot read ${name} line ${error.line}: ${reason}`, { cause: error });
  }
}

function read(setting: Option<unknown>, key: string, value: unknown, name: string): unknown {
  const standing = setting.default;
  const isOfType = Array.isArray(standing)
    ? Array.isArray(value) && value.every((item) => typeof item === "string" && !item.includes(","))
    : typeof value === typeof standing;
  const word = String(value);
  const parsed = word === String(standing) ? standing : setting.parse(word);
  if (parsed === undefined || !isOfType) {
    const wanted = Array.isArray(standing) ? 'a list such as ["A", "B"]' : setting.wanted;
    throw new Error(
      `Cannot read ${name}: ${key} must be ${wanted}, got ${JSON.stringify(value)}`,
    );
  }
  return parsed;
}

function keyOf(setting: SettingName): string {
  return spelling(setting).slice("--".length);
}
