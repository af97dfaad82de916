/**
 * Trees: tensors in arrays and records, nested as deep as one likes. Parameters are such data.
 *
 * @module
 */

import { Tensor } from "./tensor.ts";

/** One tensor, or arrays and records of trees. */
export type Tree = Tensor | readonly Tree[] | { readonly [name: string]: Tree };

/**
 * The tensors of a tree, in the order of its arrays and the insertion order of its records. Values
 * that are no tensors, arrays or plain records are passed over.
 */
export function leaves(tree: unknown): Tensor[] {
  const found: Tensor[] = [];
  collect(tree, found);
  return found;
}

function collect(tree: unknown, found: Tensor[]): void {
  if (tree instanceof Tensor) found.push(tree);
  else if (Array.isArray(tree)) { for (const branch of tree) collect(branch, found); }
  else if (isBranch(tree)) { for (const branch of Object.values(tree)) collect(branch, found); }
}

/**
 * The tensors of a tree by their paths (`"conv.0.weight"`).
 *
 * @throws {TypeError} if the tree holds something that is no tensor, array or plain record.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { namedLeaves, tensor } from "./mod.ts";
 *
 * deepEqual([...namedLeaves({ conv: [tensor(1), tensor(2)] }).keys()], ["conv.0", "conv.1"]);
 * ```
 */
export function namedLeaves(tree: Tree): Map<string, Tensor> {
  const named = new Map<string, Tensor>();
  mapTree(tree, (leaf, path) => {
    named.set(path, leaf);
    return leaf;
  });
  return named;
}

/**
 * Builds a tree of the same structure from what `f` makes of each tensor and its path
 * (`"conv.0.weight"`).
 *
 * @throws {TypeError} if the tree holds something that is no tensor, array or plain record.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { mapTree, tensor } from "./mod.ts";
 *
 * const paths: string[] = [];
 * mapTree({ conv: [tensor(1), tensor(2)] }, (leaf, path) => (paths.push(path), leaf));
 * deepEqual(paths, ["conv.0", "conv.1"]);
 * ```
 */
export function mapTree<T extends Tree>(tree: T, f: (leaf: Tensor, path: string) => Tensor): T {
  return mapBranch(tree, f, "") as T;
}

function mapBranch(tree: Tree, f: (leaf: Tensor, path: string) => Tensor, path: string): Tree {
  if (tree instanceof Tensor) return f(tree, path);
  const below = (name: string | number) => path === "" ? `${name}` : `${path}.${name}`;
  if (Array.isArray(tree)) return tree.map((branch, i) => mapBranch(branch, f, below(i)));
  if (!isBranch(tree)) {
    throw new TypeError(
      `Cannot map a tree: ${path || "its root"} must be a tensor, an array or a plain record, ` +
        `got ${tree === null ? "null" : typeof tree}`,
    );
  }
  return Object.fromEntries(
    Object.entries(tree).map(([name, branch]) => [name, mapBranch(branch, f, below(name))]),
  );
}

/**
 * Builds a tree from the tensors that stand at the same place in several trees of one structure.
 *
 * @throws {TypeError} if the trees have different numbers of tensors.
 */
export function zipTrees<T extends Tree>(
  f: (...leaves: Tensor[]) => Tensor,
  first: T,
  ...others: readonly Tree[]
): T {
  const columns = others.map(leaves);
  const count = leaves(first).length;
  for (const column of columns) {
    if (column.length !== count) {
      throw new TypeError(
        `Cannot combine trees of ${count} and ${column.length} tensors: their structure must be equal`,
      );
    }
  }
  let next = 0;
  return mapTree(first, (leaf) => {
    const place = next++;
    return f(leaf, ...columns.map((column) => column[place]));
  });
}

/**
 * Disposes the tensors of a tree that has been replaced, except those that its successor holds too.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { disposeReplaced, tensor } from "./mod.ts";
 *
 * const before = { weight: tensor(1), bias: tensor(2) };
 * const after = { weight: tensor(3), bias: before.bias };
 * disposeReplaced(before, after);
 * equal(before.weight.disposed, true);
 * equal(after.bias.disposed, false);
 * ```
 */
export function disposeReplaced(before: unknown, after: unknown): void {
  const kept = new Set(leaves(after));
  for (const leaf of leaves(before)) if (!kept.has(leaf)) leaf.dispose();
}

function isBranch(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
