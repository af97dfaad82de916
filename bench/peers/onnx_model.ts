/**
 * Models of one operation in ONNX's format.
 *
 * Source: ONNX's `onnx.proto` (IR version 8) for the numbers of the fields, and Protocol Buffers'
 * "Encoding" for how they are written.
 *
 * @module
 */

/** One operation and the tensors around it, all float32. */
export interface Operation {
  /** As ONNX calls it. */
  readonly type: string;
  /** The shapes of the inputs by their names, in the operation's order. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** The shape of the only output, which is called `y`. */
  readonly output: readonly number[];
  /** Lists of whole numbers by name. */
  readonly attributes?: Readonly<Record<string, readonly number[]>>;
}

const IR_VERSION = 8;
const OPERATOR_SET = 17;
const FLOAT = 1;
const INTS = 7;

/** Writes a model. */
export function onnxModel({ type, inputs, output, attributes = {} }: Operation): Uint8Array {
  const node = [
    ...Object.keys(inputs).flatMap((name) => text(1, name)),
    ...text(2, "y"),
    ...text(4, type),
    ...Object.entries(attributes).flatMap(([name, numbers]) => message(5, ints(name, numbers))),
  ];
  const graph = [
    ...message(1, node),
    ...text(2, type),
    ...Object.entries(inputs).flatMap(([name, shape]) => message(11, valueInfo(name, shape))),
    ...message(12, valueInfo("y", output)),
  ];
  return new Uint8Array([
    ...integer(1, IR_VERSION),
    ...message(7, graph),
    ...message(8, integer(2, OPERATOR_SET)),
  ]);
}

function valueInfo(name: string, shape: readonly number[]): number[] {
  const dimensions = shape.flatMap((length) => message(1, integer(1, length)));
  const tensor = [...integer(1, FLOAT), ...message(2, dimensions)];
  return [...text(1, name), ...message(2, message(1, tensor))];
}

function ints(name: string, numbers: readonly number[]): number[] {
  return [...text(1, name), ...numbers.flatMap((n) => integer(8, n)), ...integer(20, INTS)];
}

function integer(field: number, value: number): number[] {
  return [...varint(field * 8), ...varint(value)];
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)]);
}

function message(field: number, bytes: readonly number[]): number[] {
  return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
}

/** Seven bits a byte, the lowest first; the eighth says that more follow. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
}
