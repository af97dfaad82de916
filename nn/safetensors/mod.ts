/**
 * Tensors in a file: the safetensors format, with a SHA-256 for each tensor.
 *
 * A file is the length of its header (8 bytes, little-endian), the header (JSON: a dtype, a shape and
 * two offsets for each tensor, and a record of strings named `__metadata__`), and the tensors' bytes.
 * Any safetensors library reads it.
 *
 * @module
 */

export { decodeSafetensors } from "./decode.ts";
export { encodeSafetensors } from "./encode.ts";
export type { HostTensor, SafetensorsContent } from "./format.ts";
