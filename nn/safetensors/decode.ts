import { ARRAY, type DType } from "../../tensor/device.ts";
import { formatShape, sizeOf } from "../../tensor/shape.ts";
import {
  digestKey,
  HEADER_DIGEST,
  headerDigest,
  isDigestKey,
  sha256,
  type TensorDescription,
} from "./digests.ts";
import {
  FORMAT_NAME,
  type HostTensor,
  LENGTH_BYTES,
  LONGEST_HEADER,
  type SafetensorsContent,
} from "./format.ts";
import { type Header, parseHeader, quote } from "./header.ts";

const DTYPE_OF = new Map<string, DType>([
  [FORMAT_NAME.float32, "float32"],
  [FORMAT_NAME.float64, "float64"],
  [FORMAT_NAME.int32, "int32"],
]);

/**
 * Reads a safetensors file, checks it, and copies the tensors out.
 *
 * `name` is what errors call the file. Digests are checked if there are any, as in every file of
 * {@linkcode encodeSafetensors}; files of other libraries have none.
 *
 * @throws {Error} that names the file, and the tensor where there is one, if the file is truncated,
 * damaged, not safetensors, or holds dtypes other than F32, F64 and I32.
 * @example
 * ```ts
 * import { rejects } from "node:assert/strict";
 * import { decodeSafetensors, encodeSafetensors } from "../../mod.ts";
 *
 * const weight = { shape: [2], dtype: "float32", data: Float32Array.of(1, 2) } as const;
 * const bytes = await encodeSafetensors({ weight });
 * bytes[bytes.length - 1] ^= 1;
 * await rejects(decodeSafetensors(bytes, "net.safetensors"), /tensor "weight" is damaged/);
 * ```
 */
export async function decodeSafetensors(
  bytes: Uint8Array,
  name: string,
): Promise<SafetensorsContent> {
  const bodyStart = LENGTH_BYTES + headerLength(bytes, name);
  const { tensors: entries, metadata } = readHeader(bytes.subarray(LENGTH_BYTES, bodyStart), name);
  const body = bytes.subarray(bodyStart);
  checkLayout(entries, body.length, name);

  const digests = new Map([...metadata].filter(([key]) => isDigestKey(key)));
  const tensors: Record<string, HostTensor> = Object.create(null);
  for (const [tensor, { dtype, shape, offsets }] of entries) {
    const part = new Uint8Array(body.subarray(...offsets));
    await checkDigest(digests, tensor, part, name);
    const ours = dtypeOf(dtype, tensor, name);
    tensors[tensor] = { shape, dtype: ours, data: new ARRAY[ours](part.buffer) };
  }

  const plain = [...metadata].filter(([key]) => !isDigestKey(key));
  await checkHeaderDigest(digests, entries, plain, name);
  return { tensors, metadata: Object.assign(Object.create(null), Object.fromEntries(plain)) };
}

function headerLength(bytes: Uint8Array, name: string): number {
  if (bytes.length < LENGTH_BYTES) {
    throw new Error(
      `Cannot read ${name}: a safetensors file begins with ${LENGTH_BYTES} bytes of length, ` +
        `got ${bytes.length} bytes in all`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > LONGEST_HEADER) {
    throw new Error(
      `Cannot read ${name}: its header would be ${length} bytes long, more than the ` +
        `${LONGEST_HEADER} that safetensors allows; it is damaged or no safetensors file`,
    );
  }
  if (length > bytes.length - LENGTH_BYTES) {
    throw new Error(
      `Cannot read ${name}: its header should be ${length} bytes long, but the file ends after ` +
        `${bytes.length - LENGTH_BYTES} of them; it is truncated or no safetensors file`,
    );
  }
  return Number(length);
}

function readHeader(bytes: Uint8Array, name: string): Header {
  try {
    return parseHeader(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    const problem = error instanceof SyntaxError ? error.message : "its header is not UTF-8";
    throw new Error(`Cannot read ${name}: ${problem}`, { cause: error });
  }
}

function dtypeOf(formatName: string, tensor: string, name: string): DType {
  const dtype = DTYPE_OF.get(formatName);
  if (dtype === undefined) {
    throw new Error(
      `Cannot read ${name}: tensor ${quote(tensor)} has dtype ${quote(formatName)}, ` +
        `which is none of ${[...DTYPE_OF.keys()].join(", ")}`,
    );
  }
  return dtype;
}

/** The tensors must fill the file's rest one after the other, without a hole or an overlap. */
function checkLayout(entries: Header["tensors"], bodyLength: number, name: string): void {
  const inOrder = [...entries].sort(([, a], [, b]) =>
    a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1]
  );
  let reached = 0;
  for (const [tensor, { dtype, shape, offsets: [begin, end] }] of inOrder) {
    const subject = `Cannot read ${name}: tensor ${quote(tensor)}`;
    const wanted = sizeOf(shape) * ARRAY[dtypeOf(dtype, tensor, name)].BYTES_PER_ELEMENT;
    if (end - begin !== wanted) {
      throw new Error(
        `${subject} of ${dtype} ${formatShape(shape)} must have ${wanted} bytes, ` +
          `got offsets ${begin} to ${end}`,
      );
    }
    if (begin !== reached) {
      throw new Error(
        `${subject} must begin at byte ${reached}, where the one before it ends, got ${begin}`,
      );
    }
    if (end > bodyLength) {
      throw new Error(`${subject} ends at byte ${end}, but the file at ${bodyLength}: truncated`);
    }
    reached = end;
  }
  if (reached !== bodyLength) {
    throw new Error(
      `Cannot read ${name}: ${bodyLength - reached} bytes follow the last tensor, wanted none`,
    );
  }
}

async function checkDigest(
  digests: ReadonlyMap<string, string>,
  tensor: string,
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
): Promise<void> {
  if (digests.size === 0) return;
  const wanted = digests.get(digestKey(tensor));
  const got = await sha256(bytes);
  if (got !== wanted) {
    throw new Error(
      `Cannot read ${name}: tensor ${quote(tensor)} is damaged: its SHA-256 should be ` +
        `${wanted ?? "there"}, got ${got}; use another copy of the file`,
    );
  }
}

async function checkHeaderDigest(
  digests: ReadonlyMap<string, string>,
  entries: Header["tensors"],
  metadata: [string, string][],
  name: string,
): Promise<void> {
  if (digests.size === 0) return;
  const described = [...entries].map(([tensor, { dtype, shape }]): TensorDescription => [
    tensor,
    dtype,
    shape,
  ]);
  const complete = digests.size === entries.size + 1;
  if (!complete || digests.get(HEADER_DIGEST) !== await headerDigest(described, metadata)) {
    throw new Error(
      `Cannot read ${name}: its header is damaged: its names, shapes or metadata do not have the ` +
        `SHA-256 that they were written with; use another copy of the file`,
    );
  }
}
