/**
 * An assembler: WebAssembly written as TypeScript, at run time, so that no binary is kept.
 *
 * @module
 */

export * from "./body.ts";
export * from "./instructions.ts";
export * from "./module.ts";
export * from "./value.ts";
