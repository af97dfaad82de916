/**
 * Training as a user runs it: on a small drawn set, interrupted, resumed, scored.
 */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { SYNTHETIC_DOMAINS, writeSyntheticSet } from "../data/mod.ts";
import { readScoreFile } from "../eval/mod.ts";

const [TARGET, ...SOURCES] = SYNTHETIC_DOMAINS;
/** The smallest networks on the smallest images: what is tested is everything around them. */
const TINY = [
  ...["--sources", SOURCES.join(), "--target", TARGET, "--image-size", "32"],
  ...["--channel-divisor", "32", "--batch-size", "2", "--steps", "6", "--checkpoint-every", "2"],
];

async function task(entry: string, args: readonly string[], permissions: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", ...permissions, entry, ...args],
    cwd: new URL("..", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

const READ_WRITE = ["--allow-read", "--allow-write"];

async function withDataset(body: (folder: string, data: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rfmeta-test-" });
  try {
    const data = join(folder, "data");
    await writeSyntheticSet(data, { seed: 1, subjects: 3, imageSize: 32 });
    await body(folder, data);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The SHA-256 of every file of a run that must be the same when the run is repeated. */
async function hashes(run: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = async (folder: string, prefix: string): Promise<void> => {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isDirectory) await visit(join(folder, entry.name), `${entry.name}/`);
      else if (entry.name !== "timing.jsonl") {
        const bytes = await Deno.readFile(join(folder, entry.name));
        found[prefix + entry.name] = new Uint8Array(
          await crypto.subtle.digest("SHA-256", bytes),
        ).toHex();
      }
    }
  };
  await visit(run, "");
  return found;
}

Deno.test("a run trains, scores, is repeated to the bit, stopped and resumed", async (t) => {
  await withDataset(async (folder, data) => {
    const straight = join(folder, "straight");
    const train = (out: string, ...more: string[]) =>
      task("meta/train.ts", ["--data", data, "--out", out, ...TINY, ...more], READ_WRITE);

    await t.step("training ends with a table, a result, scores and checkpoints", async () => {
      const { code, stdout, stderr } = await train(straight, "--threads", "2");
      equal(code, 0, stderr);
      match(stdout, /never seen in training[\s\S]*AUC/);
      const result = JSON.parse(await Deno.readTextFile(join(straight, "result.json")));
      for (const key of ["auc", "eer", "hter", "threshold", "n_live", "n_spoof"]) {
        ok(Number.isFinite(result[key]), key);
      }
      equal(result.threshold_policy, "target-eer");
      const scores = await readScoreFile(
        await Deno.readFile(join(straight, "Test_data.h5")),
        "Test_data.h5",
      );
      equal(scores.score.length, result.n_live + result.n_spoof);
      const lines = (await Deno.readTextFile(join(straight, "metrics.jsonl"))).trim().split("\n");
      deepEqual(lines.map((line) => JSON.parse(line).step), [1, 2, 3, 4, 5, 6]);
      ok(await Deno.stat(join(straight, "checkpoints", "step-000006.safetensors")));
    });

    await t.step("a finished run is left alone", async () => {
      const before = await hashes(straight);
      equal((await train(straight)).code, 2);
      const { code, stderr } = await train(straight, "--resume");
      equal(code, 0);
      match(stderr, /finished; nothing to do/);
      equal((await train(straight, "--resume", "--seed", "5")).code, 2);
      const strict = await train(straight, "--resume", "--deterministic", "strict");
      match(strict.stderr, /other settings \(--deterministic was fast, is strict\)/);
      deepEqual(await hashes(straight), before);
    });

    await t.step("a run that was cut off goes on to the same bits, on fewer threads", async () => {
      const cut = join(folder, "cut");
      await copyFolder(straight, cut);
      for (const file of ["result.json", "Test_data.h5", "checkpoints/step-000006.safetensors"]) {
        await Deno.remove(join(cut, file));
      }
      const damaged = join(cut, "checkpoints", "step-000004.safetensors");
      const bytes = await Deno.readFile(damaged);
      bytes[bytes.length - 5] ^= 1;
      await Deno.writeFile(damaged, bytes);
      const { code, stderr } = await train(cut, "--resume", "--threads", "1");
      equal(code, 0, stderr);
      match(stderr, /step-000004\.safetensors is passed over/);
      deepEqual(await hashes(cut), await hashes(straight));
    });

    await t.step(
      "one Ctrl-C that arrives twice saves, and the run goes on to the same bits",
      async () => {
        const out = join(folder, "stopped");
        const child = new Deno.Command("deno", {
          args: [
            ...["run", "--quiet", "--no-prompt", ...READ_WRITE, "meta/train.ts"],
            ...["--data", data, "--out", out, ...TINY],
          ],
          cwd: new URL("..", import.meta.url),
          stdout: "null",
          stderr: "piped",
        }).spawn();
        let stderr = "";
        for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
          if (!stderr.includes("step 1/6") && (stderr + text).includes("step 1/6")) {
            child.kill("SIGINT");
            child.kill("SIGINT");
          }
          stderr += text;
        }
        equal((await child.status).code, 130, stderr);
        match(stderr, /stopped after step \d, which is saved/);
        equal((await train(out, "--resume")).code, 0);
        const ofResult = async (run: string) => (await hashes(run))["result.json"];
        equal(await ofResult(out), await ofResult(straight));
      },
    );

    await t.step("eval and score agree with the scores of the run", async () => {
      const checkpoint = join(straight, "checkpoints", "step-000006.safetensors");
      const out = join(folder, "eval");
      const evaluated = await task(
        "eval/main.ts",
        ["--checkpoint", checkpoint, "--data", data, "--target", TARGET, "--out", out, "--json"],
        READ_WRITE,
      );
      equal(evaluated.code, 0, evaluated.stderr);
      const result = JSON.parse(await Deno.readTextFile(join(straight, "result.json")));
      equal(JSON.parse(evaluated.stdout).auc, result.auc);
      const { score, image } = await readScoreFile(
        await Deno.readFile(join(out, "Test_data.h5")),
        "Test_data.h5",
      );
      const first = join(data, TARGET, image![0]);
      const scored = await task("meta/score.ts", ["--checkpoint", checkpoint, first], [
        "--allow-read",
      ]);
      const line = JSON.parse(scored.stdout);
      equal(line.image, first);
      ok(Math.abs(line.score - score[0]) < 1e-6);
    });
  });
});

Deno.test("what cannot be trained on is refused before it starts", async () => {
  await withDataset(async (folder, data) => {
    const out = join(folder, "run");
    const list = join(data, SOURCES[0], "image_list_real.txt");
    await Deno.writeTextFile(list, "nowhere/missing.jpg 1\n", { append: true });
    const train = (...args: string[]) =>
      task("meta/train.ts", ["--data", data, "--out", out, ...args], READ_WRITE);
    const { code, stderr } = await train(...TINY);
    equal(code, 1);
    match(stderr, new RegExp(`${SOURCES[0]}.image_list_real\\.txt line \\d+.*missing\\.jpg`));
    equal((await train("--sources", "A")).code, 2);
    equal((await train(...TINY, "--target", SOURCES[0])).code, 2);
    equal((await train(...TINY, "--image-size", "33")).code, 2);
    match(
      (await train(...TINY, "--threads", "0")).stderr,
      /--threads must be a whole number from 1 to 256, got "0"/,
    );
    await Deno.stat(out).then(() => ok(false, "a run folder was made"), () => {});
  });
});

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    if (entry.isDirectory) await copyFolder(join(from, entry.name), join(to, entry.name));
    else await Deno.copyFile(join(from, entry.name), join(to, entry.name));
  }
}
