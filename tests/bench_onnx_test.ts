/**
 * The models that the bench hands to ONNX Runtime are written as the format wants them.
 */

import { deepEqual, ok } from "node:assert/strict";
import { onnxModel } from "../bench/peers/onnx_model.ts";

/** Numbers as they are, words as their letters, lists as messages with their length in front. */
type Part = number | string | readonly Part[];

function bytesOf(parts: readonly Part[]): number[] {
  return parts.flatMap((part) => {
    if (typeof part === "number") return [part];
    const bytes = typeof part === "string" ? [...new TextEncoder().encode(part)] : bytesOf(part);
    return [bytes.length, ...bytes];
  });
}

// A field's number times 8, plus 2 for what has a length and 0 for a number.
const float = (name: string, ...dimensions: Part[]): Part[] => {
  const shape = dimensions.flatMap((dimension) => [10, dimension]);
  return [10, name, 18, [10, [8, 1, 18, shape]]];
};

Deno.test("a model of one operation is what the format says, field by field", () => {
  const relu = onnxModel({ type: "Relu", inputs: { x: [2, 300] }, output: [2, 300] });
  // 300 takes two bytes: 128 + 44, and 2.
  const shape: Part[] = [[8, 2], [8, 172, 2]];
  const node: Part[] = [10, "x", 18, "y", 34, "Relu"];
  const graph: Part[] = [10, node, 18, "Relu", 90, float("x", ...shape), 98, float("y", ...shape)];
  deepEqual([...relu], bytesOf([8, 8, 58, graph, 66, [16, 17]]));
});

Deno.test("attributes are lists of whole numbers", () => {
  const model = onnxModel({
    type: "Conv",
    inputs: { x: [1, 1, 4, 4], w: [1, 1, 3, 3] },
    output: [1, 1, 4, 4],
    attributes: { pads: [1, 1, 1, 1] },
  });
  const pads = bytesOf([42, [10, "pads", 64, 1, 64, 1, 64, 1, 64, 1, 160, 1, 7]]).join();
  ok([...model].join().includes(pads), [...model].join());
});
