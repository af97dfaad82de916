import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import {
  argument,
  argumentList,
  choice,
  flag,
  integer,
  list,
  number,
  optionalArgument,
  parseCommandLine,
  required,
  text,
  WrongUsage,
} from "../meta/command_line.ts";
import { helpText } from "../meta/command_help.ts";

const train = {
  name: "train",
  summary: "Trains the networks.",
  positionals: {
    out: argument("OUT", "where to write"),
    images: argumentList("IMAGE", "what to read"),
  },
  options: {
    batchSize: integer("images per batch", { default: 20, min: 1 }),
    threshold: number("where to accept", { min: -1, max: 1 }),
    preset: choice("where the settings come from", ["faithful", "small"], { default: "small" }),
    sources: list("domains to learn from", { label: "A,B,C" }),
    config: text("settings", { label: "FILE.toml" }),
    resume: flag("go on"),
  },
};
const parse = (...args: string[]) => parseCommandLine(train, ["out", "a.jpg", ...args]);

Deno.test("what is not typed has its default, or is undefined", () => {
  const { values, given } = parse();
  deepEqual(values, {
    out: "out",
    images: ["a.jpg"],
    batchSize: 20,
    threshold: undefined,
    preset: "small",
    sources: undefined,
    config: undefined,
    resume: false,
  });
  equal(given.size, 0);
});

Deno.test("what is typed is read by its type and counts as given, even where it is the default", () => {
  const line = "--batch-size=20 --threshold -0.5 b.jpg --preset faithful --sources A,B --resume";
  const { values, given } = parse(...line.split(" "), "--", "--c.jpg");
  equal(values.batchSize, 20);
  equal(values.threshold, -0.5);
  equal(values.preset, "faithful");
  deepEqual(values.sources, ["A", "B"]);
  equal(values.resume, true);
  deepEqual(values.images, ["a.jpg", "b.jpg", "--c.jpg"]);
  deepEqual([...given].sort(), ["batchSize", "preset", "resume", "sources", "threshold"]);
});

Deno.test("of an option typed twice the last one counts", () => {
  equal(parse("--batch-size", "3", "--batch-size", "4").values.batchSize, 4);
});

Deno.test("a wrong command line is answered by one line that says what was wrong", () => {
  const cases: [string[], string][] = [
    [["--batchsize", "3"], "there is no option --batchsize, did you mean --batch-size?"],
    [["--thresh", "3"], "there is no option --thresh, did you mean --threshold?"],
    [["--colour"], "there is no option --colour"],
    [["-x"], "there is no option -x"],
    [["--constructor"], "there is no option --constructor"],
    [["--batch-size"], "--batch-size N: the value is missing"],
    [["--batch-size", "--resume"], "--batch-size N: the value is missing"],
    [["--batch-size", "0"], '--batch-size must be a whole number of at least 1, got "0"'],
    [["--batch-size", "2.5"], '--batch-size must be a whole number of at least 1, got "2.5"'],
    [["--batch-size", "0x10"], '--batch-size must be a whole number of at least 1, got "0x10"'],
    [["--threshold="], '--threshold must be a number from -1 to 1, got ""'],
    [["--threshold", "1.01"], '--threshold must be a number from -1 to 1, got "1.01"'],
    [["--threshold", "NaN"], '--threshold must be a number from -1 to 1, got "NaN"'],
    [["--preset", "smal"], '--preset must be one of faithful, small, got "smal"'],
    [["--sources", "A,,B"], '--sources must be words separated by commas, got "A,,B"'],
    [["--config="], '--config must be some text, got ""'],
    [["--resume=yes"], '--resume takes no value, got "yes"'],
  ];
  for (const [args, message] of cases) throws(() => parse(...args), new WrongUsage(message));
});

Deno.test("too few and too many words are wrong usage", () => {
  const single = { ...train, positionals: { out: optionalArgument("OUT", "where to write") } };
  equal(parseCommandLine(single, []).values.out, undefined);
  equal(parseCommandLine(single, ["x"]).values.out, "x");
  throws(
    () => parseCommandLine(single, ["x", "y"]),
    new WrongUsage('unexpected argument "y"'),
  );
  throws(
    () => parseCommandLine(train, ["out"]),
    new WrongUsage("IMAGE is missing: what to read"),
  );
});

Deno.test("a required option must be typed", () => {
  const checkpoint = required(text("weights", { label: "FILE" }));
  const score = { name: "score", summary: "Scores.", options: { checkpoint } };
  equal(parseCommandLine(score, ["--checkpoint", "a"]).values.checkpoint, "a");
  throws(() => parseCommandLine(score, []), new WrongUsage("--checkpoint FILE is missing"));
});

Deno.test("the help lists every word and option in one column, wrapped", () => {
  const long = "a".repeat(40) + " " + "b".repeat(40);
  const help = helpText({
    name: "score",
    summary: "Scores images.",
    positionals: { image: optionalArgument("IMAGE", "what to read") },
    options: {
      checkpoint: required(text("weights", { label: "FILE" })),
      device: choice("where to compute", ["js", "wasm", "webgpu", "cheapest"], { default: "js" }),
      size: integer(long),
    },
  });
  equal(
    help,
    `Usage: deno task score [IMAGE] [options]

Scores images.

  IMAGE              what to read
  --checkpoint FILE  weights (required)
  --device js|wasm|webgpu|cheapest
                     where to compute (default: js)
  --size N           ${"a".repeat(40)}
                     ${"b".repeat(40)}
  --help             print this help`,
  );
});

Deno.test("the help fits 80 columns, and an empty default is none", () => {
  const help = helpText({
    name: "train",
    summary: "word ".repeat(40).trim(),
    options: {
      data: text("folder", { label: "DIR", default: "" }),
      size: { ...integer("side", { default: 64 }), standing: "64; faithful 256" },
    },
  });
  for (const line of help.split("\n")) ok(line.length <= 80, line);
  match(help, /^ {2}--data DIR {2}folder$/m);
  match(help, /^ {2}--size N {4}side \(default: 64; faithful 256\)$/m);
});

const PROGRAM = `
import { argument, CheckFailed, Interrupted, run, WrongUsage } from "${new URL(
  "../meta/command_line.ts",
  import.meta.url,
)}";
await run({
  name: "act",
  summary: "Acts.",
  positionals: { act: argument("ACT", "what to do") },
  async main({ act }) {
    await Promise.resolve();
    if (act === "check") throw new CheckFailed("1 of 3 differs");
    if (act === "fail") throw new RangeError("Cannot act: the act must be good, got fail");
    if (act === "usage") throw new WrongUsage("this act is not for you");
    if (act === "interrupt") throw new Interrupted("stopped");
    if (act === "bug") Reflect.get(undefined, act);
    if (act === "write") while (true) Deno.stdout.writeSync(new Uint8Array(65536));
    console.log("done");
  },
});`;

async function act(...args: string[]) {
  const program = "data:text/typescript," + encodeURIComponent(PROGRAM);
  const command = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--no-config", program, ...args],
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("the exit code says how a task ended, and only data goes to stdout", async () => {
  deepEqual(await act("well"), { code: 0, stdout: "done\n", stderr: "" });
  deepEqual(await act("check"), { code: 1, stdout: "", stderr: "check failed: 1 of 3 differs\n" });
  deepEqual(await act("fail"), {
    code: 1,
    stdout: "",
    stderr: "error: Cannot act: the act must be good, got fail\n",
  });
  deepEqual(await act("interrupt"), { code: 130, stdout: "", stderr: "stopped\n" });
  deepEqual(await act("usage"), {
    code: 2,
    stdout: "",
    stderr: "error: this act is not for you\nrun with --help to see what act takes\n",
  });
  equal((await act()).code, 2);
});

Deno.test("a mistake in the code shows its stack", async () => {
  const { code, stderr } = await act("bug");
  equal(code, 1);
  match(stderr, /^TypeError: .*\n {4}at /);
});

Deno.test("help goes to stdout and ends with 0, whatever else is typed", async () => {
  const { code, stdout, stderr } = await act("--nonsense", "--help");
  equal(code, 0);
  match(stdout, /^Usage: deno task act ACT \[options\]\n/);
  equal(stderr, "");
});

Deno.test("a reader that stops reading ends a task quietly", async () => {
  const program = "data:text/typescript," + encodeURIComponent(PROGRAM);
  const task = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--no-config", program, "write"],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = task.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const [{ code }, stderr] = await Promise.all([task.status, new Response(task.stderr).text()]);
  deepEqual({ code, stderr }, { code: 0, stderr: "" });
});
