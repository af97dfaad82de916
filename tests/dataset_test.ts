import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { checkDataset } from "../data/check.ts";
import { parseCsv } from "../data/csv.ts";
import { openDataRoot } from "../data/data_root.ts";
import { depthPath, listDomains, openDomain, readSamples, type Sample } from "../data/domain.ts";
import { parseManifest } from "../data/manifest.ts";
import { splitSamples } from "../data/split.ts";
import { randomKey } from "../tensor/random.ts";
import { fc } from "./fast_check.ts";
import { domainFiles, plainJpeg, tempDataset } from "./temp_dataset.ts";

Deno.test("CSV: quotes, commas and line breaks in quotes, CRLF, blank lines, spaces", () => {
  const text = 'a, b ,c\r\n\r\n"1,""x""","two\nlines", 3\n"",,';
  deepEqual([...parseCsv(text, "t.csv")], [
    { line: 1, fields: ["a", "b", "c"] },
    { line: 3, fields: ['1,"x"', "two\nlines", "3"] },
    { line: 5, fields: ["", "", ""] },
  ]);
});

Deno.test("CSV: a quote in the wrong place is named with its line", () => {
  throws(() => [...parseCsv('a\n"b', "t.csv")], /t\.csv line 2: a quoted field does not end/);
  throws(() => [...parseCsv('a\nb"c"\n', "t.csv")], /t\.csv line 2: after a field comes .* "\\""/);
  throws(() => [...parseCsv('"a"b\n', "t.csv")], /t\.csv line 1: after a field comes .* "b"/);
  throws(() => [...parseCsv('"a\nb"c\n', "t.csv")], /t\.csv line 2: after/);
});

Deno.test("CSV: what is quoted is read back, whatever it holds", () => {
  const field = fc.oneof(fc.string(), fc.constantFrom('"', ",", "\n", "\r\n", " x "));
  fc.assert(
    fc.property(fc.array(fc.array(field, { minLength: 2 })), (rows) => {
      const quote = (value: string) => `"${value.replaceAll('"', '""')}"`;
      const text = rows.map((row) => row.map(quote).join(",") + "\r\n").join("");
      deepEqual([...parseCsv(text, "t")].map(({ fields }) => fields), rows);
    }),
    { seed: 1 },
  );
});

Deno.test("a manifest's columns stand in any order, others are skipped, empty is unknown", () => {
  const manifest = parseManifest(
    "box,split,image,attack,subject\n1 2 3 4,dev,./a//b.jpg,,7\n,,c.jpg,print,8\n",
    "manifest.csv",
  );
  const unknown = undefined;
  deepEqual(manifest.get("a/b.jpg"), {
    subject: "7",
    video: unknown,
    attack: unknown,
    split: "dev",
  });
  deepEqual(manifest.get("c.jpg"), {
    subject: "8",
    video: unknown,
    attack: "print",
    split: unknown,
  });
});

Deno.test("a faulty manifest is named with its line", () => {
  const refused = (text: string, message: RegExp) =>
    throws(() => parseManifest(text, "M/manifest.csv"), message);
  refused("", /M\/manifest\.csv: its first line must name the columns/);
  refused("subject,split\n", /image among them .* got "subject,split"/);
  refused("image,image\n", /line 1: the column image stands twice/);
  refused("image,split\na.jpg,dev\nb.jpg,val\n", /line 3: the split must be train, dev, test/);
  refused("image,split\na.jpg\n", /line 2: the header has 2 columns, this row has 1/);
  refused("image\na.jpg\n\na.jpg\n", /line 4: "a\.jpg" already stands in line 2/);
  refused("image\n../a.jpg\n", /line 2: the path "\.\.\/a\.jpg" climbs/);
  refused("image,split\n,dev\n", /line 2: the path "" is empty/);
});

Deno.test("samples carry what the manifest knows, in list order", async () => {
  await using dataset = await tempDataset({
    "MSU/image_list_all.txt": "b.jpg 0\na.jpg 1\n",
    "MSU/manifest.csv": "image,subject,attack\na.jpg,1,\nb.jpg,2,replay\nunlisted.jpg,3,\n",
  });
  const domain = await openDomain(await openDataRoot(dataset.path), "MSU");
  const samples = await readSamples(domain, "all");
  deepEqual(samples.map(({ image, subject, attack }) => [image, subject, attack]), [
    ["b.jpg", "2", "replay"],
    ["a.jpg", "1", undefined],
  ]);
});

Deno.test("an image may be listed again, but not as live and spoof; a list may not be empty", async () => {
  await using dataset = await tempDataset({
    "A/image_list_all.txt": "a.jpg 0\na.jpg 0\n",
    "B/image_list_all.txt": "a.jpg 0\n./a.jpg 1\n",
    "C/image_list_all.txt": "\n",
  });
  const root = await openDataRoot(dataset.path);
  equal((await readSamples(await openDomain(root, "A"), "all")).length, 2);
  await rejects(
    readSamples(await openDomain(root, "B"), "all"),
    /B\/image_list_all\.txt line 2: "a\.jpg" has label 1 here and 0 in line 1/,
  );
  await rejects(
    readSamples(await openDomain(root, "C"), "all"),
    /C\/image_list_all\.txt: it names no image/,
  );
});

Deno.test("a domain is one folder inside the root; a missing one is told which there are", async () => {
  await using dataset = await tempDataset({
    "MSU/image_list_all.txt": "",
    "OULU/image_list_real.txt": "",
    "OULU/image_list_fake.txt": "",
    "notes/readme.txt": "",
  });
  const root = await openDataRoot(dataset.path);
  deepEqual(await listDomains(root), ["MSU", "OULU"]);
  await rejects(openDomain(root, "CASIA"), /domain CASIA: .*no such .*domains in .*: MSU, OULU$/);
  for (const name of ["..", ".", "", "a/b", "a\\b", "a\0"]) {
    await rejects(openDomain(root, name), /it must be the name of one folder/);
  }
  await using outside = await tempDataset({ "image_list_all.txt": "a.jpg 1\n" });
  await Deno.symlink(outside.path, `${dataset.path}/leak`);
  await rejects(openDomain(root, "leak"), /leak: a symbolic link leads out of/);
  await rejects(openDataRoot(`${dataset.path}/none`), /Cannot open the data folder .*none: /);
});

Deno.test("a live image has a depth map of its own, a spoof its domain's", () => {
  const sample = (image: string, label: 0 | 1) => ({
    domain: "D",
    listFile: "l",
    line: 1,
    image,
    label,
  });
  equal(depthPath(sample("a/b/c.jpg", 1)), "D/depth/a/b/c_depth.jpg");
  equal(depthPath(sample("c.v1.jpeg", 1)), "D/depth/c.v1_depth.jpg");
  equal(depthPath(sample("a/b/c.jpg", 0)), "D/depth/fake_depth.jpg");
});

/** Samples of subjects `0` to `subjects − 1`, each with two live and two spoof images. */
function samplesOf(subjects: number, known = true): Sample[] {
  return Array.from({ length: 4 * subjects }, (_, i) => ({
    domain: "D",
    image: `${i}.jpg`,
    label: i % 2 === 0 ? 1 : 0,
    listFile: "l",
    line: i + 1,
    subject: known ? String(Math.floor(i / 4)) : undefined,
  }));
}

const subjectsOf = (samples: readonly Sample[]) => new Set(samples.map(({ subject }) => subject));

Deno.test("a tenth of the subjects is held out, nobody is in both parts, nothing is lost", () => {
  for (const [subjects, heldOutSubjects] of [[2, 1], [3, 1], [14, 1], [15, 2], [40, 4]]) {
    const samples = samplesOf(subjects);
    const { train, heldOut, notes } = splitSamples(samples, randomKey(5));
    equal(subjectsOf(heldOut).size, heldOutSubjects);
    ok(subjectsOf(train).isDisjointFrom(subjectsOf(heldOut)));
    deepEqual([...train, ...heldOut].sort((a, b) => a.line - b.line), samples);
    deepEqual(notes, []);
  }
});

Deno.test("the held-out part depends on seed and names, not on the order of the list", () => {
  const samples = samplesOf(40);
  const held = (list: Sample[], seed: number) =>
    [...subjectsOf(splitSamples(list, randomKey(seed)).heldOut)].sort();
  deepEqual(held(samples, 1), held(samples.toReversed(), 1));
  ok(held(samples, 1).join() !== held(samples, 2).join());
});

Deno.test("where subjects are unknown, a tenth of each class's images is held out, and said so", () => {
  const { train, heldOut, notes } = splitSamples(samplesOf(10, false), randomKey(0));
  equal(train.length, 36);
  deepEqual(heldOut.map(({ label }) => label).sort(), [0, 0, 1, 1]);
  match(notes.join(), /D: the held-out part is chosen by image/);
});

Deno.test("the manifest's split decides where it is given; test images are left aside", () => {
  const splits = ["train", "dev", "test"] as const;
  const samples = samplesOf(3).map((sample, i) => ({ ...sample, split: splits[i % 3] }));
  const { train, heldOut } = splitSamples(samples, randomKey(0));
  deepEqual(train.map(({ line }) => line), [1, 4, 7, 10]);
  deepEqual(heldOut.map(({ line }) => line), [2, 5, 8, 11]);
  const gap = samples.map((sample, i) => i === 4 ? { ...sample, split: undefined } : sample);
  throws(() => splitSamples(gap, randomKey(0)), /Cannot split D: .* none for 4\.jpg \(l line 5\)/);
});

Deno.test("a held-out part that would be empty, or lacks a class, is told of", () => {
  const single = splitSamples(samplesOf(1), randomKey(0));
  equal(single.train.length, 4);
  deepEqual(single.notes, ["D: no held-out part, it would be empty"]);
  const liveOnly = samplesOf(4).filter(({ label }) => label === 1);
  deepEqual(splitSamples(liveOnly, randomKey(0)).notes, ["D: the held-out part has no spoof"]);
  deepEqual(splitSamples([], randomKey(0)), { train: [], heldOut: [], notes: [] });
});

Deno.test("a sound dataset passes the check", async () => {
  await using dataset = await tempDataset(await domainFiles("OULU", { live: 3, spoof: 2 }));
  const report = await checkDataset(dataset.path, { train: ["OULU"], score: ["OULU"] });
  deepEqual(report, { images: 10, problems: [], problemCount: 0, warnings: [] });
});

Deno.test("the check names list, line and image of every problem", async () => {
  await using dataset = await tempDataset(await domainFiles("OULU", { live: 5, spoof: 3 }));
  const at = (path: string) => `${dataset.path}/OULU/${path}`;
  await Deno.remove(at("live/0.jpg"));
  await Deno.remove(at("depth/live/1_depth.jpg"));
  await Deno.writeTextFile(at("live/2.jpg"), "no image");
  await Deno.truncate(at("live/3.jpg"), (await Deno.stat(at("live/3.jpg"))).size - 2);
  await dataset.write("OULU/live/4.jpg", absurdJpeg(await plainJpeg(16, [0, 0, 0])));
  await Deno.remove(at("depth/fake_depth.jpg"));
  await Deno.writeTextFile(
    at("image_list_fake.txt"),
    "spoof/0.jpg 0\nspoof/1.jpg 5\nspoof/2.jpg 0\n",
  );
  const { problems, problemCount } = await checkDataset(dataset.path, { train: ["OULU", "X"] });
  equal(problemCount, 8);
  const list = (name: string) => `${dataset.path}/OULU/image_list_${name}.txt`;
  const wanted = [
    [list("fake"), "line 2: the label must be 0 or 1"],
    [`${list("real")} line 1, image live/0.jpg: `, "live/0.jpg: there is no such file"],
    [`${list("real")} line 2, image live/1.jpg: `, "live/1_depth.jpg: there is no such file"],
    [`${list("real")} line 3, image live/2.jpg: `, "neither JPEG, PNG nor BMP"],
    [`${list("real")} line 4, image live/3.jpg: `, "cut short"],
    [`${list("real")} line 5, image live/4.jpg: `, "65535x65535"],
    [`${list("fake")} line 1, image spoof/0.jpg: `, "fake_depth.jpg: there is no such file"],
    ["Cannot open domain X: ", "domains in"],
  ];
  wanted.forEach(([place, reason], i) => {
    ok(problems[i].includes(place) && problems[i].includes(reason), `${problems[i]} ~ ${reason}`);
  });
});

/** The JPEG with 65535 by 65535 written into its frame header. */
function absurdJpeg(jpeg: Uint8Array): Uint8Array {
  const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  jpeg.set([0xff, 0xff, 0xff, 0xff], frame + 5);
  return jpeg;
}

Deno.test("the check describes so many problems and counts the rest", async () => {
  await using dataset = await tempDataset({
    "D/image_list_all.txt": Array.from({ length: 50 }, (_, i) => `${i}.jpg 1\n`).join(""),
  });
  const report = await checkDataset(dataset.path, { score: ["D"], limit: 3 });
  equal(report.problems.length, 3);
  equal(report.problemCount, 50);
});

Deno.test("the check reads headers behind long metadata, and ends before trailing notes", async () => {
  const jpeg = await plainJpeg(16, [9, 9, 9]);
  const comment = new Uint8Array(65535 + 2);
  comment.set([0xff, 0xfe, 0xff, 0xff]);
  const long = new Uint8Array([0xff, 0xd8, ...comment, ...comment, ...jpeg.subarray(2)]);
  const trailed = new Uint8Array([...jpeg, ...new Uint8Array(100_000)]);
  await using dataset = await tempDataset({
    "D/a.jpg": long,
    "D/b.jpg": trailed,
    "D/image_list_all.txt": "a.jpg 1\nb.jpg 0\n",
  });
  deepEqual((await checkDataset(dataset.path, { score: ["D"] })).problems, []);
  await Deno.truncate(`${dataset.path}/D/a.jpg`, long.length - 2);
  match((await checkDataset(dataset.path, { score: ["D"] })).problems.join(), /cut short/);
});

Deno.test("the check warns of repeats, gaps in the manifest and other image sizes", async () => {
  await using dataset = await tempDataset({
    "D/a.jpg": await plainJpeg(16, [0, 0, 0]),
    "D/b.jpg": await plainJpeg(24, [0, 0, 0]),
    "D/image_list_all.txt": "a.jpg 1\na.jpg 1\nb.jpg 0\n",
    "D/manifest.csv": "image\na.jpg\n",
  });
  const { warnings, problems } = await checkDataset(dataset.path, { score: ["D"], imageSize: 16 });
  deepEqual(problems, []);
  equal(warnings.length, 3);
  match(warnings[0], /^D: 1 of 3 lines list an image again.* first is a\.jpg \(.* line 2\)/);
  match(warnings[1], /^D: manifest\.csv leaves out 1 of 3 images; the first is b\.jpg/);
  match(warnings[2], /^D: 1 images are not 16x16 .* b\.jpg \(.* line 3\), 24x24/);
});
