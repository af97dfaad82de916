/**
 * The SHA-256 digests by which a damaged file is found out.
 *
 * They stand in the metadata: `sha256:<tensor>` over each tensor's bytes, and `sha256` over everything
 * else that the header says, so that a wrong shape or step count is found too.
 *
 * @module
 */

import type { Shape } from "../../tensor/shape.ts";

/** The metadata key of the digest of the header. */
export const HEADER_DIGEST = "sha256";

/** The metadata key of a tensor's digest. */
export function digestKey(tensor: string): string {
  return `${HEADER_DIGEST}:${tensor}`;
}

/** True for the keys that are digests', and nobody else's. */
export function isDigestKey(key: string): boolean {
  return key === HEADER_DIGEST || key.startsWith(digestKey(""));
}

/** What the header's digest covers of a tensor: name, dtype and shape. */
export type TensorDescription = readonly [name: string, dtype: string, shape: Shape];

/** The SHA-256 of bytes, in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** The digest of what a header says, whatever the order in which it says it. */
export function headerDigest(
  tensors: readonly TensorDescription[],
  metadata: readonly (readonly [string, string])[],
): Promise<string> {
  const said = { tensors: tensors.toSorted(byName), metadata: metadata.toSorted(byName) };
  return sha256(new TextEncoder().encode(JSON.stringify(said)));
}

/** Sorts entries by their names' UTF-16 code units, which is the same everywhere. */
export function byName(
  a: readonly [string, ...unknown[]],
  b: readonly [string, ...unknown[]],
): number {
  return a[0] < b[0] ? -1 : Number(a[0] > b[0]);
}
