import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkDataset } from "../data/check.ts";
import { decodeJpeg } from "../data/jpeg.ts";
import { openDataRoot } from "../data/data_root.ts";
import { readManifest } from "../data/manifest.ts";
import { type DomainFile, domainFiles } from "../data/synth/contract.ts";
import { DOMAINS, SYNTHETIC_DOMAINS, type SyntheticDomain } from "../data/synth/domains.ts";
import { drawLight } from "../data/synth/light.ts";
import { planDomain } from "../data/synth/plan.ts";
import { drawLook, FARTHEST_FACE, renderPortrait } from "../data/synth/portrait.ts";
import { drawSubject } from "../data/synth/subject.ts";
import { type SyntheticSetOptions, writeSyntheticSet } from "../data/synth/write.ts";
import { foldIn, randomKey } from "../tensor/random.ts";
import { tempDataset } from "./temp_dataset.ts";

const SMALL = { seed: 1, subjects: 2, imageSize: 32 };
const [phone, webcam] = DOMAINS;

async function hashes(domain: SyntheticDomain, settings = SMALL): Promise<Map<string, string>> {
  const files: DomainFile[] = await Array.fromAsync(domainFiles(domain, settings));
  return new Map(files.map(({ path, bytes }) => [path, sha256(bytes)]));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

const phoneHashes = await hashes(phone);

Deno.test("a seed gives the same bytes again, in whatever order domains are drawn", async () => {
  await hashes(webcam);
  deepEqual(await hashes(phone), phoneHashes);
});

Deno.test("no two pictures are the same, and another seed gives others of the same names", async () => {
  const isPicture = ([path]: [string, string]) => /^(live|spoof)/.test(path);
  const other = await hashes(phone, { ...SMALL, seed: 2 });
  deepEqual([...other.keys()], [...phoneHashes.keys()]);
  const pictures = [...phoneHashes, ...other].filter(isPicture).map(([, hash]) => hash);
  equal(pictures.length, 64);
  equal(new Set(pictures).size, 64);
});

Deno.test("a subject is drawn the same however many there are beside it", async () => {
  const three = await hashes(phone, { ...SMALL, subjects: 3 });
  for (const [path, hash] of phoneHashes) {
    if (path.includes("phone-0")) equal(three.get(path), hash, path);
  }
  ok([...three.keys()].some((path) => path.includes("phone-03")));
});

Deno.test("the task writes what the loader wants: four folders, the same bytes as here", async () => {
  await using folder = await tempDataset();
  const root = join(folder.path, "new", "set");
  const task = await synth(root, "--subjects", "2", "--image-size", "32", "--seed", "1");
  deepEqual(task.stdout.trim().split("\n"), SYNTHETIC_DOMAINS.map((name) => join(root, name)));
  match(task.stderr, /webcam +16 live, 16 spoof \(12 print, 4 replay\)/);
  match(task.stderr, /note: no split dev/);
  equal(task.code, 0);

  deepEqual(await namesIn(root), ["dataset.json", ...SYNTHETIC_DOMAINS].sort());
  for (const [path, hash] of phoneHashes) {
    equal(sha256(await Deno.readFile(join(root, "phone", path))), hash, path);
  }
  const checked = await checkDataset(root, {
    train: SYNTHETIC_DOMAINS,
    score: SYNTHETIC_DOMAINS,
    imageSize: 32,
  });
  deepEqual(checked, { images: 256, problems: [], problemCount: 0, warnings: [] });
  const zero = await decodeJpeg(await Deno.readFile(join(root, "webcam/depth/fake_depth.jpg")));
  ok(zero.data.every((value) => value === 0));

  const dataRoot = await openDataRoot(root);
  const domainOf = new Map<string, string>();
  for (const name of SYNTHETIC_DOMAINS) {
    for (const [image, { subject = "", attack, split }] of await readManifest(dataRoot, name)) {
      equal(domainOf.get(subject) ?? name, name, "a subject belongs to one domain");
      domainOf.set(subject, name);
      equal(attack === undefined, image.startsWith("live/"));
      equal(split, "train");
    }
  }
  equal(domainOf.size, 8);

  const again = await writeSyntheticSet(root, SMALL);
  equal(again.written, false);
  deepEqual(again.domains[0], {
    name: "phone",
    subjects: { train: 2, dev: 0 },
    images: { live: 16, print: 8, replay: 8 },
  });
});

Deno.test("one subject in five is held out, live videos and attacks together", () => {
  for (const [subjects, dev] of [[2, 0], [4, 0], [5, 1], [12, 2]]) {
    const plan = planDomain(webcam, { ...SMALL, subjects });
    equal(plan.filter(({ split }) => split === "dev").length, dev);
    equal(new Set(plan.map(({ name }) => name)).size, subjects);
    for (const { videos } of plan) {
      deepEqual(videos.map(({ attack }) => attack), [
        ...[undefined, undefined, undefined, undefined],
        ...webcam.attacks,
      ]);
    }
  }
});

Deno.test("depth is zero off the face, and on it between its farthest value and one", () => {
  const size = 64;
  const green = [0, 9, 0] as const;
  for (let person = 0; person < 12; person++) {
    const key = foldIn(randomKey(person), "depth test");
    const look = drawLook(key, foldIn(key, 0), phone.stance);
    const light = drawLight(key, phone.illumination);
    const subject = drawSubject(key);
    const { radiance, depth } = renderPortrait(subject, look, light, () => green, size, 0.7);
    const face: number[] = [];
    let crownRow = size;
    for (let pixel = 0; pixel < size * size; pixel++) {
      const [near] = depth.data.subarray(3 * pixel, 3 * pixel + 1);
      const isBackdrop = radiance.data[3 * pixel + 1] === 9;
      const row = Math.floor(pixel / size);
      if (!isBackdrop) crownRow = Math.min(crownRow, row);
      const isHair = row <= crownRow + 1;
      const isBody = row >= size - 4;
      if (isBackdrop || isHair || isBody) equal(near, 0);
      if (near > 0) face.push(near);
    }
    const share = face.length / (size * size);
    ok(share > 0.08 && share < 0.3, `the face fills ${share} of the crop`);
    equal(Math.max(...face), 1);
    ok(Math.abs(Math.min(...face) - FARTHEST_FACE) < 1e-6);
    const middle = depth.data[3 * (size * size / 2 + size / 2)];
    ok(middle > 0.6, `the middle of the face is near, got ${middle}`);
  }
});

Deno.test("a folder with other files is refused and left as it is", async () => {
  await using folder = await tempDataset({ "phone/holiday.jpg": "mine" });
  await rejects(writeSyntheticSet(folder.path, SMALL), {
    message: `Cannot write a synthetic set to ${folder.path}: the folder holds other files ` +
      `(phone); name a new or empty folder`,
  });
  deepEqual(await namesIn(folder.path), ["phone"]);
  await folder.write("dataset.json", '{"made_by": "somebody else"}');
  await rejects(writeSyntheticSet(folder.path, SMALL), /holds other files \(dataset.json\)/);
  await rejects(
    writeSyntheticSet(join(folder.path, "dataset.json"), SMALL),
    /^Error: Cannot write/,
  );
});

Deno.test("an interrupted set leaves nothing, and one killed while moving is finished", async () => {
  await using folder = await tempDataset();
  const stop = new AbortController();
  const reason = new Error("enough");
  const onProgress = (images: number, of: number) => {
    equal(of, 128);
    if (images === 3) stop.abort(reason);
  };
  const options: SyntheticSetOptions = { ...SMALL, signal: stop.signal, onProgress };
  await rejects(writeSyntheticSet(folder.path, options), reason);
  deepEqual(await namesIn(folder.path), []);

  await folder.write(".unfinished/phone/left-by-a-killed-run.jpg", "half");
  const both = await Promise.all([
    writeSyntheticSet(folder.path, SMALL),
    writeSyntheticSet(folder.path, SMALL),
  ]);
  deepEqual(both.map(({ written }) => written).sort(), [false, true], "one waits for the other");
  equal((await namesIn(join(folder.path, "phone"))).includes("left-by-a-killed-run.jpg"), false);
  const whole = await namesIn(folder.path);

  await Deno.mkdir(join(folder.path, ".unfinished"));
  for (const name of ["tablet", "kiosk", "dataset.json"]) {
    await Deno.rename(join(folder.path, name), join(folder.path, ".unfinished", name));
  }
  equal((await writeSyntheticSet(folder.path, SMALL)).written, true);
  deepEqual(await namesIn(folder.path), whole);

  await rejects(
    writeSyntheticSet(folder.path, { ...SMALL, seed: 9 }),
    /another one \(seed 1, 2 sub/,
  );
  await Deno.remove(join(folder.path, "kiosk"), { recursive: true });
  await rejects(writeSyntheticSet(folder.path, SMALL), /the folder kiosk is missing/);
});

Deno.test("settings out of range are refused before anything is made", async () => {
  const root = join("does", "not", "exist");
  for (const wrong of [{ subjects: 1 }, { imageSize: 36 }, { imageSize: 520 }, { seed: -1 }]) {
    await rejects(writeSyntheticSet(root, wrong), RangeError);
  }
  await rejects(namesIn("does"), Deno.errors.NotFound);
});

Deno.test("the task calls an image size between two multiples of 8 wrong usage", async () => {
  const task = await synth("set", "--image-size", "36");
  deepEqual([task.code, task.stdout], [2, ""]);
});

async function synth(...args: string[]) {
  const program = fileURLToPath(new URL("../data/synth.ts", import.meta.url));
  const command = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--allow-read", "--allow-write", program, ...args],
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
