import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  type Batch,
  readAhead,
  scoringBatches,
  type TrainingBatch,
  trainingLoader,
} from "../data/batches.ts";
import { mapConcurrently } from "../data/concurrently.ts";
import { openDataRoot } from "../data/data_root.ts";
import { openDomain, readSamples, type Sample } from "../data/domain.ts";
import { ImageCache } from "../data/image_cache.ts";
import { networkDepth, networkInput, unitFloats } from "../data/network_input.ts";
import { type ReaderOptions, readSampleDepth, readSampleImage } from "../data/sample_reader.ts";
import { batchesPerPass, batchSampler, iterationsPerEpoch } from "../data/sampler.ts";
import { randomKey } from "../tensor/random.ts";
import { fc } from "./fast_check.ts";
import { domainFiles, tempDataset } from "./temp_dataset.ts";

const key = randomKey(3);

Deno.test("a pass draws every image at most once and drops the last short batch", () => {
  const indices = batchSampler(key, 11, 3, "images");
  for (let pass = 0; pass < 5; pass++) {
    const drawn = [0, 1, 2].flatMap((i) => [...indices(3 * pass + i)]);
    equal(new Set(drawn).size, 9);
    ok(drawn.every((index) => index >= 0 && index < 11));
  }
});

Deno.test("each pass has an order of its own, and over passes every image is drawn", () => {
  const indices = batchSampler(key, 11, 3, "images");
  const passes = Array.from(
    { length: 20 },
    (_, pass) => [0, 1, 2].flatMap((i) => [...indices(3 * pass + i)]),
  );
  equal(new Set(passes.map(String)).size, 20);
  equal(new Set(passes.flat()).size, 11);
});

Deno.test("a batch is a function of key and step, whatever was drawn before", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 10 }), fc.nat(50), (before, step) => {
      const used = batchSampler(key, 7, 2, "images");
      before.forEach(used);
      deepEqual(used(step), batchSampler(key, 7, 2, "images")(step));
    }),
    { seed: 1 },
  );
});

Deno.test("fewer images than a batch are an error that names them", () => {
  throws(
    () => batchSampler(key, 4, 5, "live images of OULU"),
    /^RangeError: Cannot draw batches from the live images of OULU: a batch wants 5, there are 4; /,
  );
  throws(() => batchesPerPass(4, 0, "x"), /^RangeError: .* must be a whole number from 1, got 0$/);
  throws(() => batchesPerPass(4, 1.5, "x"), /got 1\.5$/);
});

Deno.test("an epoch is as long as the longest loader", () => {
  const domains = [{ name: "A", live: 10, spoof: 23 }, { name: "B", live: 7, spoof: 5 }];
  equal(iterationsPerEpoch(domains, 5), 4);
  throws(() => iterationsPerEpoch(domains, 6), /spoofs of B: a batch wants 6, there are 5/);
});

Deno.test("image and depth are those of Pillow and PyTorch to the last bit", async () => {
  // Written by tests/reference/network_input.py.
  const folder = new URL("./fixtures/data/", import.meta.url);
  const bytes = (name: string) => Deno.readFile(new URL(name, folder));
  const expected = JSON.parse(new TextDecoder().decode(await bytes("network_input.json")));
  const image = unitFloats(await networkInput(await bytes("face.jpg"), "face.jpg", 16));
  equal(image.length, 6 * 16 * 16);
  const digest = createHash("sha256").update(new Uint8Array(image.buffer)).digest("hex");
  equal(digest, expected.image);
  const depth = unitFloats(await networkDepth(await bytes("depth.jpg"), "depth.jpg", 16));
  deepEqual([...depth], expected.depth);
});

Deno.test("the image size must be a multiple of 8", async () => {
  for (const size of [0, 4, 12, 16.5, -8, NaN]) {
    await rejects(networkInput(new Uint8Array(0), "x", size), /RangeError: .* multiple of 8/);
  }
});

Deno.test("the cache keeps what was used last, within its budget", async () => {
  const cache = new ImageCache(10);
  const loads: string[] = [];
  const get = (name: string, length = 4) =>
    cache.get(name, () => {
      loads.push(name);
      return Promise.resolve(new Uint8Array(length));
    });
  await get("a");
  await get("b");
  await get("a");
  equal(cache.bytes, 8);
  await get("c");
  equal(cache.bytes, 8);
  await get("a");
  deepEqual(loads, ["a", "b", "c"]);
  await get("b");
  deepEqual(loads, ["a", "b", "c", "b"]);
  await get("large", 11);
  await get("large", 11);
  deepEqual(loads.slice(4), ["large", "large"]);
  ok(cache.bytes <= 10);
  throws(() => new ImageCache(-1), RangeError);
});

Deno.test("callers at the same time share one load; a failed load is tried again", async () => {
  const cache = new ImageCache(100);
  let loads = 0;
  const load = async () => {
    loads++;
    await Promise.resolve();
    if (loads === 1) throw new Error("first");
    return new Uint8Array(1);
  };
  const both = await Promise.allSettled([cache.get("a", load), cache.get("a", load)]);
  deepEqual(both.map(({ status }) => status), ["rejected", "rejected"]);
  equal(loads, 1);
  equal((await cache.get("a", load)).length, 1);
});

Deno.test("work runs side by side up to the limit, in order, and stops at a failure", async () => {
  let running = 0;
  let most = 0;
  const work = async (n: number) => {
    most = Math.max(most, ++running);
    for (let i = 0; i < n % 3; i++) await Promise.resolve();
    running--;
    return n * n;
  };
  const items = Array.from({ length: 20 }, (_, i) => i);
  deepEqual(await mapConcurrently(items, 4, work), items.map((n) => n * n));
  equal(most, 4);
  const started: number[] = [];
  const failing = mapConcurrently(items, 2, (n) => {
    started.push(n);
    return n === 3 ? Promise.reject(new Error("3")) : Promise.resolve(n);
  });
  await rejects(failing, /3/);
  ok(started.length < 10);
});

Deno.test("reading ahead gives each step its batch, once, and no further than the end", async () => {
  const loads: number[] = [];
  const load = readAhead((step) => {
    loads.push(step);
    return Promise.resolve(step);
  }, 3);
  equal(await load(0), 0);
  deepEqual(loads, [0, 1]);
  equal(await load(1), 1);
  equal(await load(2), 2);
  deepEqual(loads, [0, 1, 2]);
  equal(await load(0), 0);
});

Deno.test("what fails ahead of time is thrown when its step is asked for", async () => {
  const load = readAhead((step) =>
    step === 1 ? Promise.reject(new Error("step 1")) : Promise.resolve(step)
  );
  equal(await load(0), 0);
  await new Promise((resolve) => setTimeout(resolve));
  await rejects(load(1), /step 1/);
});

interface OpenSet extends AsyncDisposable {
  path: string;
  training: Sample[];
  all: Sample[];
  options: ReaderOptions;
}

async function openSet(live: number, spoof: number, budget = 2 ** 20): Promise<OpenSet> {
  const dataset = await tempDataset(await domainFiles("OULU", { live, spoof }));
  const root = await openDataRoot(dataset.path);
  const domain = await openDomain(root, "OULU");
  const training = [...await readSamples(domain, "real"), ...await readSamples(domain, "fake")];
  const options = { root, imageSize: 16, cache: new ImageCache(budget) };
  const all = await readSamples(domain, "all");
  return { ...dataset, path: dataset.path, training, all, options };
}

function loaderOf({ training, options }: OpenSet, batchSize: number, seed = 0) {
  const source = { ...options, domain: "OULU", samples: training, batchSize };
  return trainingLoader({ ...source, key: randomKey(seed) });
}

/** The grey that `domainFiles` paints an image with. */
function greyOf({ image, label }: Sample): number {
  const index = Number(/(\d+)\.jpg$/.exec(image)?.[1]);
  return label === 1 ? 10 * index : 100 + 10 * index;
}

function checkPixels({ samples, images, labels }: Batch) {
  const size = 6 * 16 * 16;
  equal(images.length, samples.length * size);
  samples.forEach((sample, n) => {
    equal(labels[n], sample.label);
    const grey = Math.fround(greyOf(sample) / 255);
    const planes = [0, 1, 2, 3, 4, 5].map((c) => images[n * size + c * 256 + 100]);
    deepEqual(planes, [grey, grey, grey, 0, 0, grey], sample.image);
  });
}

function checkDepths({ samples, depths }: TrainingBatch) {
  equal(depths.length, samples.length * 2 * 2);
  samples.forEach(({ image, label }, n) => {
    const index = Number(/(\d+)\.jpg$/.exec(image)?.[1]);
    const depth = Math.fround(label === 1 ? (200 + index) / 255 : 0);
    deepEqual([...depths.subarray(4 * n, 4 * n + 4)], [depth, depth, depth, depth], image);
  });
}

Deno.test("a training batch has as many live as spoof images, with their pixels and depths", async () => {
  await using set = await openSet(5, 4);
  const load = loaderOf(set, 2);
  for (let step = 0; step < 6; step++) {
    const batch = await load(step);
    equal(batch.samples.length, 4);
    equal(batch.labels.reduce((a, b) => a + b), 2);
    checkPixels(batch);
    checkDepths(batch);
  }
});

const imagesOf = ({ samples }: Batch) => samples.map(({ image }) => image);

Deno.test("training batches depend on seed and step alone, and are shuffled", async () => {
  await using set = await openSet(5, 4);
  const first = loaderOf(set, 2);
  const straight: string[][] = [];
  for (let step = 0; step < 8; step++) straight.push(imagesOf(await first(step)));
  const resumed = loaderOf(set, 2);
  for (const step of [7, 3, 5]) deepEqual(imagesOf(await resumed(step)), straight[step]);
  ok(
    straight.join() !== "" && imagesOf(await loaderOf(set, 2, 1)(0)).join() !== straight[0].join(),
  );
  const liveFirst = straight.filter((images) => images[0].startsWith("live")).length;
  ok(liveFirst > 0 && liveFirst < 8);
});

Deno.test("a domain with fewer images than a batch is named before anything is read", async () => {
  await using set = await openSet(3, 2);
  throws(() => loaderOf(set, 3), /^RangeError: .* spoofs of OULU: a batch wants 3, there are 2;/);
});

Deno.test("what is in the cache is not read again", async () => {
  await using set = await openSet(2, 2);
  const load = loaderOf(set, 2);
  const first = await load(0);
  equal(set.options.cache.bytes, 4 * 6 * 256 + 3 * 4);
  await Deno.remove(`${set.path}/OULU`, { recursive: true });
  const again = await load(0);
  deepEqual(again.images, first.images);
  deepEqual(again.depths, first.depths);
});

Deno.test("readers of several image sizes and kinds may share a cache", async () => {
  await using set = await openSet(1, 1);
  const [live] = set.training;
  const small = { ...set.options, imageSize: 8 };
  equal((await readSampleImage(live, set.options)).length, 6 * 16 ** 2);
  equal((await readSampleImage(live, small)).length, 6 * 8 ** 2);
  const depthAsImage = { ...live, image: "depth/live/0_depth.jpg" };
  equal((await readSampleImage(depthAsImage, small)).length, 6 * 8 ** 2);
  equal((await readSampleDepth(live, small)).length, 1);
});

Deno.test("an image that breaks while training is named with its list and line", async () => {
  await using set = await openSet(2, 2, 0);
  const file = `${set.path}/OULU/live/1.jpg`;
  const list = "image_list_real.txt line 2, image live/1.jpg: ";
  await Deno.truncate(file, (await Deno.stat(file)).size - 20);
  await rejects(loaderOf(set, 2)(0), ({ message }: Error) => {
    ok(message.includes(list) && message.includes("OULU/live/1.jpg: "), message);
    return true;
  });
  await Deno.remove(file);
  await rejects(loaderOf(set, 2)(0), /line 2, image live\/1\.jpg: .* there is no such file/);
});

Deno.test("scoring goes once through the list in its order, the last batch short", async () => {
  await using set = await openSet(4, 3);
  const batches = await Array.fromAsync(scoringBatches(set.all, 3, set.options));
  deepEqual(batches.map(({ samples }) => samples.length), [3, 3, 1]);
  deepEqual(batches.flatMap(imagesOf), set.all.map(({ image }) => image));
  batches.forEach(checkPixels);
  deepEqual(await Array.fromAsync(scoringBatches([], 3, set.options)), []);
  await rejects(scoringBatches(set.all, 0, set.options).next(), RangeError);
});

Deno.test("scoring needs no depth maps", async () => {
  await using set = await openSet(2, 1);
  await Deno.remove(`${set.path}/OULU/depth`, { recursive: true });
  equal((await Array.fromAsync(scoringBatches(set.all, 9, set.options)))[0].samples.length, 3);
});
