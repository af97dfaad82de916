/**
 * The page's program: computes on a device, and says what came out.
 *
 * The op table comes with a copy of the library of its own; everything else is done by the bundle as
 * it is shipped.
 *
 * @module
 */

import type { Device } from "../../tensor/device.ts";
import { type DeviceName, init, startedDevice } from "../../tensor/devices.ts";
import { jsDevice } from "../../tensor/js/device.ts";
import { nameOf, type Row } from "../op_table.ts";
import { deviation, outcomesOf } from "../parity.ts";
import { comingWorkers } from "./coming_workers.ts";
import { type Library, metaSteps, secondOrder } from "./programs.ts";
import type { PageReport, RowReport } from "./report.ts";
import { shaderMessages } from "./shader_messages.ts";
import { SUBSET } from "./subset.ts";

const LIBRARY: string = "./rfmeta.js";

/** Does everything that is to be done on a device; `say` is told what comes next. */
export async function examine(
  device: DeviceName,
  say: (what: string) => void,
): Promise<PageReport> {
  const messages = shaderMessages();
  const workersCome = comingWorkers();
  const milliseconds: Record<string, number> = {};
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    say(`${what} …`);
    const start = performance.now();
    const result = await work();
    milliseconds[what] = performance.now() - start;
    return result;
  };

  const rf: Library = await import(LIBRARY);
  await timed("start", () => rf.init(device));
  const second = await timed("second-order gradient", () => secondOrder(rf, "float32"));
  const steps = await timed("meta-steps", () => metaSteps(rf));
  const { description } = rf.currentDevice();
  const threads = description?.threads ?? 1;
  const workersCame = threads > 1 && await timed("workers", () => workersCome(rf));
  const rows = await timed("op table", () => rowReports(device));
  return {
    device,
    computesWith: description?.mode ?? await adapterName(),
    sharesMemory: typeof SharedArrayBuffer === "function",
    cores: navigator.hardwareConcurrency,
    threads,
    workersCame,
    rows,
    secondOrder: second,
    steps,
    shaderMessages: await messages(),
    milliseconds,
  };
}

async function rowReports(name: DeviceName): Promise<RowReport[]> {
  await init(name);
  const device = await startedDevice(name);
  const reports: RowReport[] = [];
  for (const row of SUBSET) {
    reports.push({ name: nameOf(row), deviation: await deviationOf(row, device) });
  }
  return reports;
}

async function deviationOf(row: Row, device: Device): Promise<number | string> {
  try {
    const actual = await outcomesOf(row, { dtype: "float32", device });
    const wanted = await outcomesOf(row, { dtype: "float64", device: jsDevice });
    const worst = Math.max(...wanted.map((outcome, i) => deviation(actual[i], outcome)));
    return Number.isFinite(worst) ? worst : String(worst);
  } catch (error) {
    return String(error);
  }
}

async function adapterName(): Promise<string> {
  const adapter = await navigator.gpu.requestAdapter();
  return [adapter?.info.vendor, adapter?.info.architecture].join(" ");
}
