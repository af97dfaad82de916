/**
 * `deno task replay`: repeats a recorded run of the meta-update and says how far it deviates.
 *
 * @module
 */

import { readNpz } from "../data/mod.ts";
import { currentDevice, DEVICE_NAMES, init } from "../tensor/mod.ts";
import { argument, CheckFailed, choice, flag, run, WrongUsage } from "./command_line.ts";
import { THREADS } from "./device_options.ts";
import { compare, type Deviation, isBeyond } from "./replay/comparison.ts";
import { replayTrace } from "./replay/replay_trace.ts";
import { Trace } from "./replay/trace.ts";
import { readFile } from "./run/read_file.ts";

const SHOWN = 12;

await run({
  name: "replay",
  summary: "Repeats a recorded PyTorch run of the meta-update and compares every result with it.",
  positionals: {
    file: argument("TRACE.npz", "a trace written by tests/reference/golden.py"),
  },
  options: {
    device: choice("where to compute", DEVICE_NAMES, { default: "js" }),
    dtype: choice("what to compute in; float64 on js unless told, else float32", [
      "float32",
      "float64",
    ]),
    threads: THREADS,
    json: flag("print one JSON object"),
  },
  async main({ file, device, dtype = device === "js" ? "float64" : "float32", threads, json }) {
    await init(device, { threads });
    if (!currentDevice().dtypes.includes(dtype)) {
      throw new WrongUsage(
        `--device ${device} has no ${dtype}; leave --dtype out to compute in float32, or compute ` +
          `on --device js`,
      );
    }
    const trace = new Trace(file, readNpz(await readFile(file), file));
    const arithmetic = dtype === "float64" ? "f64" : "f32";
    const judgedAs = trace.precision === "f64" && arithmetic === "f64" ? "f64" : "f32";
    const worst = compare(await replayTrace(trace, dtype), judgedAs).sort(byShareOfLimit);
    const failed = worst.filter(isBeyond);
    const report = { ok: failed.length === 0, arithmetic, judged_as: judgedAs, worst };
    console.log(json ? JSON.stringify(report) : describe(report));
    if (failed.length > 0) {
      throw new CheckFailed(
        `${failed.length} of ${worst.length} results deviate beyond their limits`,
      );
    }
  },
});

/** The closest to its limit first; those that are not judged last, the largest first. */
function byShareOfLimit(a: Deviation, b: Deviation): number {
  if (a.limit === null || b.limit === null) {
    return a.limit === b.limit ? b.deviation - a.deviation : a.limit === null ? 1 : -1;
  }
  return b.deviation / b.limit - a.deviation / a.limit;
}

function describe(
  { ok, arithmetic, judged_as, worst }: {
    ok: boolean;
    arithmetic: string;
    judged_as: string;
    worst: readonly Deviation[];
  },
): string {
  const judged = worst.filter(({ limit }) => limit !== null);
  const lines = (list: readonly Deviation[]) =>
    list.slice(0, SHOWN).map(({ key, deviation, limit }) =>
      `  ${deviation.toExponential(1).padStart(8)}  ` +
      `${limit === null ? "not judged" : `of ${limit.toExponential(0)} `}  ${key}`
    );
  return [
    `${ok ? "equal" : "DIFFERENT"}: ${worst.length} results computed in ${arithmetic}, ` +
    `${judged.length} of them judged as ${judged_as}`,
    "largest deviations, relative to the recorded tensor's largest value:",
    ...lines(judged),
    ...lines(worst.filter(({ limit }) => limit === null).slice(0, 4)),
  ].join("\n");
}
