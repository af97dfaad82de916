/**
 * rfmeta: tensors and automatic differentiation of any order, from the ground up, and on them
 * Regularized Fine-grained Meta Face Anti-spoofing.
 *
 * @module
 */

export * from "./autograd/mod.ts";
export * from "./nn/mod.ts";
export * from "./tensor/mod.ts";
