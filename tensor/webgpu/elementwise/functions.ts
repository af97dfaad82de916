/**
 * Functions of one operand, as WGSL expressions in `x`, four elements at a time.
 *
 * @module
 */

/** A function: its name, and an expression in `x` (a vec4f, or vec4i of int32) and `u.parameter`. */
export interface GpuFunction {
  readonly name: string;
  readonly expression: string;
  /** WGSL that the expression calls. */
  readonly declarations?: string;
}

export const SAME: GpuFunction = { name: "cast", expression: "x" };
export const SCALE: GpuFunction = { name: "scale", expression: "vec4f(x) * u.parameter" };
export const SQRT: GpuFunction = { name: "sqrt", expression: "sqrt(x)" };
export const EXP: GpuFunction = { name: "exp", expression: "exp(x)" };
export const LOG: GpuFunction = { name: "log", expression: "log(x)" };
export const SIN: GpuFunction = { name: "sin", expression: "sin(x)" };
export const COS: GpuFunction = { name: "cos", expression: "cos(x)" };
export const TANH: GpuFunction = { name: "tanh", expression: "tanh(x)" };
export const ABS: GpuFunction = { name: "abs", expression: "abs(x)" };
export const RELU: GpuFunction = { name: "relu", expression: "select(x, vec4f(), x <= vec4f())" };

export const POSITIVE: GpuFunction = {
  name: "positive",
  expression: "select(vec4f(), vec4f(1), vec4f(x) > vec4f())",
};

export const SIGMOID: GpuFunction = {
  name: "sigmoid",
  expression: "select(vec4f(1), exp(-abs(x)), x < vec4f()) / (1 + exp(-abs(x)))",
};

export const SOFTPLUS: GpuFunction = {
  name: "softplus",
  expression: "max(x, vec4f()) + log(1 + exp(-abs(x)))",
};
