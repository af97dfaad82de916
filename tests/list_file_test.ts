import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { openDataRoot, readInside } from "../data/data_root.ts";
import { type ListName, readListFile } from "../data/list_file.ts";
import { MAX_LINE_BYTES } from "../data/text_lines.ts";
import { messageOf } from "../data/fault.ts";
import { fc } from "./fast_check.ts";
import { tempDataset } from "./temp_dataset.ts";

async function readList(content: string | Uint8Array, list: ListName = "all") {
  await using dataset = await tempDataset({ [`OULU/image_list_${list}.txt`]: content });
  const root = await openDataRoot(dataset.path);
  return await Array.fromAsync(readListFile(root, "OULU", list));
}

/** The error of a list file whose second line is faulty must name both. */
async function rejectsLine2(line: string | Uint8Array, reason: RegExp, list: ListName = "all") {
  const first = list === "fake" ? "ok.jpg 0\n" : "ok.jpg 1\n";
  const bytes = typeof line === "string" ? new TextEncoder().encode(line) : line;
  const content = new Uint8Array([...new TextEncoder().encode(first), ...bytes]);
  await rejects(readList(content, list), ({ message }: Error) => {
    ok(message.includes(`OULU/image_list_${list}.txt line 2: `), message);
    ok(reason.test(message), message);
    return true;
  });
}

Deno.test("a list file gives paths, labels and line numbers", async () => {
  deepEqual(await readList("a/b.jpg 1\nc.png 0\n"), [
    { path: "a/b.jpg", label: 1, line: 1 },
    { path: "c.png", label: 0, line: 2 },
  ]);
});

Deno.test("a byte order mark, CRLF, tabs, blank lines, spaces and a missing last newline", async () => {
  deepEqual(await readList("\uFEFFa.jpg 1\r\n\r\n  \t\r\n \tb.jpg \t 0 \t\r\nc.jpg\t1"), [
    { path: "a.jpg", label: 1, line: 1 },
    { path: "b.jpg", label: 0, line: 4 },
    { path: "c.jpg", label: 1, line: 5 },
  ]);
});

Deno.test("the label is the last word, so a path may hold spaces and any letters", async () => {
  deepEqual(await readList("my face 1.jpg 0\nvidéo/顔 .jpg 1\n\uFEFFx 1\n"), [
    { path: "my face 1.jpg", label: 0, line: 1 },
    { path: "vidéo/顔 .jpg", label: 1, line: 2 },
    { path: "\uFEFFx", label: 1, line: 3 },
  ]);
});

Deno.test("a path is brought to its plainest form", async () => {
  deepEqual((await readList("./a//b/./c.jpg 1\n"))[0].path, "a/b/c.jpg");
});

Deno.test("a label other than 0 or 1 is named with its line", async () => {
  await rejectsLine2("b.jpg 2\n", /the label must be 0 or 1, got "2"$/);
  await rejectsLine2("b.jpg 01\n", /got "01"$/);
  await rejectsLine2("b.jpg 1.0\n", /got "1.0"$/);
  await rejectsLine2("b.jpg -1\n", /got "-1"$/);
  await rejectsLine2("b.jpg\n", /must be "path label", got "b.jpg"$/);
  await rejectsLine2("b.jpg,1\n", /must be "path label", got "b.jpg,1"$/);
  await rejectsLine2("1\n", /must be "path label", got "1"$/);
});

Deno.test("the real list takes live images only, the fake list spoofs only", async () => {
  await rejectsLine2("b.jpg 0\n", /holds live images only, label 1, got 0$/, "real");
  await rejectsLine2("b.jpg 1\n", /holds spoofs only, label 0, got 1$/, "fake");
});

Deno.test("a path that leaves the domain's folder is refused before any file is touched", async () => {
  await rejectsLine2("../CASIA/b.jpg 1\n", /climbs with \.\./);
  await rejectsLine2("a/../../../b.jpg 1\n", /climbs with \.\./);
  await rejectsLine2("a/../b.jpg 1\n", /climbs with \.\./);
  await rejectsLine2("/etc/passwd 1\n", /is absolute/);
  await rejectsLine2("C:/b.jpg 1\n", /is absolute/);
  await rejectsLine2("a\\b.jpg 1\n", /backslash/);
  await rejectsLine2("..\\..\\b.jpg 1\n", /backslash/);
  await rejectsLine2("a\0.jpg 1\n", /control character/);
  await rejectsLine2("a\x1b[2J.jpg 1\n", /control character/);
  await rejectsLine2("a/ 1\n", /names a folder/);
  await rejectsLine2(". 1\n", /names a folder/);
});

Deno.test("bytes that are not UTF-8 and endless lines are named with their line", async () => {
  await rejectsLine2(Uint8Array.of(0x61, 0xff, 0x20, 0x31), /it is not UTF-8 text$/);
  await rejectsLine2("a".repeat(MAX_LINE_BYTES + 1), /it is longer than 8192 bytes/);
  await rejectsLine2("a".repeat(2 ** 20), /it is longer than 8192 bytes/);
  const longest = "a".repeat(MAX_LINE_BYTES - 2);
  equal((await readList(`${longest} 1`))[0].path, longest);
});

Deno.test("a line that straddles two reads is whole", async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `folder/${i}.jpg ${i % 2}`);
  const read = await readList(lines.join("\n"));
  deepEqual(read.map(({ path, label }) => `${path} ${label}`), lines);
});

Deno.test("a missing list file and a folder in its place are named", async () => {
  await using dataset = await tempDataset({ "OULU/image_list_all.txt/x": "" });
  const root = await openDataRoot(dataset.path);
  await rejects(
    readListFile(root, "OULU", "real").next(),
    /Cannot read .*OULU.image_list_real\.txt: there is no such file/,
  );
  await rejects(
    readListFile(root, "OULU", "all").next(),
    /image_list_all\.txt: it is not a regular file/,
  );
});

Deno.test("with a collector, faulty lines are skipped and every one is reported", async () => {
  await using dataset = await tempDataset({
    "OULU/image_list_all.txt": "a.jpg 1\nb.jpg 7\nc.jpg 0\n/d.jpg 0\n",
  });
  const root = await openDataRoot(dataset.path);
  const faults: string[] = [];
  const list = readListFile(root, "OULU", "all", (fault) => faults.push(messageOf(fault)));
  deepEqual((await Array.fromAsync(list)).map(({ line }) => line), [1, 3]);
  deepEqual(faults.map((fault) => /line (\d)/.exec(fault)?.[1]), ["2", "4"]);
});

Deno.test("a symbolic link may point inside the data folder, never out of it", async () => {
  await using outside = await tempDataset({ "secret.jpg": "secret" });
  await using dataset = await tempDataset({ "OULU/a.jpg": "inside" });
  await Deno.symlink(`${dataset.path}/OULU/a.jpg`, `${dataset.path}/OULU/link.jpg`);
  await Deno.symlink(`${outside.path}/secret.jpg`, `${dataset.path}/OULU/leak.jpg`);
  await Deno.symlink(outside.path, `${dataset.path}/OULU/folder`);
  await Deno.symlink("loop.jpg", `${dataset.path}/OULU/loop.jpg`);
  const root = await openDataRoot(dataset.path);
  equal(new TextDecoder().decode(await readInside(root, "OULU/link.jpg")), "inside");
  await rejects(readInside(root, "OULU/leak.jpg"), /leak\.jpg: a symbolic link leads out of/);
  await rejects(readInside(root, "OULU/folder/secret.jpg"), /a symbolic link leads out of/);
  await rejects(readInside(root, "OULU/loop.jpg"), /Cannot read .*loop\.jpg: /);
});

Deno.test("a data folder that is itself a symbolic link is what the user asked for", async () => {
  await using dataset = await tempDataset({ "data/OULU/a.jpg": "inside" });
  await Deno.symlink(`${dataset.path}/data`, `${dataset.path}/link`);
  const root = await openDataRoot(`${dataset.path}/link`);
  equal((await readInside(root, "OULU/a.jpg")).length, 6);
});

Deno.test("any bytes as a list file give images with plain paths, or an error with a name", async () => {
  await using dataset = await tempDataset({ "D/x": "" });
  const root = await openDataRoot(dataset.path);
  const piece = fc.oneof(
    fc.constantFrom("a.jpg 1\n", "b 0\r\n", " ", "\t", "\n", "\0", "../", "/", "\uFEFF", "\\"),
    fc.string(),
  );
  const text = fc.array(piece).map((pieces) => new TextEncoder().encode(pieces.join("")));
  await fc.assert(
    fc.asyncProperty(fc.oneof(text, fc.uint8Array()), async (bytes) => {
      await dataset.write("D/image_list_all.txt", bytes);
      try {
        for await (const { path, label } of readListFile(root, "D", "all")) {
          ok(label === 0 || label === 1);
          ok(!path.split("/").includes("..") && !path.startsWith("/") && !/\p{Cc}/u.test(path));
        }
      } catch (error) {
        ok(messageOf(error).includes("image_list_all.txt line "), messageOf(error));
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});
