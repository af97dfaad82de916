/**
 * Reading NumPy's `.npy` arrays.
 *
 * Source: NumPy, "NEP 1: A Simple File Format for NumPy Arrays", versions 1.0 to 3.0.
 *
 * @module
 */

/** The element types that are read, and the typed array that holds each. */
export interface NpyData {
  /** `<f4` */
  float32: Float32Array;
  /** `<f8` */
  float64: Float64Array;
  /** `<i4` */
  int32: Int32Array;
  /** `<i8` */
  int64: BigInt64Array;
  /** `|u1` */
  uint8: Uint8Array;
  /** `|b1`: a byte 0 or 1 */
  bool: Uint8Array;
}

/** An array: its shape, its element type and its elements in row-major order. */
export type NpyArray = {
  [Type in keyof NpyData]: {
    readonly dtype: Type;
    /** Empty for a single number. */
    readonly shape: readonly number[];
    readonly data: NpyData[Type];
  };
}[keyof NpyData];

/** 0x93, then `NUMPY`. */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy refuses longer headers as well; those that are read here have about a hundred bytes. */
const MAX_HEADER_BYTES = 10_000;
const MAX_DIMENSIONS = 64;

/**
 * Reads the bytes of an `.npy` file: little-endian `f4 f8 i4 i8 u1 b1`, any number of dimensions,
 * C or Fortran order.
 *
 * @param where the file's name, and the entry's in an archive, for messages.
 * @throws {Error} if it is damaged or holds another type.
 */
export function parseNpy(bytes: Uint8Array, where: string): NpyArray {
  const { header, dataStart } = readHeader(bytes, where);
  const { descr, isFortran, shape } = parseHeader(header, where);
  const itemSize = ITEM_SIZES.get(descr);
  if (itemSize === undefined) {
    throw damaged(where, `elements of type '${descr}' are not read; ${[...ITEM_SIZES.keys()]} are`);
  }
  const wanted = shape.reduce((product, size) => product * size, itemSize);
  const got = bytes.length - dataStart;
  if (got !== wanted) {
    throw damaged(where, `shape [${shape}] of '${descr}' takes ${wanted} bytes, it has ${got}`);
  }
  // A copy, so that it is aligned; `slice` would not copy a node:buffer.
  const data = new Uint8Array(bytes.subarray(dataStart));
  const ordered = isFortran ? rowMajor(data, shape, itemSize) : data;
  return typedArray(ordered.buffer, descr, shape, where);
}

const ITEM_SIZES = new Map([["<f4", 4], ["<f8", 8], ["<i4", 4], ["<i8", 8], ["|u1", 1], [
  "|b1",
  1,
]]);

function typedArray(
  buffer: ArrayBuffer,
  descr: string,
  shape: readonly number[],
  where: string,
): NpyArray {
  switch (descr) {
    case "<f4":
      return { dtype: "float32", shape, data: new Float32Array(buffer) };
    case "<f8":
      return { dtype: "float64", shape, data: new Float64Array(buffer) };
    case "<i4":
      return { dtype: "int32", shape, data: new Int32Array(buffer) };
    case "<i8":
      return { dtype: "int64", shape, data: new BigInt64Array(buffer) };
    case "|u1":
      return { dtype: "uint8", shape, data: new Uint8Array(buffer) };
  }
  const data = new Uint8Array(buffer);
  if (data.some((byte) => byte > 1)) throw damaged(where, "a bool is neither 0 nor 1");
  return { dtype: "bool", shape, data };
}

function readHeader(bytes: Uint8Array, where: string): { header: string; dataStart: number } {
  const hasMagic = MAGIC.every((byte, i) => bytes[i] === byte);
  if (!hasMagic || bytes.length < 12) throw damaged(where, "it is not an .npy array");
  const major = bytes[6];
  if (major < 1 || major > 3) {
    throw damaged(where, `.npy version ${major} is not known, 1 to 3 are`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = major === 1 ? 10 : 12;
  if (length > MAX_HEADER_BYTES || start + length > bytes.length) {
    throw damaged(where, `its header cannot have ${length} bytes`);
  }
  return {
    header: new TextDecoder().decode(bytes.subarray(start, start + length)),
    dataStart: start + length,
  };
}

/** The header is a Python dictionary, of which only the three known keys and their forms pass. */
function parseHeader(
  header: string,
  where: string,
): { descr: string; isFortran: boolean; shape: number[] } {
  const fields = new Map<string, string>();
  const text = header.trim();
  const entry =
    /'(descr|fortran_order|shape)' *: *('[^']*'|True|False|\([\d, ]*\)) *(?:, *|(?=\}))/y;
  entry.lastIndex = 1;
  for (let match = entry.exec(text); match !== null; match = entry.exec(text)) {
    fields.set(match[1], match[2]);
    if (text[entry.lastIndex] === "}") break;
  }
  const isWhole = text.startsWith("{") && entry.lastIndex === text.length - 1 && fields.size === 3;
  const descr = /^'(.*)'$/.exec(fields.get("descr") ?? "")?.[1];
  const order = /^(True|False)$/.exec(fields.get("fortran_order") ?? "")?.[1];
  const shape = /^\((|\d+,|\d+(?:, *\d+)+,?)\)$/.exec(fields.get("shape") ?? "")?.[1];
  if (!isWhole || descr === undefined || order === undefined || shape === undefined) {
    throw damaged(where, `its header is not understood: ${JSON.stringify(text.slice(0, 200))}`);
  }
  const sizes = shape.split(",").filter((size) => size.trim() !== "").map(Number);
  if (sizes.length > MAX_DIMENSIONS || !sizes.every(Number.isSafeInteger)) {
    throw damaged(where, `its shape cannot be (${shape.slice(0, 200)})`);
  }
  return { descr, isFortran: order === "True", shape: sizes };
}

/** Copies elements from column-major order, where the first index runs fastest, to row-major. */
function rowMajor(
  bytes: Uint8Array<ArrayBuffer>,
  shape: readonly number[],
  itemSize: number,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, itemSize));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to += itemSize) {
    for (let byte = 0; byte < itemSize; byte++) out[to + byte] = bytes[from + byte];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++;
      from += strides[axis];
      if (index[axis] < shape[axis]) break;
      from -= index[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return out;
}

function damaged(where: string, reason: string): Error {
  return new Error(`Cannot read ${where}: ${reason}`);
}
