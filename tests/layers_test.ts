/**
 * Who may import whom, from the import statements of every file.
 */

import { deepEqual, ok } from "node:assert/strict";
import { posix } from "node:path";

/** What each folder's library may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "mod.ts": ["tensor", "autograd", "nn"],
  tensor: [],
  autograd: ["tensor"],
  nn: ["autograd", "tensor"],
  data: ["tensor"],
  eval: [],
  meta: ["nn", "autograd", "tensor", "data", "eval"],
};

/** These may import everything, and nothing outside of them imports them. */
const OUTSIDE = ["bench", "docs", "tests"];

/** The files beside the devices that they may import: those that know of no device. */
const BELOW_DEVICES = [
  "tensor/device.ts",
  "tensor/out_of_memory.ts",
  "tensor/random.ts",
  "tensor/shape.ts",
];
const DEVICES = ["js", "wasm", "webgpu"];

/** The public modules that anyone may import by URL without a package being fetched. */
const WITHOUT_PACKAGES = ["mod.ts", "tensor/mod.ts", "autograd/mod.ts", "nn/mod.ts"];

const PINNED = /^npm:(?<name>(?:@[\w.-]+\/)?[\w.-]+)@\d+\.\d+\.\d+(?:\/[\w./-]+)?$/;

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The file, if the specifier is relative. */
  readonly file?: string;
}

/** Source files by path. */
type Sources = ReadonlyMap<string, string>;

const STATEMENTS = [
  /^import\s+(?:(?:type|source|defer)\s+)?[\w*{},\s$]*?\bfrom\s*["']([^"'$]+)["']/gm,
  /^export\s+(?:type\s+)?[*{][\w*{},\s$]*?\bfrom\s*["']([^"'$]+)["']/gm,
  /^import\s*["']([^"'$]+)["']/gm,
  /^(?!\s*(?:\*|\/\/))[^"'`\n]*\bimport\(\s*["']([^"'$]+)["']/gm,
];

function importsOf(path: string, source: string): Import[] {
  return STATEMENTS.flatMap((statement) => [...source.matchAll(statement)])
    .map(([, specifier]) => ({
      from: path,
      specifier,
      file: specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined,
    }));
}

/** Everything that breaks the rules, in words. */
function violations(sources: Sources, isEntryPoint: (path: string) => boolean): string[] {
  const all = [...sources].flatMap(([path, source]) => importsOf(path, source));
  return [
    ...all.flatMap((one) => specifierFault(one, sources)),
    ...all.flatMap((one) => layerFault(one, isEntryPoint)),
    ...all.flatMap(deviceFault),
    ...packageFaults(all),
    ...reachedPackages(all),
  ];
}

function specifierFault({ from, specifier, file }: Import, sources: Sources): string[] {
  if (file !== undefined) {
    const there = sources.has(file) || !/\.[jt]s$/.test(file);
    return there ? [] : [`${from} imports ${specifier}, which is no file`];
  }
  if (specifier.startsWith("node:")) return [];
  if (!specifier.startsWith("npm:")) {
    return [`${from} imports ${specifier}: only relative, node: and npm: specifiers are`];
  }
  return PINNED.test(specifier) ? [] : [`${from} imports ${specifier} without an exact version`];
}

function layerFault({ from, file }: Import, isEntryPoint: (path: string) => boolean): string[] {
  if (file === undefined) return [];
  const [here, there] = [folderOf(from), folderOf(file)];
  if (OUTSIDE.includes(here)) return [];
  if (isEntryPoint(file)) return [`${from} imports the entry point ${file}`];
  if (here === there || isEntryPoint(from)) {
    return OUTSIDE.includes(there) ? [`${from} imports ${file}`] : [];
  }
  return MAY_IMPORT[here]?.includes(there) ? [] : [`${from} imports ${file}`];
}

function deviceFault({ from, file }: Import): string[] {
  if (file === undefined || OUTSIDE.includes(folderOf(from))) return [];
  const [here, there] = [deviceOf(from), deviceOf(file)];
  if (here === there) return [];
  if (here === undefined) {
    return from === "tensor/devices.ts" ? [] : [`${from} imports ${file} past tensor/devices.ts`];
  }
  return BELOW_DEVICES.includes(file) ? [] : [`the device ${here} imports ${file} in ${from}`];
}

function packageFaults(all: readonly Import[]): string[] {
  const users = new Map<string, Set<string>>();
  for (const { from, specifier } of all) {
    const name = PINNED.exec(specifier)?.groups?.name;
    if (name !== undefined) users.set(name, (users.get(name) ?? new Set()).add(from));
  }
  return [...users].filter(([, files]) => files.size > 1)
    .map(([name, files]) =>
      `${name} is imported in ${[...files].join(" and ")}: one file wraps it`
    );
}

function reachedPackages(all: readonly Import[]): string[] {
  const byFile = Map.groupBy(all, ({ from }) => from);
  return WITHOUT_PACKAGES.flatMap((start) => {
    const seen = new Set([start]);
    for (const path of seen) {
      for (const { file } of byFile.get(path) ?? []) if (file !== undefined) seen.add(file);
    }
    return [...seen].flatMap((path) => byFile.get(path) ?? [])
      .filter(({ specifier }) => specifier.startsWith("npm:"))
      .map(({ from, specifier }) => `${start} reaches ${specifier} by ${from}`);
  });
}

function folderOf(path: string): string {
  return path.split("/")[0];
}

function deviceOf(path: string): string | undefined {
  const [folder, device, ...rest] = path.split("/");
  return folder === "tensor" && DEVICES.includes(device) && rest.length > 0 ? device : undefined;
}

// The repository itself.

const ROOT = new URL("../", import.meta.url);

async function repository(): Promise<Sources> {
  const sources = new Map([["mod.ts", await Deno.readTextFile(new URL("mod.ts", ROOT))]]);
  const visit = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
      const path = `${folder}${name}`;
      if (isDirectory && name !== "fixtures") await visit(`${path}/`);
      if (/(?<!\.d)\.[jt]s$/.test(name)) {
        sources.set(path, await Deno.readTextFile(new URL(path, ROOT)));
      }
    }
  };
  const folders = [...Object.keys(MAY_IMPORT).filter((name) => name !== "mod.ts"), ...OUTSIDE];
  for (const folder of folders) await visit(`${folder}/`);
  return sources;
}

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly tasks: Readonly<Record<string, string | { readonly command: string }>>;
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
}

/** A file that a task runs, or that asks whether it is the program. */
function entryPoints(sources: Sources, { tasks }: Manifest): Set<string> {
  const commands = Object.values(tasks).map((task) =>
    typeof task === "string" ? task : task.command
  );
  const run = commands.flatMap((command) => [...command.matchAll(/deno run\b.*?(\S+\.ts)/g)])
    .map(([, path]) => path);
  const asking = [...sources].filter(([, source]) => /^if \(import\.meta\.main\)/m.test(source))
    .map(([path]) => path);
  return new Set([...run, ...asking]);
}

Deno.test("every import in the repository keeps to the layers", async () => {
  const sources = await repository();
  ok(sources.size > 100, "the files are found");
  const programs = entryPoints(sources, await manifest());
  deepEqual(violations(sources, (path) => programs.has(path)), []);
});

Deno.test("every program that a task runs and every export is a file", async () => {
  const sources = await repository();
  const { exports, tasks } = await manifest();
  const named = [...entryPoints(sources, { exports, tasks }), ...Object.values(exports)];
  deepEqual(named.map((path) => posix.normalize(path)).filter((path) => !sources.has(path)), []);
});

Deno.test("there is a folder's rule for each folder with sources", async () => {
  const known = [...Object.keys(MAY_IMPORT), ...OUTSIDE];
  const strangers: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(ROOT)) {
    if (
      isDirectory && !/^\.|^node_modules$|^runs$|^dist$|^coverage$/.test(name) &&
      !known.includes(name)
    ) {
      strangers.push(name);
    }
  }
  deepEqual(strangers, []);
});

Deno.test("the layers have no cycle", () => {
  const below = (folder: string, path: readonly string[]): void => {
    ok(!path.includes(folder), `a cycle: ${[...path, folder].join(" → ")}`);
    for (const next of MAY_IMPORT[folder] ?? []) below(next, [...path, folder]);
  };
  for (const folder of Object.keys(MAY_IMPORT)) below(folder, []);
});

// The check must be able to fail.

const BREACHES: readonly [path: string, source: string, violation: string][] = [
  ["tensor/a.ts", 'import { grad } from "../autograd/b.ts";', "tensor/a.ts imports autograd/b.ts"],
  [
    "autograd/b.ts",
    'import {\n  type Layer,\n  layer,\n} from "../nn/c.ts";',
    "autograd/b.ts imports nn/c.ts",
  ],
  ["data/d.ts", 'export * from "../meta/e.ts";', "data/d.ts imports meta/e.ts"],
  ["eval/f.ts", 'export type { X } from "../tensor/a.ts";', "eval/f.ts imports tensor/a.ts"],
  ["meta/e.ts", 'import type { X } from "../bench/x.ts";', "meta/e.ts imports bench/x.ts"],
  ["mod.ts", 'export * from "./meta/e.ts";', "mod.ts imports meta/e.ts"],
  [
    "meta/e.ts",
    'import { run } from "./program.ts";',
    "meta/e.ts imports the entry point meta/program.ts",
  ],
  [
    "tensor/js/k.ts",
    'import { k } from "../wasm/k.ts";',
    "the device js imports tensor/wasm/k.ts in tensor/js/k.ts",
  ],
  [
    "tensor/js/k.ts",
    'import { Tensor } from "../a.ts";',
    "the device js imports tensor/a.ts in tensor/js/k.ts",
  ],
  [
    "nn/c.ts",
    'import { k } from "../tensor/js/k.ts";',
    "nn/c.ts imports tensor/js/k.ts past tensor/devices.ts",
  ],
  [
    "data/d.ts",
    'import x from "npm:fflate@^0.8.2";',
    "data/d.ts imports npm:fflate@^0.8.2 without an exact version",
  ],
  [
    "data/d.ts",
    'const { x } = await import("npm:fflate");',
    "data/d.ts imports npm:fflate without an exact version",
  ],
  [
    "data/d.ts",
    'import "jsr:@std/path@1.0.0";',
    "data/d.ts imports jsr:@std/path@1.0.0: only relative, node: and npm: specifiers are",
  ],
  [
    "data/d.ts",
    'import x from "https://example.com/x.ts";',
    "data/d.ts imports https://example.com/x.ts: only relative, node: and npm: specifiers are",
  ],
  ["data/d.ts", 'import x from "./absent.ts";', "data/d.ts imports ./absent.ts, which is no file"],
  [
    "nn/mod.ts",
    'import x from "npm:fflate@0.8.2";',
    "nn/mod.ts reaches npm:fflate@0.8.2 by nn/mod.ts",
  ],
];

const FILES = [
  "mod.ts",
  "tensor/a.ts",
  "tensor/js/k.ts",
  "tensor/wasm/k.ts",
  "autograd/b.ts",
  "nn/c.ts",
  "nn/mod.ts",
  "data/d.ts",
  "meta/e.ts",
  "meta/program.ts",
  "eval/f.ts",
  "bench/x.ts",
];

for (const [path, source, violation] of BREACHES) {
  Deno.test(`the check finds: ${violation}`, () => {
    const sources = new Map([...FILES.map((file) => [file, ""] as const), [path, source]]);
    deepEqual(violations(sources, (file) => file === "meta/program.ts"), [violation]);
  });
}

Deno.test("the check finds a package that two files import, and only that", () => {
  const sources = new Map([
    ["data/d.ts", 'import x from "npm:@a/b@1.2.3/x.js";\nimport y from "npm:@a/b@1.2.3/y.js";'],
    ["eval/f.ts", 'import x from "npm:@a/b@1.2.3";'],
    ["tests/t.ts", 'import x from "npm:other@1.2.3";\nimport "../meta/program.ts";'],
    ["meta/program.ts", 'import "../data/d.ts";\nimport "../nn/c.ts";'],
    ["nn/c.ts", ' * import x from "npm:in-a-comment";\n// import("npm:in-a-comment")'],
  ]);
  deepEqual(violations(sources, (file) => file === "meta/program.ts"), [
    "@a/b is imported in data/d.ts and eval/f.ts: one file wraps it",
  ]);
});
