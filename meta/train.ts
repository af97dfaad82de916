/**
 * `deno task train`: trains the three networks on some domains and scores another.
 *
 * @module
 */

import { checkDataset, listDomains, openDataRoot } from "../data/mod.ts";
import { formatSummary, type ScoreSummary } from "../eval/mod.ts";
import { init } from "../tensor/mod.ts";
import { spelling } from "./command_help.ts";
import { CheckFailed, choice, flag, Interrupted, run, text, WrongUsage } from "./command_line.ts";
import { configFlaw, override, type SettingName, SETTINGS, type TrainingConfig } from "./config.ts";
import { parseConfig } from "./config_file.ts";
import { THREADS } from "./device_options.ts";
import { ensureDemoData } from "./demo_data.ts";
import { type PresetName, PRESETS } from "./presets.ts";
import { progress } from "./progress.ts";
import { readText } from "./run/read_file.ts";
import type { RunResult } from "./run/result.ts";
import { RunFolder } from "./run/run_folder.ts";
import { train } from "./trainer.ts";

const LOSS_NAMES: Record<string, string> = {
  cls_train: "classification, meta-train",
  cls_test: "classification, meta-test",
  dep_train_ave: "depth, meta-train",
  dep_test: "depth, meta-test",
};

await run({
  name: "train",
  summary:
    "Trains RFMetaFAS on source domains and scores a target domain. Without arguments: on a " +
    "synthetic set that it makes, within minutes.",
  options: {
    preset: choice("where settings come from that are not given", ["faithful", "small", "demo"], {
      default: "demo",
    }),
    config: text("a TOML file of settings; keys as the options here, without dashes", {
      label: "FILE.toml",
    }),
    out: text("folder of the run", { label: "DIR", default: "runs/demo" }),
    resume: flag("go on from the newest sound checkpoint in --out"),
    check: flag("read every image's header and stop"),
    threads: THREADS,
    ...settingsWithPresets(),
  },
  async main(values, given) {
    const config = await resolve(values, given);
    const flaw = configFlaw(config);
    if (flaw !== undefined) throw new WrongUsage(flaw);
    if (values.check) return await checkData(config);
    const folder = new RunFolder(values.out);
    if (await isNothingToDo(folder, config, values.resume)) return;
    await checkData(config);
    await init(config.device, { threads: values.threads, deterministic: config.deterministic });
    using watch = progress(stopOnInterrupt());
    const end = await train(config, folder, watch).catch(async (error) => {
      const newest = await folder.newestCheckpointFile();
      if (newest !== undefined) watch.note(`${newest} stands; --resume goes on from there`);
      throw error;
    });
    if ("stoppedAfter" in end) {
      throw new Interrupted(
        `stopped after step ${end.stoppedAfter}, which is saved in ${values.out}; ` +
          `the same command with --resume goes on from there`,
      );
    }
    report(end.result, values.out);
  },
});

/** The settings, with the values of the presets where these differ. */
function settingsWithPresets(): typeof SETTINGS {
  const { faithful, small, demo } = PRESETS;
  const entries = Object.entries(SETTINGS).map(([key, setting]) => {
    const [f, s, d] = [faithful, small, demo].map((preset) => preset[key as SettingName]);
    const differ = f !== s || f !== d;
    return [key, differ ? { ...setting, standing: `${d}; small ${s}, faithful ${f}` } : setting];
  });
  return Object.fromEntries(entries);
}

type GivenValues = TrainingConfig & { readonly preset: PresetName; readonly config?: string };

/** Settings from the preset, then the config file, then the command line, then the demo's data. */
async function resolve(
  values: GivenValues,
  given: ReadonlySet<string>,
): Promise<TrainingConfig> {
  const fromFile = values.config === undefined
    ? {}
    : parseConfig(await readText(values.config), values.config);
  const names = Object.keys(SETTINGS) as SettingName[];
  const typed = names.filter((name) => given.has(name)).map((name) => [name, values[name]]);
  const layers: Partial<TrainingConfig>[] = [fromFile, Object.fromEntries(typed)];
  const config = layers.reduce<TrainingConfig>(override, PRESETS[values.preset]);
  if (config.data === "") return { ...config, ...await ensureDemoData(config) };
  if (config.sources.length === 0) {
    const domains = await listDomains(await openDataRoot(config.data));
    throw new WrongUsage(
      `--sources A,B,… is missing; domains in ${config.data}: ${domains.join(", ") || "none"}`,
    );
  }
  return config;
}

/** Reads every header, so that a bad file is named now and not after an hour. */
async function checkData(config: TrainingConfig): Promise<void> {
  const { images, problems, problemCount, warnings } = await checkDataset(config.data, {
    train: config.sources,
    score: config.target === "" ? [] : [config.target],
    imageSize: config.imageSize,
  });
  for (const warning of warnings) console.error(`note: ${warning}`);
  for (const problem of problems) console.error(problem);
  if (problemCount > 0) {
    throw new CheckFailed(
      `the data have ${problemCount} ${problemCount === 1 ? "problem" : "problems"}`,
    );
  }
  console.error(`${images} images checked in ${config.data}`);
}

/** Whether the folder's run is finished; refuses a folder that this run must not touch. */
async function isNothingToDo(
  folder: RunFolder,
  config: TrainingConfig,
  resume: boolean,
): Promise<boolean> {
  const before = await folder.config();
  if (before === undefined) return false;
  if (!resume) {
    throw new WrongUsage(
      `${folder.path} holds a run already; add --resume to go on with it, or name another folder ` +
        `with --out DIR`,
    );
  }
  const names = Object.keys(SETTINGS) as SettingName[];
  const changed = names.filter((name) => String(before[name]) !== String(config[name]));
  if (changed.length > 0) {
    const list = changed.map((name) => `${spelling(name)} was ${before[name]}, is ${config[name]}`);
    throw new WrongUsage(
      `${folder.path} holds a run with other settings (${list.join("; ")}); ` +
        `give the same command to resume it, or name another folder with --out DIR`,
    );
  }
  const finished = await folder.isFinished();
  if (finished) console.error(`${folder.path} holds this run, finished; nothing to do`);
  return finished;
}

/** `deno task` passes on the Ctrl-C that the terminal has sent us too: one press, two signals. */
const ONE_PRESS_MS = 500;

/** Makes the first Ctrl-C a request to save and stop; a second one ends the process. */
function stopOnInterrupt(): () => boolean {
  let askedAt: number | undefined;
  Deno.addSignalListener("SIGINT", () => {
    if (askedAt === undefined) {
      askedAt = performance.now();
      console.error("\nstopping after this step; Ctrl-C again ends at once");
    } else if (performance.now() - askedAt > ONE_PRESS_MS) {
      Deno.exit(130);
    }
  });
  return () => askedAt !== undefined;
}

function isScored(result: RunResult): result is RunResult & ScoreSummary {
  return result.auc !== undefined;
}

function report(result: RunResult, out: string): void {
  const { losses, loss_window, target, sources, steps } = result;
  const rows = Object.entries(LOSS_NAMES).filter(([loss]) => loss in losses).map(([loss, name]) => {
    const { before, after } = losses[loss];
    return `${name.padEnd(28)} ${before.toFixed(4).padStart(9)} ${after.toFixed(4).padStart(9)}`;
  });
  console.log([
    `${result.method} on ${sources.join(", ")}: ${steps} steps, seed ${result.seed}`,
    "",
    `${`loss, mean of ${loss_window} steps`.padEnd(28)} ${"before".padStart(9)} ${
      "after".padStart(9)
    }`,
    ...rows,
  ].join("\n"));
  if (isScored(result)) {
    console.log(`\n${target}, never seen in training\n${formatSummary(result)}`);
  }
  const scores = isScored(result) ? "Test_data.h5, " : "";
  console.log(`\neverything is in ${out}: result.json, ${scores}metrics.jsonl, checkpoints/`);
}
