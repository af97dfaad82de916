import { ARRAY } from "../../tensor/device.ts";
import { checkShape, formatShape, sizeOf } from "../../tensor/shape.ts";
import {
  byName,
  digestKey,
  HEADER_DIGEST,
  headerDigest,
  isDigestKey,
  sha256,
  type TensorDescription,
} from "./digests.ts";
import { FORMAT_NAME, type HostTensor, LENGTH_BYTES, LONGEST_HEADER } from "./format.ts";
import { METADATA, quote } from "./header.ts";

/** Of the header, so that the tensors behind it begin at a multiple of it. */
const ALIGNMENT = 8;

/**
 * Writes tensors and metadata as a safetensors file.
 *
 * The same content gives the same bytes: float64 tensors stand first (so that all are aligned), each
 * dtype's by name. The metadata keys `sha256` and `sha256:…` are kept
 * for digests.
 *
 * @throws {TypeError} if a tensor's data are not of its dtype and size, or a metadata value is no
 * string.
 * @throws {RangeError} if a name is reserved or no Unicode text, or the header exceeds 100 MB.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { decodeSafetensors, encodeSafetensors } from "../../mod.ts";
 *
 * const weight = { shape: [2], dtype: "float32", data: Float32Array.of(1, 2) } as const;
 * const bytes = await encodeSafetensors({ weight }, { step: "60" });
 * const { tensors, metadata } = await decodeSafetensors(bytes, "net.safetensors");
 * deepEqual(tensors.weight, weight);
 * deepEqual(metadata.step, "60");
 * ```
 */
export async function encodeSafetensors(
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const ordered = Object.entries(tensors).sort(byWidthThenName);
  for (const [name, tensor] of ordered) checkTensor(name, tensor);
  for (const [key, value] of Object.entries(metadata)) checkMetadata(key, value);

  const ends = ordered.map(() => 0);
  const size = ordered.reduce((end, [, { data }], i) => ends[i] = end + data.byteLength, 0);
  const body = new Uint8Array(size);
  const parts = ordered.map(([, { data }], i) => {
    const part = body.subarray(ends[i] - data.byteLength, ends[i]);
    part.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return part;
  });

  const strings = Object.entries(metadata);
  const described = ordered.map(([name, { dtype, shape }]): TensorDescription => [
    name,
    FORMAT_NAME[dtype],
    shape,
  ]);
  const digests: [string, string][] = [[HEADER_DIGEST, await headerDigest(described, strings)]];
  for (const [i, [name]] of ordered.entries()) {
    digests.push([digestKey(name), await sha256(parts[i])]);
  }

  const entries = described.map(([name, dtype, shape], i): [string, string] => [
    name,
    JSON.stringify({ dtype, shape, data_offsets: [ends[i] - parts[i].length, ends[i]] }),
  ]);
  const said = [...strings, ...digests].sort(byName).map(([key, value]): [string, string] => [
    key,
    JSON.stringify(value),
  ]);
  return assemble(jsonObject([[METADATA, jsonObject(said)], ...entries]), body);
}

function byWidthThenName(a: [string, HostTensor], b: [string, HostTensor]): number {
  const width = ([, { data }]: [string, HostTensor]) => data.BYTES_PER_ELEMENT;
  return width(b) - width(a) || byName(a, b);
}

function checkTensor(name: string, { shape, dtype, data }: HostTensor): void {
  const action = `write tensor ${quote(name)}`;
  if (name === METADATA || !name.isWellFormed()) {
    throw new RangeError(`Cannot ${action}: its name is reserved or no Unicode text`);
  }
  checkShape(action, shape);
  if (!(data instanceof ARRAY[dtype]) || data.length !== sizeOf(shape)) {
    throw new TypeError(
      `Cannot ${action}: ${dtype} ${formatShape(shape)} wants ${sizeOf(shape)} numbers in a ` +
        `${ARRAY[dtype].name}, got ${data.length} in a ${data.constructor.name}`,
    );
  }
}

function checkMetadata(key: string, value: string): void {
  if (typeof value !== "string") {
    throw new TypeError(
      `Cannot write metadata ${quote(key)}: it must be a string, got ${typeof value}`,
    );
  }
  if (isDigestKey(key)) {
    throw new RangeError(
      `Cannot write metadata ${quote(key)}: the key is kept for a digest, use another`,
    );
  }
  if (!key.isWellFormed() || !value.isWellFormed()) {
    throw new RangeError(`Cannot write metadata ${quote(key)}: it is no Unicode text`);
  }
}

/** Joins members by hand, since an object would put names that look like numbers first. */
function jsonObject(members: readonly (readonly [name: string, json: string])[]): string {
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
}

function assemble(headerText: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(headerText);
  const length = Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;
  if (length > LONGEST_HEADER) {
    throw new RangeError(
      `Cannot write a safetensors header of ${length} bytes: it may have ${LONGEST_HEADER}`,
    );
  }
  const file = new Uint8Array(LENGTH_BYTES + length + body.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.fill(" ".charCodeAt(0), LENGTH_BYTES, LENGTH_BYTES + length);
  file.set(header, LENGTH_BYTES);
  file.set(body, LENGTH_BYTES + length);
  return file;
}
