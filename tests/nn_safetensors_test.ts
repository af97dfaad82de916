/** The safetensors format: what is written comes back, damage is named, hostile files are refused. */

import {
  deepStrictEqual,
  match,
  notDeepStrictEqual,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decodeSafetensors, encodeSafetensors, type HostTensor } from "../mod.ts";
import { fc } from "./fast_check.ts";

const WEIGHT: HostTensor = {
  shape: [2, 3],
  dtype: "float32",
  data: Float32Array.of(1, -2, 3.5, 0, NaN, Infinity),
};
const TENSORS: Record<string, HostTensor> = {
  "0.weight": WEIGHT,
  "10": { shape: [], dtype: "int32", data: Int32Array.of(-7) },
  "2": { shape: [2], dtype: "float32", data: Float32Array.of(0.1, 0.2) },
  "double": { shape: [2], dtype: "float64", data: Float64Array.of(Math.PI, -0) },
  "empty": { shape: [0, 4], dtype: "float32", data: new Float32Array(0) },
  'größe "\u0001" 😀': { shape: [1], dtype: "int32", data: Int32Array.of(2 ** 31 - 1) },
};
const METADATA = { step: "60", config: 'lr = 0.1\nname = "x"', "0": "zero" };

/** A file with any text for a header. */
function file(header: string, body: Uint8Array = new Uint8Array(8)): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

function headerOf(bytes: Uint8Array): string {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  return new TextDecoder().decode(bytes.subarray(8, 8 + length));
}

function plain<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return { ...record };
}

async function refused(bytes: Uint8Array, problem: RegExp): Promise<void> {
  await rejects(decodeSafetensors(bytes, "runs/net.safetensors"), (error) => {
    ok(error instanceof Error);
    match(error.message, /^Cannot read runs\/net\.safetensors: /);
    match(error.message, problem);
    return true;
  });
}

Deno.test("what is written comes back", async () => {
  const bytes = await encodeSafetensors(TENSORS, METADATA);
  const { tensors, metadata } = await decodeSafetensors(bytes, "net");
  deepStrictEqual(plain(tensors), TENSORS);
  deepStrictEqual(plain(metadata), METADATA);
  const nothing = await decodeSafetensors(await encodeSafetensors({}), "net");
  deepStrictEqual([plain(nothing.tensors), plain(nothing.metadata)], [{}, {}]);
});

Deno.test("any names, shapes and metadata come back", async () => {
  const tensorLike = fc.record({
    shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    dtype: fc.constantFrom("float32" as const, "float64" as const, "int32" as const),
    seed: fc.integer(),
  }).map(({ shape, dtype, seed }): HostTensor => {
    const size = shape.reduce((product, length) => product * length, 1);
    const numbers = Array.from({ length: size }, (_, i) => seed + i);
    if (dtype === "int32") return { shape, dtype, data: Int32Array.from(numbers) };
    return dtype === "float64"
      ? { shape, dtype, data: Float64Array.from(numbers) }
      : { shape, dtype, data: Float32Array.from(numbers) };
  });
  const character = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
  const text = fc.oneof(
    fc.string(),
    fc.array(character, { maxLength: 6 }).map((characters) => characters.join("")),
    fc.constantFrom("__proto__", "constructor"),
  );
  const name = text.filter((name) => name !== "__metadata__" && name.isWellFormed());
  const strings = fc.array(
    fc.tuple(name.filter((key) => !/^sha256(:|$)/.test(key)), name),
    { maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, tensorLike), { maxLength: 5 }), strings, async (
      entries,
      pairs,
    ) => {
      const [tensors, metadata] = [Object.fromEntries(entries), Object.fromEntries(pairs)];
      const read = await decodeSafetensors(await encodeSafetensors(tensors, metadata), "net");
      deepStrictEqual(new Map(Object.entries(read.tensors)), new Map(Object.entries(tensors)));
      deepStrictEqual(new Map(Object.entries(read.metadata)), new Map(Object.entries(metadata)));
    }),
    { numRuns: 100, seed: 1 },
  );
});

Deno.test("the bytes depend on the content alone, and tensors lie aligned", async () => {
  const bytes = await encodeSafetensors(TENSORS, METADATA);
  const reversed = (record: object) => Object.fromEntries(Object.entries(record).reverse());
  deepStrictEqual(await encodeSafetensors(reversed(TENSORS), reversed(METADATA)), bytes);
  notDeepStrictEqual(await encodeSafetensors(TENSORS, { ...METADATA, step: "61" }), bytes);

  const header = headerOf(bytes);
  strictEqual(new TextEncoder().encode(header).length % 8, 0);
  const { __metadata__: strings, ...entries } = JSON.parse(header);
  ok(header.indexOf('"0.weight":{') < header.indexOf('"10":{'));
  for (const { dtype, data_offsets: [begin] } of Object.values<Entry>(entries)) {
    strictEqual(begin % (dtype === "F64" ? 8 : 4), 0);
  }
  match(strings.sha256, /^[0-9a-f]{64}$/);
});

interface Entry {
  readonly dtype: string;
  readonly data_offsets: readonly [number, number];
}

Deno.test("a tensor's digest is the SHA-256 of its bytes", async () => {
  const bytes = await encodeSafetensors({ w: WEIGHT });
  const strings = JSON.parse(headerOf(bytes)).__metadata__;
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(WEIGHT.data.buffer));
  strictEqual(strings["sha256:w"], new Uint8Array(digest).toHex());
});

Deno.test("a file without digests, as other libraries write them, is read", async () => {
  const header = '{"__metadata__":{"format":"pt"},' +
    '"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}';
  const body = new Uint8Array(Float32Array.of(1, 2).buffer);
  const { tensors, metadata } = await decodeSafetensors(file(header, body), "net");
  deepStrictEqual(tensors.w, { shape: [1, 2], dtype: "float32", data: Float32Array.of(1, 2) });
  deepStrictEqual(plain(metadata), { format: "pt" });
  const spaced = ` { "w" : {\n"data_offsets":[ 0,\t8 ],"shape":[2],"dtype":"F32" } }   `;
  await decodeSafetensors(file(spaced.trimStart(), body), "net");
  await refused(file(spaced, body), /wanted "\{" first/);
});

Deno.test("a file that lies within a larger buffer is read, and nothing of it is shared", async () => {
  const bytes = await encodeSafetensors({ w: WEIGHT });
  const larger = new Uint8Array(bytes.length + 13);
  larger.set(bytes, 5);
  const { tensors } = await decodeSafetensors(larger.subarray(5, 5 + bytes.length), "net");
  larger.fill(0);
  deepStrictEqual(tensors.w, WEIGHT);

  const pooled = Buffer.from(bytes);
  const read = await decodeSafetensors(pooled, "net");
  pooled.fill(0);
  deepStrictEqual(read.tensors.w, WEIGHT);
});

Deno.test("a damaged tensor is named", async () => {
  const bytes = await encodeSafetensors({ a: WEIGHT, b: WEIGHT, c: WEIGHT });
  const second = bytes.length - 2 * WEIGHT.data.byteLength;
  bytes[second] ^= 0x10;
  await refused(bytes, /tensor "b" is damaged: its SHA-256 should be [0-9a-f]{64}, got/);
});

Deno.test("every flip of a bit and every cut is found", async () => {
  const bytes = await encodeSafetensors({ a: WEIGHT, b: TENSORS["10"] }, { step: "60" });
  for (let i = 0; i < bytes.length; i++) {
    const damaged = bytes.slice();
    damaged[i] ^= 1 << (i % 8);
    await refused(damaged, /./);
    await refused(bytes.slice(0, i), /./);
  }
});

Deno.test("metadata, shapes and dtypes that are changed as a whole are found", async () => {
  const bytes = await encodeSafetensors({ a: WEIGHT }, { step: "60" });
  const changed = (from: string, to: string) => {
    const header = headerOf(bytes);
    ok(header.includes(from) && from.length === to.length);
    return file(header.replace(from, to), bytes.slice(-WEIGHT.data.byteLength));
  };
  await refused(changed('"60"', '"61"'), /header is damaged/);
  await refused(changed("[2,3]", "[3,2]"), /header is damaged/);
  await refused(changed('"F32"', '"I32"'), /header is damaged/);
  await refused(changed('"a":{', '"z":{'), /tensor "z" is damaged: its SHA-256 should be there/);
  await refused(changed('"sha256":', '"sha512":'), /header is damaged/);
  const surplus = headerOf(bytes).replace('"sha256:a"', '"sha256:b":"","sha256:a"');
  await refused(file(surplus, bytes.slice(-WEIGHT.data.byteLength)), /header is damaged/);
});

Deno.test("truncated files say what is missing", async () => {
  const bytes = await encodeSafetensors({ a: WEIGHT });
  await refused(bytes.subarray(0, 0), /begins with 8 bytes of length, got 0/);
  await refused(
    bytes.subarray(0, 20),
    /header should be \d+ bytes long, but the file ends after 12/,
  );
  await refused(bytes.subarray(0, -1), /tensor "a" ends at byte 24, but the file at 23: truncated/);
  await refused(new Uint8Array([...bytes, 0]), /1 bytes follow the last tensor/);
});

Deno.test("absurd header lengths are refused at once", async () => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, 2n ** 64n - 1n, true);
  await refused(bytes, /would be 18446744073709551615 bytes long, more than the 100000000/);
  new DataView(bytes.buffer).setBigUint64(0, 100_000_000n, true);
  await refused(bytes, /should be 100000000 bytes long, but the file ends after 8/);
});

const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
const EIGHT = entry('"F32"', "[2]", "[0,8]");
const HALF = entry('"F32"', "[1]", "[0,4]");

const HOSTILE: [string, string, RegExp][] = [
  ["no object", "[]", /wanted "\{" first, at character 0 of its header/],
  ["nothing", "", /wanted "\{" first.*before the end/],
  ["an open object", '{"w":', /wanted "\{"/],
  ["an open string", '{"w', /wanted a JSON string/],
  ["a bad escape", '{"\\x":' + EIGHT + "}", /wanted a JSON string/],
  ["a control character in a name", '{"a\u0000":' + EIGHT + "}", /wanted a JSON string/],
  ["a comma too many", `{"w":${EIGHT},}`, /wanted a name or string in quotes/],
  ["text after the end", `{"w":${EIGHT}} x`, /wanted nothing but spaces after the end/],
  ["a line break for padding", `{"w":${EIGHT}}\n`, /wanted nothing but spaces/],
  ["a name twice", `{"w":${EIGHT},"w":${EIGHT}}`, /"w" stands there twice/],
  ["a name twice, once escaped", `{"w":${EIGHT},"\\u0077":${EIGHT}}`, /"w" stands there twice/],
  ["metadata twice", '{"__metadata__":{},"__metadata__":{}}', /"__metadata__" stands there twice/],
  ["a field twice", '{"w":{"dtype":"F32","dtype":"I32"}}', /"dtype" stands there twice/],
  ["a field too many", '{"w":{"__proto__":[]}}', /tensor "w" has an unknown field "__proto__"/],
  ["a field too few", '{"w":{"dtype":"F32","shape":[2]}}', /must have a dtype, a shape and two/],
  ["metadata that are no strings", '{"__metadata__":{"a":1}}', /wanted a name or string in quotes/],
  ["deep nesting", '{"w":{"shape":' + "[".repeat(100_000), /wanted a whole number/],
  ["deep metadata", '{"__metadata__":{"a":' + '{"a":'.repeat(1000), /wanted a name or string/],
  ["null for offsets", `{"w":${entry('"F32"', "[2]", "null")}}`, /wanted "\["/],
  ["NaN for an offset", `{"w":${entry('"F32"', "[2]", "[0,NaN]")}}`, /wanted a whole number/],
  ["a negative offset", `{"w":${entry('"F32"', "[2]", "[-8,0]")}}`, /wanted a whole number/],
  ["a fraction", `{"w":${entry('"F32"', "[2.0]", "[0,8]")}}`, /wanted "\]"/],
  ["an exponent", `{"w":${entry('"F32"', "[2e0]", "[0,8]")}}`, /wanted "\]"/],
  ["a leading zero", `{"w":${entry('"F32"', "[02]", "[0,8]")}}`, /wanted "\]"/],
  ["a length above 2^53", `{"w":${entry('"F32"', "[9007199254740993]", "[0,8]")}}`, /2\^53/],
  ["one offset", `{"w":${entry('"F32"', "[2]", "[0]")}}`, /two data_offsets/],
  ["three offsets", `{"w":${entry('"F32"', "[2]", "[0,4,8]")}}`, /two data_offsets/],
  [
    "an unknown dtype",
    `{"w":${entry('"BF16"', "[4]", "[0,8]")}}`,
    /"w" has dtype "BF16", which is/,
  ],
  ["a size that disagrees", `{"w":${entry('"F32"', "[3]", "[0,8]")}}`, /must have 12 bytes/],
  ["offsets backwards", `{"w":${entry('"F32"', "[2]", "[8,0]")}}`, /must have 8 bytes/],
  [
    "a product that overflows",
    `{"w":${entry('"F32"', "[4294967296,4294967296,4294967296]", "[0,8]")}}`,
    /must have 3\.16\d*e\+29 bytes/,
  ],
  [
    "an overlap",
    `{"a":${EIGHT},"b":${entry('"F32"', "[1]", "[4,8]")}}`,
    /"b" must begin at byte 8, where the one before it ends, got 4/,
  ],
  [
    "a hole",
    `{"a":${entry('"F32"', "[1]", "[4,8]")}}`,
    /"a" must begin at byte 0/,
  ],
  ["the same place twice", `{"a":${EIGHT},"b":${EIGHT}}`, /must begin at byte 8/],
  ["bytes left over", `{"a":${HALF}}`, /4 bytes follow the last tensor/],
  ["a tensor beyond the end", `{"a":${entry('"F32"', "[4]", "[0,16]")}}`, /"a" ends at byte 16/],
  ["a digest for nobody", `{"__metadata__":{"sha256:b":"00"},"a":${EIGHT}}`, /"a" is damaged/],
];

for (const [what, header, problem] of HOSTILE) {
  Deno.test(`a header with ${what} is refused`, () => refused(file(header), problem));
}

Deno.test("a header that is not UTF-8 is refused", async () => {
  const bytes = file(`{"w":${EIGHT}}`);
  bytes[10] = 0xff;
  await refused(bytes, /its header is not UTF-8/);
});

Deno.test("tensors named like an object's own members are safe", async () => {
  const names = ["__proto__", "constructor", "toString"];
  const tensors = Object.fromEntries(names.map((name) => [name, WEIGHT]));
  const bytes = await encodeSafetensors(tensors, JSON.parse('{"__proto__":"a"}'));
  const read = await decodeSafetensors(bytes, "net");
  deepStrictEqual(Object.keys(read.tensors), names.toSorted());
  strictEqual(Object.getPrototypeOf(read.tensors), null);
  strictEqual(read.metadata["__proto__"], "a");
  strictEqual(
    (await decodeSafetensors(await encodeSafetensors({}), "net")).tensors.toString,
    undefined,
  );
});

Deno.test("what cannot be written is refused", async () => {
  const short = { shape: [3], dtype: "float32", data: Float32Array.of(1) } as const;
  await rejects(encodeSafetensors({ w: short }), {
    name: "TypeError",
    message: 'Cannot write tensor "w": float32 [3] wants 3 numbers in a Float32Array, ' +
      "got 1 in a Float32Array",
  });
  const other = { shape: [1], dtype: "float64", data: Float32Array.of(1) } as const;
  await rejects(encodeSafetensors({ w: other }), TypeError);
  await rejects(encodeSafetensors({ __metadata__: WEIGHT }), RangeError);
  await rejects(encodeSafetensors({ "\ud800": WEIGHT }), RangeError);
  await rejects(encodeSafetensors({ w: { ...WEIGHT, shape: [-2, -3] } }), RangeError);
  await rejects(encodeSafetensors({}, { sha256: "a" }), RangeError);
  await rejects(encodeSafetensors({}, { "sha256:w": "a" }), RangeError);
  await rejects(encodeSafetensors({}, { a: "\udc00" }), RangeError);
  await rejects(encodeSafetensors({}, JSON.parse('{"a":1}')), TypeError);
});

Deno.test("numbers that change while a file is written do not reach it in part", async () => {
  const data = Float32Array.of(1, 2);
  const w: HostTensor = { shape: [2], dtype: "float32", data };
  const writing = encodeSafetensors({ a: WEIGHT, w });
  data.fill(9);
  const { tensors } = await decodeSafetensors(await writing, "net");
  deepStrictEqual([...tensors.w.data], [1, 2]);
});
