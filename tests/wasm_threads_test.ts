import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { makeShared } from "../tensor/wasm/threads/shared.ts";
import { spawn } from "../tensor/wasm/threads/spawn.ts";
import { startTeam, type Team } from "../tensor/wasm/threads/team.ts";
import { randomKey, uniformNumbers } from "../tensor/random.ts";
import {
  ADD_VALUE,
  COUNT_ON_THREAD,
  SUM,
  sumOfArguments,
  THROUGH_SCRATCH,
  TRAP_AT,
  TRAP_ON_NEW_THREADS,
} from "./wasm_team_modules.ts";

const PAGE = 65536;

/** Runs the test with a team, whose workers begin at once, and its heap of 1 MiB. */
function withTeam(threads: number, test: (team: Team, heap: SharedArrayBuffer) => void): void {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
  const team = startTeam({ memory, threads, scratchPages: 1, patience: 0 });
  try {
    test(team, memory.buffer as unknown as SharedArrayBuffer);
  } finally {
    team.stop();
  }
}

/** Repeats until it is so; some workers start later than others. */
function until(condition: () => boolean, what: string): void {
  const end = performance.now() + 10_000;
  while (!condition()) ok(performance.now() < end, `${what} did not happen within 10 s`);
}

function untilWorkersHelp(team: Team, heap: SharedArrayBuffer): void {
  const kernel = team.load(COUNT_ON_THREAD);
  const counts = new Int32Array(heap, 0, 8);
  let tasks = 0;
  until(() => {
    team.run(kernel, 8, [0, 10_000]);
    tasks += 8;
    return Math.max(...counts) < tasks;
  }, "work on several threads");
}

Deno.test("tasks run on several threads, each thread with scratch memory of its own", () => {
  withTeam(2, (team, heap) => {
    equal(team.threads, 2);
    untilWorkersHelp(team, heap);
  });
});

for (const threads of [1, 2, 3]) {
  Deno.test(`each task runs exactly once on ${threads} threads, in 20,000 jobs in a row`, () => {
    withTeam(threads, (team, heap) => {
      if (threads > 1) untilWorkersHelp(team, heap);
      const kernel = team.load(ADD_VALUE);
      const sums = new Int32Array(heap, 4096, 64);
      const wanted = new Int32Array(64);
      for (let job = 0; job < 20_000; job++) {
        const tasks = job % 8;
        team.run(kernel, tasks, [4096 + 4 * (job % 50), job]);
        for (let task = 0; task < tasks; task++) wanted[job % 50 + task] += job;
      }
      deepEqual(sums, wanted);
    });
  });
}

Deno.test("sums are the same bits on any number of threads", () => {
  const sums = [1, 2, 3].map((threads) => {
    let bits = new Int32Array();
    withTeam(threads, (team, heap) => {
      if (threads > 1) untilWorkersHelp(team, heap);
      new Float32Array(heap, PAGE, 64 * 1000).set(uniformNumbers(randomKey(0), 64 * 1000));
      team.run(team.load(SUM), 64, [PAGE, 1000, 4096]);
      equal(Math.round(new Float32Array(heap, 4096, 1)[0] / 100), 5);
      bits = new Int32Array(heap, 4096, 64).slice();
    });
    return bits;
  });
  deepEqual(sums[1], sums[0]);
  deepEqual(sums[2], sums[0]);
});

Deno.test("a job runs while the workers sleep, and after they have slept", () => {
  withTeam(2, (team, heap) => {
    const kernel = team.load(ADD_VALUE);
    const sums = new Int32Array(heap, 4096, 4);
    for (let job = 1; job <= 20; job++) {
      pauseFor(3);
      team.run(kernel, 4, [4096, 1]);
      deepEqual([...sums], [job, job, job, job]);
    }
    untilWorkersHelp(team, heap);
  });
});

function pauseFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

Deno.test("all arguments arrive, up to 32", () => {
  withTeam(2, (team, heap) => {
    untilWorkersHelp(team, heap);
    const results = new Int32Array(heap, 4096, 8);
    for (let count = 1; count <= 32; count++) {
      const kernel = team.load(sumOfArguments(count));
      const args = [4096, ...Array.from({ length: count - 1 }, (_, i) => 100 + i)];
      const wanted = args.reduce((sum, arg, i) => sum + (i === 0 ? 0 : i * arg), 0);
      for (const tasks of [1, 8]) {
        results.fill(-1);
        team.run(kernel, tasks, args);
        deepEqual([...results.subarray(0, tasks)], Array(tasks).fill(wanted));
      }
    }
    throws(() => team.run(team.load(sumOfArguments(33)), 2, Array(33).fill(0)), {
      name: "RangeError",
      message: /wanted at most 32 arguments, got 33/,
    });
  });
});

Deno.test("each thread's scratch memory grows to what a kernel needs", () => {
  withTeam(2, (team, heap) => {
    untilWorkersHelp(team, heap);
    const kernel = team.load(THROUGH_SCRATCH);
    const results = new Int32Array(heap, 4096, 64);
    throws(() => team.run(kernel, 64, [PAGE, 4096]), /out of bounds/);
    for (let repetition = 0; repetition < 50; repetition++) {
      results.fill(-1);
      team.run(kernel, 64, [3 * PAGE - 4, 4096], 3 * PAGE);
      deepEqual([...results], Array.from({ length: 64 }, (_, i) => i));
    }
    throws(() => team.run(kernel, 1, [3 * PAGE, 4096]), /out of bounds/);
  });
});

for (const threads of [1, 2]) {
  Deno.test(`a trap names the kernel, and the next job runs, on ${threads} threads`, () => {
    withTeam(threads, (team, heap) => {
      if (threads > 1) untilWorkersHelp(team, heap);
      const sound = team.load(ADD_VALUE);
      const kernel = team.load(TRAP_AT);
      for (let bad = 0; bad < 8; bad++) {
        throws(() => team.run(kernel, 8, [bad]), {
          name: "Error",
          message: `Cannot run kernel ${kernel}: RuntimeError: unreachable`,
        });
        team.run(kernel, 8, [8]);
        team.run(sound, 8, [4096, 1]);
      }
      deepEqual([...new Int32Array(heap, 4096, 8)], Array(8).fill(8));
    });
  });
}

Deno.test("a trap on a worker alone is thrown on the main thread, once", () => {
  withTeam(2, (team, heap) => {
    team.run(team.load(COUNT_ON_THREAD), 1, [0, 1]);
    const kernel = team.load(TRAP_ON_NEW_THREADS);
    let message = "";
    until(() => {
      try {
        team.run(kernel, 8, [10_000]);
      } catch (error) {
        message = (error as Error).message;
      }
      return message !== "";
    }, "a trap on a worker");
    equal(message, `Cannot run kernel ${kernel}: RuntimeError: unreachable`);
    untilWorkersHelp(team, heap);
  });
});

Deno.test("a worker that comes too late for a job leaves the next one alone until it is open", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const shared = makeShared(memory, 1);
  const { state, next, joined, failed, stopped, job, modules } = shared;
  modules.grow(TRAP_AT.length);
  new Uint8Array(modules).set(TRAP_AT);
  const taskCount = job.subarray(3, 4);
  job.set([0, 0, TRAP_AT.length, 0, 0, 1]);
  spawn(shared);
  let joins = 0;
  let round = 0;
  until(() => {
    taskCount[0] = 0;
    Atomics.store(next, 0, 0);
    Atomics.add(state, 0, 1);
    Atomics.notify(state, 0);
    for (let i = round++ % 64; i > 0; i--) Atomics.load(state, 0);
    Atomics.add(state, 0, 1);
    if (Atomics.load(joined, 0) > 0) joins++;
    while (Atomics.load(joined, 0) > 0);
    taskCount[0] = 1;
    for (let i = 0; i < 64; i++) {
      equal(Atomics.load(failed, 0), 0, "a job that is not open was run");
    }
    while (Atomics.load(joined, 0) > 0);
    return joins === 20_000;
  }, "20,000 meetings with a worker");
  Atomics.store(stopped, 0, 1);
  Atomics.add(state, 0, 2);
  Atomics.notify(state, 0);
});

Deno.test("a module that does not compile is refused where it is loaded", () => {
  withTeam(2, (team, heap) => {
    throws(() => team.load(new Uint8Array(8)), WebAssembly.CompileError);
    const kernel = team.load(ADD_VALUE);
    team.run(kernel, 2, [4096, 5]);
    deepEqual([...new Int32Array(heap, 4096, 2)], [5, 5]);
  });
});

Deno.test("workers start only after work that they could have shared", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const team = startTeam({ memory, threads: 2, scratchPages: 1, patience: 20 });
  const kernel = team.load(COUNT_ON_THREAD);
  const counts = new Int32Array(memory.buffer, 0, 8);
  const start = performance.now();
  team.run(kernel, 8, [0, 1000]);
  deepEqual([...counts], [1, 2, 3, 4, 5, 6, 7, 8]);
  untilWorkersHelp(team, memory.buffer as unknown as SharedArrayBuffer);
  ok(performance.now() - start >= 20);
  team.stop();
});

Deno.test("a stopped team goes on alone", () => {
  withTeam(3, (team, heap) => {
    team.stop();
    equal(team.threads, 1);
    const kernel = team.load(ADD_VALUE);
    team.run(kernel, 8, [4096, 3]);
    deepEqual([...new Int32Array(heap, 4096, 8)], Array(8).fill(3));
  });
});

Deno.test("memory that is not shared means one thread", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  equal(startTeam({ memory, threads: 4, scratchPages: 1, patience: 0 }).threads, 1);
});

Deno.test("forking and joining two empty tasks takes microseconds", () => {
  withTeam(2, (team, heap) => {
    untilWorkersHelp(team, heap);
    const kernel = team.load(ADD_VALUE);
    const times = Array.from({ length: 2000 }, () => {
      const start = performance.now();
      team.run(kernel, 2, [4096, 1]);
      return performance.now() - start;
    });
    const median = times.sort((a, b) => a - b)[1000];
    ok(median < 0.05, `${median} ms`);
  });
});

const TEAM = import.meta.resolve("../tensor/wasm/threads/team.ts");
const MODULES = import.meta.resolve("./wasm_team_modules.ts");
const START = `
  import { startTeam } from "${TEAM}";
  import * as modules from "${MODULES}";
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const counts = new Int32Array(memory.buffer, 0, 8);
  const team = startTeam({ memory, threads: 3, scratchPages: 1, patience: 0 });
  const kernel = team.load(modules.COUNT_ON_THREAD);
  function help() {
    const end = performance.now() + 10_000;
    for (let tasks = 8; performance.now() < end; tasks += 8) {
      team.run(kernel, 8, [0, 10_000]);
      if (Math.max(...counts) < tasks) return "helped";
    }
  }`;

const WITHOUT_NODE = "delete globalThis.process;";

Deno.test("a program that has started workers and is done ends with 0", async () => {
  const { code, milliseconds } = await runProgram(START);
  equal(code, 0);
  ok(milliseconds < 3000);
});

Deno.test("a program whose workers have worked and sleep ends with 0, without a permission", async () => {
  const { code, output } = await runProgram(`${START}
    console.log(help());
    await new Promise((resolve) => setTimeout(resolve, 5));`);
  deepEqual({ code, output }, { code: 0, output: "helped" });
});

Deno.test("a program that throws while workers wait ends with 1", async () => {
  const { code, errors } = await runProgram(`${START} help(); throw new Error("thrown");`);
  equal(code, 1);
  match(errors, /thrown/);
});

Deno.test("where there is no Node, as in a page, web Workers help", async () => {
  const { code, output } = await runProgram(`${WITHOUT_NODE} ${START}
    console.log(help());
    team.stop();`);
  deepEqual({ code, output }, { code: 0, output: "helped" });
});

Deno.test("where there is no Worker at all, one thread does the work", async () => {
  const { code, output } = await runProgram(`${WITHOUT_NODE} delete globalThis.Worker; ${START}
    team.run(kernel, 8, [0, 1]);
    console.log(team.threads, counts.join());`);
  deepEqual({ code, output }, { code: 0, output: "1 1,2,3,4,5,6,7,8" });
});

async function runProgram(source: string) {
  const start = performance.now();
  const url = `data:text/javascript,${encodeURIComponent(source)}`;
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["run", "--no-config", "--no-check", "--quiet", "--no-prompt", url],
    signal: AbortSignal.timeout(20_000),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return {
    code,
    output: text(stdout),
    errors: text(stderr),
    milliseconds: performance.now() - start,
  };
}
