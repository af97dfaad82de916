/**
 * `deno task bench`: measures kernels and the training step, by turns with peers if asked.
 *
 * Everything measured runs in a process of its own; this one only asks and writes down.
 *
 * @module
 */

import { dirname } from "node:path";
import {
  CheckFailed,
  choice,
  flag,
  integer,
  list,
  number,
  run,
  text,
  WrongUsage,
} from "../meta/command_line.ts";
import { makeFolder, writeWhole } from "../meta/run/write_whole.ts";
import { DEVICE_NAMES } from "../tensor/mod.ts";
import { CASES } from "./cases.ts";
import { GROUPS, usualGroups } from "./case.ts";
import { familiesOf, peersOf, ratiosTo, shapeCount } from "./families.ts";
import { Lineup } from "./lineup.ts";
import { measureMachinePeak } from "./machine_peak.ts";
import { Measurer } from "./measure.ts";
import { withNamedPeers } from "./peer_flag.ts";
import { planLines } from "./plans.ts";
import { PEERS, type Setting } from "./programs.ts";
import { deviceOf, peakLine, Report } from "./report.ts";
import { type BenchResult, machineInWords } from "./result_file.ts";
import { showRoofline } from "./roofline/mod.ts";
import type { Row } from "./row.ts";

const MODES = ["plain", "revectorize"] as const;
/** For an example. */
const IMAGINED_GPU = { gflops: 20000, gbps: 500 };
const FASTEST = DEVICE_NAMES.find((name: string) => name === "wasm") ?? "js";

await run({
  name: "bench",
  summary: "Measures kernels and the training step; times are medians of warm runs.",
  options: {
    only: list("groups to measure; all that suit the device unless told", {
      label: GROUPS.join(","),
    }),
    peers: list(
      `whom to measure by turns with us, of ${PEERS.join(",")}; "--peers" alone is torch, or on ` +
        `webgpu all that compute there`,
      { label: "A,B", default: [] as readonly string[] },
    ),
    device: choice("where to compute", DEVICE_NAMES, { default: FASTEST }),
    threads: list("threads to compute with, such as 1,2; all cores unless told", { label: "N,N" }),
    modes: list(
      `V8's ways to compile vectors, of ${MODES.join(",")}; every deno task uses revectorize`,
      { label: "A,B", default: ["revectorize"] },
    ),
    runs: integer("counted samples of each case", { default: 9, min: 1 }),
    seconds: number("skip what takes longer than this a run; samples after the third fit into it", {
      default: 20,
      min: 0,
    }),
    json: text("write the rows to this file too", { label: "FILE" }),
    save: text("write a whole result for bench/table.ts to this file", { label: "FILE" }),
    list: flag("print the cases and stop"),
    plans: flag("print by which way wasm computes each convolution, and stop"),
    roofline: flag("print the least time that a GPU takes for the paper's step, and stop"),
    gflops: gpuNumber("what the GPU computes in float32", IMAGINED_GPU.gflops),
    gbps: gpuNumber("what its memory moves", IMAGINED_GPU.gbps),
  },
  async main(
    {
      only,
      peers,
      device,
      threads,
      modes,
      runs,
      seconds,
      json,
      save,
      list,
      plans,
      roofline,
      gflops,
      gbps,
    },
  ) {
    if (roofline) {
      return await showRoofline({
        gflops: gflops ?? IMAGINED_GPU.gflops,
        gbps: gbps ?? IMAGINED_GPU.gbps,
      }, json);
    }
    const groups = (only ?? usualGroups(device)).map((group) => named("--only", group, GROUPS));
    const chosen = CASES.filter(({ group }) => groups.includes(group));
    if (list) return console.log(chosen.map(({ group, name }) => `${group}\t${name}`).join("\n"));
    if (plans) return console.log(planLines(chosen).join("\n"));
    const settings = modes.flatMap((mode) =>
      (threads ?? [undefined]).map((count): Setting => ({
        device,
        mode: named("--modes", mode, MODES),
        threads: count === undefined ? undefined : threadCount(count),
      }))
    );
    const invited = peers.map((peer) => named("--peers", peer, PEERS));
    const peak = measureMachinePeak();
    console.log(peakLine(peak));
    await using lineup = await Lineup.start(settings, invited);
    const gpu = { fma_gflops: gflops, bandwidth_gbs: gbps };
    const measurer = new Measurer(lineup, { runs, seconds }, { core: peak, gpu });
    const report = new Report(chosen.map(({ name }) => name));
    console.log(report.heading());
    const rows: Row[] = [];
    const failures: string[] = [];
    for (const one of chosen) {
      const { rows: measured, skipped, failed } = await measurer.measure(one);
      for (const row of measured) console.log(report.row(row));
      for (const skip of skipped) console.error(`skipped ${skip}`);
      for (const failure of failed) console.error(`failed ${failure}`);
      rows.push(...measured);
      failures.push(...failed);
      // A run that is broken off has kept what it had.
      if (json !== undefined) await writeWhole(json, JSON.stringify(rows, null, 2) + "\n");
    }
    for (const line of summaries(rows)) console.log(line);
    if (save !== undefined) {
      const result: BenchResult = {
        date: new Date().toISOString().slice(0, "2026-01-31".length),
        machine: machineInWords(),
        peak,
        versions: versionsOf(lineup),
        rows,
      };
      await makeFolder(dirname(save));
      await writeWhole(save, JSON.stringify(result, null, 2) + "\n");
    }
    if (failures.length > 0) throw new CheckFailed(`${failures.length} cases failed`);
  },
}, withNamedPeers(Deno.args));

/** One of the two numbers of a GPU. */
function gpuNumber(help: string, imagined: number) {
  return {
    ...number(`${help}: of this are the shares on webgpu, and the bounds of --roofline`, {
      min: 1,
    }),
    standing: `unknown; with --roofline ${imagined}`,
  };
}

/** What shapes come to together, beside each peer. */
function summaries(rows: readonly Row[]): string[] {
  return familiesOf(rows).filter((family) => shapeCount(family) > 1).flatMap((family) =>
    peersOf(family.rows).flatMap((peer) => {
      const ratios = ratiosTo(peer, family);
      if (ratios === undefined) return [];
      return `${family.name}, ${deviceOf(family)}: ${ratios.mean.toFixed(2)} × ${peer}'s time in ` +
        `the geometric mean, ${ratios.least.toFixed(2)} to ${ratios.most.toFixed(2)}`;
    })
  );
}

function versionsOf({ subjects, peers }: Lineup): Record<string, string> {
  const runners = [...subjects, ...peers.flatMap((entry) => "runner" in entry ? [entry] : [])];
  return Object.assign({}, ...runners.map(({ runner }) => runner.hello.versions));
}

function named<Name extends string>(option: string, word: string, names: readonly Name[]): Name {
  const name = names.find((known) => known === word);
  if (name === undefined) {
    throw new WrongUsage(`${option} must be among ${names.join(", ")}, got "${word}"`);
  }
  return name;
}

function threadCount(word: string): number {
  const count = Number(word);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new WrongUsage(`--threads must be whole numbers from 1 up, got "${word}"`);
  }
  return count;
}
