import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { crc32, deflateRawSync } from "node:zlib";
import { messageOf } from "../data/fault.ts";
import { parseNpy } from "../data/npy.ts";
import { readNpz } from "../data/npz.ts";
import { fc } from "./fast_check.ts";

// Written by tests/reference/npz_fixture.py.
const FOLDER = new URL("./fixtures/data/", import.meta.url);
const fixture = (name: string) => Deno.readFileSync(new URL(name, FOLDER));

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

Deno.test("NumPy's archives are read: stored, deflated, streamed, with 64-bit sizes", () => {
  for (const kind of ["stored.npz", "deflated.npz", "streamed.npz", "zip64.npz"]) {
    const arrays = readNpz(fixture(kind), kind);
    deepEqual(
      [...arrays.keys()],
      ["net/f4", "net/f8", "i4", "i8", "u1", "b1", "zero-d", "empty", "fortran"],
    );
    const third = Float32Array.from(range(6), (i) => i / 3);
    deepEqual(arrays.get("net/f4"), { dtype: "float32", shape: [2, 3], data: third });
    const seventh = Float64Array.from(range(4), (i) => i / 7);
    deepEqual(arrays.get("net/f8"), { dtype: "float64", shape: [4], data: seventh });
    const ints = Int32Array.of(-1, 2 ** 31 - 1);
    deepEqual(arrays.get("i4"), { dtype: "int32", shape: [2, 1], data: ints });
    const longs = BigInt64Array.of(-(2n ** 62n), 5n);
    deepEqual(arrays.get("i8"), { dtype: "int64", shape: [2], data: longs });
    const bytes = Uint8Array.from(range(256));
    deepEqual(arrays.get("u1"), { dtype: "uint8", shape: [4, 4, 16], data: bytes });
    deepEqual(arrays.get("b1"), { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) });
    const single = Float64Array.of(1e-3);
    deepEqual(arrays.get("zero-d"), { dtype: "float64", shape: [], data: single });
    deepEqual(arrays.get("empty"), { dtype: "float32", shape: [0, 3], data: new Float32Array(0) });
  }
});

Deno.test("an array in Fortran order is brought to row-major order", () => {
  const array = readNpz(fixture("stored.npz"), "stored.npz").get("fortran");
  deepEqual(array, { dtype: "float64", shape: [2, 3, 4], data: Float64Array.from(range(24)) });
});

Deno.test("big-endian numbers, pickled objects and records are refused by type", () => {
  throws(() => parseNpy(fixture("big-endian.npy"), "x.npy"), /^Error: Cannot read x\.npy: .*'>f4'/);
  throws(() => parseNpy(fixture("objects.npy"), "x.npy"), /elements of type '\|O' are not read/);
  throws(() => parseNpy(fixture("records.npy"), "x.npy"), /its header is not understood/);
});

/** Bytes of an `.npy` file with any header, sound or not. */
function npy(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = [text.length & 255, text.length >> 8];
  return Uint8Array.of(
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    1,
    0,
    ...length,
    ...text,
    ...data,
  );
}

Deno.test("a header is a fixed form, not a program", () => {
  const sound = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n";
  deepEqual(parseNpy(npy(sound, Uint8Array.of(7, 8)), "x").data, Uint8Array.of(7, 8));
  const other = "{'shape':(2,),'fortran_order':True,'descr':'|u1'}";
  deepEqual(parseNpy(npy(other, Uint8Array.of(7, 8)), "x").data, Uint8Array.of(7, 8));
  for (
    const header of [
      "",
      "{}",
      "{'descr': '|u1', 'fortran_order': False}",
      "{'descr': '|u1', 'fortran_order': 0, 'shape': (2,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (2)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (-2,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (2,,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)} or exit()",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'extra': exit()}",
      "{'descr': exit(), 'fortran_order': False, 'shape': (2,)}",
      "{" + "'shape': (2,), ".repeat(500) + "}",
    ]
  ) {
    throws(
      () => parseNpy(npy(header, Uint8Array.of(7, 8)), "x.npy"),
      /^Error: Cannot read x\.npy: its header is not understood/,
      header,
    );
  }
});

Deno.test("a shape that the bytes do not fill is refused before anything is allocated", () => {
  const shaped = (shape: string) =>
    npy(`{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}}`, new Uint8Array(16));
  equal(parseNpy(shaped("(2,)"), "x").data.length, 2);
  throws(() => parseNpy(shaped("(3,)"), "x"), /shape \[3\] of '<f8' takes 24 bytes, it has 16/);
  throws(() => parseNpy(shaped("(1,)"), "x"), /takes 8 bytes, it has 16/);
  throws(() => parseNpy(shaped("(9007199254740991, 9007199254740991)"), "x"), /it has 16/);
  throws(() => parseNpy(shaped("(90071992547409910,)"), "x"), /its shape cannot be/);
  throws(
    () => parseNpy(shaped(`(${"1, ".repeat(65)})`), "x"),
    /not understood|its shape cannot be/,
  );
});

interface Entry {
  name: string;
  bytes: Uint8Array;
  method?: number;
  flags?: number;
  declaredSize?: number;
}

/** A zip file of stored entries, each field of which may lie. */
function zip(entries: Entry[]): Uint8Array {
  const out: number[] = [];
  const directory: number[] = [];
  const uint = (value: number, size: number) =>
    Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 255);
  for (const { name, bytes, method = 0, flags = 0, declaredSize = bytes.length } of entries) {
    const text = [...new TextEncoder().encode(name)];
    const common = [
      ...[20, 0, ...uint(flags, 2), ...uint(method, 2), 0, 0, 33, 0],
      ...[...uint(crc32(bytes), 4), ...uint(bytes.length, 4), ...uint(declaredSize, 4)],
      ...[...uint(text.length, 2), 0, 0],
    ];
    const position = uint(out.length, 4);
    directory.push(0x50, 0x4b, 1, 2, 20, 0, ...common, ...new Array(10).fill(0), ...position);
    directory.push(...text);
    out.push(0x50, 0x4b, 3, 4, ...common, ...text, ...bytes);
  }
  const count = uint(entries.length, 2);
  const end = [...count, ...count, ...uint(directory.length, 4), ...uint(out.length, 4), 0, 0];
  return Uint8Array.of(...out, ...directory, 0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...end);
}

const sound = fixture("big-endian.npy").slice();
// The fixture's two zeros are zeros in either order.
sound[sound.indexOf(">".charCodeAt(0))] = "<".charCodeAt(0);

Deno.test("what a zip declares is checked before it is unpacked", () => {
  deepEqual([...readNpz(zip([{ name: "a.npy", bytes: sound }]), "t.npz").keys()], ["a"]);
  const refused = (entries: Entry[], message: RegExp) =>
    throws(() => readNpz(zip(entries), "t.npz"), message);
  refused([{ name: "a.npy", bytes: sound }, { name: "a.npy", bytes: sound }], /"a\.npy" twice/);
  refused(
    [{ name: "a.npy", bytes: sound, method: 12 }],
    /entry "a\.npy": it is packed by method 12/,
  );
  refused([{ name: "a.npy", bytes: sound, flags: 1 }], /entry "a\.npy": it is encrypted/);
  refused([{ name: "a.txt", bytes: sound }], /entry "a\.txt": its name must end in \.npy/);
  refused([{ name: "a.npy", bytes: sound, declaredSize: 9 }], /it declares 9 bytes, which/);
  refused(
    [{ name: "a.npy", bytes: sound, method: 8, declaredSize: 2 ** 31 }],
    /it declares 2147483648 bytes, which \d+ packed bytes cannot hold/,
  );
  const deflated = { name: "a.npy", bytes: deflateRawSync(sound), method: 8 };
  refused([{ ...deflated, declaredSize: 100 }], /it cannot be unpacked to 100 bytes: /);
  refused([{ ...deflated, declaredSize: 200 }], /it has 136 bytes, its directory says 200/);
});

Deno.test("an archive may not unpack to more than is allowed", () => {
  const bytes = fixture("deflated.npz");
  throws(
    () => readNpz(bytes, "big.npz", { maxBytes: 1000 }),
    /^RangeError: Cannot read big\.npz: it unpacks to \d+ bytes, 1000 are allowed$/,
  );
});

Deno.test("an archive cut short anywhere is refused with its name", () => {
  for (const kind of ["stored.npz", "deflated.npz", "zip64.npz"]) {
    const bytes = fixture(kind);
    for (let length = 0; length < bytes.length; length += 7) {
      throws(() => readNpz(bytes.subarray(0, length), "cut.npz"), /^Error: Cannot read cut\.npz/);
    }
  }
});

Deno.test("a flipped bit is found by checksum, or (in a time stamp, say) changes nothing", () => {
  const bytes = fixture("deflated.npz");
  const expected = readNpz(bytes, "x.npz");
  let found = 0;
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
      const damaged = bytes.slice();
      damaged[at] ^= 1 << bit;
      try {
        deepEqual(readNpz(damaged, "x.npz"), expected);
      } catch (error) {
        ok(messageOf(error).startsWith("Cannot read x.npz"), messageOf(error));
        found++;
      }
    }),
    { seed: 1, numRuns: 1000 },
  );
  ok(found > 500);
});

Deno.test("any bytes are refused with the file's name", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      throws(() => readNpz(bytes, "x.npz"), /^Error: Cannot read x\.npz/);
      throws(() => parseNpy(bytes, "x.npy"), /^Error: Cannot read x\.npy/);
    }),
    { seed: 1, numRuns: 300 },
  );
});
