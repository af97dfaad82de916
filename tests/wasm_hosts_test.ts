/**
 * Hosts that lack what threads need: the wasm device computes on one, as if nothing were missing.
 */

import { equal, match } from "node:assert/strict";

const MODULE = new URL("../mod.ts", import.meta.url);

/** A convolution and its gradient, long enough for workers to be wanted. */
const PROGRAM = `
const { conv2d, grad, init, memory, ones, scale, sum } = await import("${MODULE}");
const { currentDevice } = await import("${new URL("../tensor/mod.ts", import.meta.url)}");
await init("wasm", { threads: 3 });
const x = ones([1, 16, 64, 64]);
const gradient = grad((w) => sum(conv2d(x, w, { padding: 1 })));
const weight = ones([16, 16, 3, 3]);
const end = performance.now() + 150;
let numbers;
while (performance.now() < end) {
  const g = gradient(weight);
  numbers = g.dataSync();
  g.dispose();
}
console.log(currentDevice().description.threads, numbers[0], numbers[4]);`;

/** What each host lacks, and on how many threads it computes then. */
const HOSTS: Readonly<Record<string, { lacks: string; threads: number }>> = {
  "without shared memory": {
    lacks: "delete globalThis.SharedArrayBuffer;" + refusingMemory("d.shared"),
    threads: 1,
  },
  "without workers of either kind": {
    lacks: "delete globalThis.process; delete globalThis.Worker;",
    threads: 1,
  },
  "that refuses workers": {
    lacks: "globalThis.process = { getBuiltinModule: () => ({ Worker: class { " +
      "constructor() { throw new Error('no workers today'); } } }) };",
    threads: 1,
  },
  "without wide addresses": { lacks: refusingMemory("d.address === 'i64'"), threads: 3 },
  "without the number of its cores": { lacks: "delete globalThis.navigator;", threads: 3 },
};

Deno.test("whatever a host lacks, the same numbers come out, on one thread if need be", async (test) => {
  const whole = await printedBy(PROGRAM);
  match(whole, /^3 3969(\.00\d+)? 4096(\.00\d+)?$/);
  for (const [host, { lacks, threads }] of Object.entries(HOSTS)) {
    await test.step(`a host ${host}`, async () => {
      equal(await printedBy(lacks + PROGRAM), whole.replace("3", String(threads)));
    });
  }
});

function refusingMemory(condition: string): string {
  return `
const { Memory } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  constructor(d) {
    if (${condition}) throw new TypeError("not on this host");
    super(d);
  }
};`;
}

async function printedBy(source: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["eval", "--quiet", "--no-lock", source],
    env: { NO_COLOR: "1" },
  }).output();
  equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}
