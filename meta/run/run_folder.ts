/**
 * The folder of a run, and every file in it.
 *
 * ```
 * config.toml      the resolved settings; feed it to --config
 * metrics.jsonl    a line a step
 * loss_log.txt     the same as the published code writes it
 * timing.jsonl     seconds a step; the only file that differs when a run is repeated
 * checkpoints/     step-000060.safetensors …
 * Test_data.h5     the scores of the target domain
 * result.json      what came out; there once the run is finished
 * ```
 *
 * @module
 */

import { join } from "node:path";
import { type ScoreTable, writeScoreFile } from "../../eval/mod.ts";
import { DEFAULTS, type TrainingConfig } from "../config.ts";
import { formatConfig, parseConfig } from "../config_file.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { LOSS_LOG_HEAD, lossLogLine, parseMetrics, type StepMetrics } from "./log.ts";
import { readFile } from "./read_file.ts";
import { checkpointName, type RunResult } from "./result.ts";
import { appendText, makeFolder, reasonOf, writeWhole } from "./write_whole.ts";

/** What went wrong with a checkpoint that was passed over. */
export interface SkippedCheckpoint {
  readonly file: string;
  readonly reason: string;
}

/** A run's folder. */
export class RunFolder {
  constructor(readonly path: string) {}

  /** The path of a file in the folder. */
  file(name: string): string {
    return join(this.path, name);
  }

  /**
   * Makes the folder for a new run and writes its settings.
   *
   * @throws {Error} if checkpoints are there: whose they are nobody could tell.
   */
  async begin(config: TrainingConfig): Promise<void> {
    if ((await this.#checkpointNames()).length > 0) {
      throw new Error(
        `Cannot begin a run in ${this.path}: it holds checkpoints but no config.toml that says ` +
          `what they are of; name another folder with --out DIR`,
      );
    }
    await makeFolder(this.path);
    await writeWhole(this.file("config.toml"), formatConfig(config));
    await this.rewriteLogs([], config.logEvery);
  }

  /** The settings of the run that the folder holds; undefined if it holds none. */
  async config(): Promise<TrainingConfig | undefined> {
    const file = this.file("config.toml");
    const toml = await readIfThere(file);
    return toml === undefined ? undefined : { ...DEFAULTS, ...parseConfig(toml, file) };
  }

  /** Whether the run has come to its end. */
  async isFinished(): Promise<boolean> {
    return await readIfThere(this.file("result.json")) !== undefined;
  }

  /** Adds a step to the logs. */
  async log(metrics: StepMetrics, seconds: number, logEvery: number): Promise<void> {
    await appendText(this.file("metrics.jsonl"), JSON.stringify(metrics) + "\n");
    if (metrics.iteration % logEvery === 0) {
      await appendText(this.file("loss_log.txt"), lossLogLine(metrics));
    }
    const timing = JSON.stringify({ step: metrics.step, seconds });
    await appendText(this.file("timing.jsonl"), timing + "\n");
  }

  /** The logged metrics, from the first step to the last that is soundly logged. */
  async metrics(): Promise<StepMetrics[]> {
    return parseMetrics(await readIfThere(this.file("metrics.jsonl")) ?? "");
  }

  /** Writes the logs anew with these steps alone. */
  async rewriteLogs(metrics: readonly StepMetrics[], logEvery: number): Promise<void> {
    const lines = metrics.map((entry) => JSON.stringify(entry) + "\n");
    const logged = metrics.filter(({ iteration }) => iteration % logEvery === 0);
    const timing = (await readIfThere(this.file("timing.jsonl")) ?? "").split("\n");
    const timed = timing.slice(0, Math.min(metrics.length, timing.length - 1));
    await writeWhole(this.file("metrics.jsonl"), lines.join(""));
    await writeWhole(
      this.file("loss_log.txt"),
      LOSS_LOG_HEAD + logged.map(lossLogLine).join(""),
    );
    await writeWhole(this.file("timing.jsonl"), timed.map((line) => line + "\n").join(""));
  }

  /** Writes a checkpoint, then removes the others but for the newest `keep` (0: all) and the best. */
  async saveCheckpoint(checkpoint: Checkpoint, keep: number, best?: string): Promise<void> {
    await makeFolder(this.file("checkpoints"));
    const file = this.#checkpointFile(checkpointName(checkpoint.step));
    await writeWhole(file, await encodeCheckpoint(checkpoint));
    if (keep === 0) return;
    // Later ones are those that were passed over; they are nobody's reason to remove a sound one.
    const names = (await this.#checkpointNames()).filter((name) => stepOf(name) <= checkpoint.step);
    const old = names.slice(0, -keep).filter((name) => name !== best);
    for (const name of old) await Deno.remove(this.#checkpointFile(name));
  }

  /** Writes the scores of the target. */
  async saveScores(scores: ScoreTable): Promise<void> {
    await writeWhole(this.file("Test_data.h5"), await writeScoreFile(scores));
  }

  /** Writes the result, which marks the run as finished. */
  async finish(result: RunResult): Promise<void> {
    await writeWhole(this.file("result.json"), JSON.stringify(result, null, 2) + "\n");
  }

  /** The newest checkpoint's file, whether or not it is sound. */
  async newestCheckpointFile(): Promise<string | undefined> {
    const newest = (await this.#checkpointNames()).at(-1);
    return newest === undefined ? undefined : this.#checkpointFile(newest);
  }

  /**
   * Reads the newest checkpoint that is sound and whose steps are all logged, and says what is wrong
   * with newer ones.
   */
  async newestCheckpoint(loggedSteps: number): Promise<
    { checkpoint: Checkpoint | undefined; skipped: SkippedCheckpoint[] }
  > {
    const skipped: SkippedCheckpoint[] = [];
    for (const name of (await this.#checkpointNames()).reverse()) {
      const file = this.#checkpointFile(name);
      try {
        const checkpoint = await decodeCheckpoint(await readFile(file), file);
        if (checkpoint.step <= loggedSteps) return { checkpoint, skipped };
        skipped.push({ file, reason: `metrics.jsonl is sound up to step ${loggedSteps} only` });
      } catch (error) {
        skipped.push({ file, reason: reasonOf(error) });
      }
    }
    return { checkpoint: undefined, skipped };
  }

  #checkpointFile(name: string): string {
    return join(this.path, "checkpoints", `${name}.safetensors`);
  }

  async #checkpointNames(): Promise<string[]> {
    const names = (await filesIn(this.file("checkpoints")))
      .map((file) => file.match(/^(step-\d{6,})\.safetensors$/)?.[1])
      .filter((name) => name !== undefined);
    return names.sort((a, b) => stepOf(a) - stepOf(b));
  }
}

function stepOf(name: string): number {
  return Number(name.slice("step-".length));
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new Error(`Cannot read ${folder}: ${reasonOf(error)}`, { cause: error });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`Cannot read ${file}: ${reasonOf(error)}`, { cause: error });
  }
}
