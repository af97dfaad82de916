/**
 * The library in a page: Chromium runs the bundle and sends home what it computed.
 */

import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import * as library from "../meta/browser.ts";
import * as meta from "../meta/mod.ts";
import * as root from "../mod.ts";
import { hasChromium, visit } from "./browser/chromium.ts";
import { metaSteps, secondOrder } from "./browser/programs.ts";
import type { PageReport } from "./browser/report.ts";
import { bundle, type Isolation, openSite } from "./browser/site.ts";
import { SUBSET } from "./browser/subset.ts";
import { tempFolder } from "./browser/temp_folder.ts";
import { nameOf } from "./op_table.ts";
import { deviation } from "./parity.ts";

/** What stays behind, because it reads images with packages that need Deno. */
const ONLY_IN_DENO = new Set(["loadScorer"]);

Deno.test("the bundle is one module, needs no other, and has all but what needs Deno", async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, "rfmeta.js");
  await bundle("meta/browser.ts", file);
  deepEqual(await importsOf(file), []);
  const wanted = new Set([...Object.keys(root), ...Object.keys(meta)]).difference(ONLY_IN_DENO);
  deepEqual(new Set(Object.keys(await import(`file://${file}`))), wanted);
});

async function importsOf(file: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("deno", {
    args: ["info", "--json", "--no-config", "--no-npm", "--no-remote", file],
  }).output();
  const { modules }: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
  return modules.flatMap(({ dependencies = [] }) => dependencies.map((one) => one.specifier));
}

/** What `deno info --json` tells. */
interface ModuleGraph {
  readonly modules: readonly {
    readonly dependencies?: readonly { readonly specifier: string }[];
  }[];
}

/** What is asked of a page, and what must be true of its report. */
interface Visit {
  readonly what: string;
  readonly isolation: Isolation;
  readonly device: "wasm" | "webgpu";
  /** How far its losses may be from those of wasm in Deno. */
  readonly lossTolerance: number;
  readonly check: (report: PageReport) => void;
}

const VISITS: readonly Visit[] = [
  {
    what: "wasm, with threads where memory is shared with workers",
    isolation: "isolated",
    device: "wasm",
    lossTolerance: 1e-6,
    check({ sharesMemory, cores, threads, workersCame }) {
      equal(sharesMemory, true);
      equal(threads, cores);
      equal(workersCame, threads > 1);
    },
  },
  {
    what: "wasm, in one thread where no memory is shared",
    isolation: "open",
    device: "wasm",
    lossTolerance: 1e-6,
    check({ sharesMemory, threads }) {
      equal(sharesMemory, false);
      equal(threads, 1);
    },
  },
  {
    what: "webgpu, whose shader compiler has nothing to say",
    isolation: "open",
    device: "webgpu",
    lossTolerance: 1e-3,
    check({ shaderMessages }) {
      deepEqual(shaderMessages, []);
    },
  },
];

/** The largest deviations from js in float64, as in Deno; second order adds up more. */
const ROW_TOLERANCE = 2e-5;
const SECOND_ORDER_TOLERANCE = 2e-4;

const isAble = await hasChromium();

Deno.test({
  name: `a page computes as Deno does${isAble ? "" : " (skipped: there is no chromium)"}`,
  ignore: !isAble,
  async fn(test) {
    await library.init("js");
    const second = await secondOrder(library, "float64");
    await library.init("wasm");
    const steps = await metaSteps(library);
    await library.init("js");

    await using folder = await tempFolder();
    await using site = await openSite(folder.path);
    for (const { what, isolation, device, lossTolerance, check } of VISITS) {
      await test.step(`on ${what}`, async () => {
        const sent = await visit(site.address(isolation, device), site.nextReport());
        ok("report" in sent, "failure" in sent ? sent.failure : "");
        const { report } = sent;
        equal(report.device, device);
        check(report);
        deepEqual(report.rows.map(({ name }) => name), SUBSET.map(nameOf));
        deepEqual(report.rows.filter(({ deviation }) => !(Number(deviation) < ROW_TOLERANCE)), []);
        checkClose(report.secondOrder, second, SECOND_ORDER_TOLERANCE);
        equal(report.steps.length, steps.length);
        steps.forEach((losses, i) => {
          deepEqual(Object.keys(report.steps[i]), Object.keys(losses));
          checkClose(Object.values(report.steps[i]), Object.values(losses), lossTolerance);
        });
      });
    }
  },
});

function checkClose(
  numbers: readonly number[],
  wanted: readonly number[],
  tolerance: number,
): void {
  const outcome = (numbers: readonly number[]) => ({ what: "", shape: [numbers.length], numbers });
  const found = deviation(outcome(numbers), outcome(wanted));
  ok(found <= tolerance, `deviates by ${found}`);
}
