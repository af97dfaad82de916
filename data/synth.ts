/**
 * `deno task synth OUT`: draws the synthetic dataset.
 *
 * @module
 */

import { join } from "node:path";
import { argument, integer, Interrupted, run, WrongUsage } from "../meta/command_line.ts";
import { SYNTHETIC_DEFAULTS } from "./synth/plan.ts";
import type { DomainReport } from "./synth/report.ts";
import { type SyntheticSetOptions, writeSyntheticSet } from "./synth/write.ts";

if (import.meta.main) {
  await run({
    name: "synth",
    summary: "Draws four domains of faces, live and on prints and screens, as a dataset to " +
      "train on.\nThe same options give the same files. Prints the domains' folders.",
    positionals: { out: argument("OUT", "folder to make; new, empty, or holding the same set") },
    options: {
      seed: integer("what faces are drawn", { default: SYNTHETIC_DEFAULTS.seed, min: 0 }),
      subjects: integer("people in each domain; one in five is held out for the split dev", {
        default: SYNTHETIC_DEFAULTS.subjects,
        min: 2,
      }),
      imageSize: integer("width and height of the crops, a multiple of 8", {
        default: SYNTHETIC_DEFAULTS.imageSize,
        min: 32,
        max: 512,
      }),
    },
    async main({ out, ...settings }) {
      if (settings.imageSize % 8 !== 0) {
        throw new WrongUsage(`--image-size must be a multiple of 8, got "${settings.imageSize}"`);
      }
      const { written, domains, notes } = await drawUntilInterrupted(out, settings);
      console.error(written ? `drawn into ${out}:` : `${out} holds this set already:`);
      for (const domain of domains) console.error(describe(domain));
      for (const note of notes) console.error(`note: ${note}`);
      for (const { name } of domains) console.log(join(out, name));
    },
  });
}

async function drawUntilInterrupted(out: string, settings: SyntheticSetOptions) {
  const stop = new AbortController();
  const interrupt = () =>
    stop.abort(new Interrupted(`interrupted; what was begun in ${out} has been removed`));
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    return await writeSyntheticSet(out, { ...settings, signal: stop.signal, onProgress });
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}

function onProgress(images: number, of: number): void {
  if (!Deno.stderr.isTerminal()) return;
  const line = `\r${images} of ${of} images${images === of ? "\n" : ""}`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

function describe({ name, images, subjects }: DomainReport): string {
  const spoofs = images.print + images.replay;
  return `  ${name.padEnd(8)}${images.live} live, ${spoofs} spoof ` +
    `(${images.print} print, ${images.replay} replay); ` +
    `${subjects.train} subjects in train, ${subjects.dev} in dev`;
}
