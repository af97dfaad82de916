/**
 * Winograd's F(4×4, 3×3) as matrices: along each axis four results from six inputs, by six
 * multiplications in place of twelve.
 *
 * A correlation is y = Aᵀ[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]A. Its transposes in d and in g need no other matrices.
 * The points are 0, ±a, ±b and ∞, where a = √½ and b = √2; in float32 they give half the error of 0,
 * ±1, ±2.
 *
 * Source: Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016; of the
 * points: Barabasz, Anderson, Soodhalter and Gregg, "Error analysis and improving the accuracy of
 * Winograd convolution for deep neural networks", ACM TOMS 2020.
 *
 * @module
 */

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

const a = Math.SQRT1_2;
const b = Math.SQRT2;

/** The side of a tile of results. */
export const RESULTS = 4;

/** The side of a tile of inputs. */
export const INPUTS = 6;

/** The places of a tile of inputs: as many products are made. */
export const PLANES = INPUTS * INPUTS;

/** Bᵀ: six inputs to six. */
export const INPUT: Matrix = [
  [1, 0, -5 / 2, 0, 1, 0],
  [0, -2 * a, -2, a, 1, 0],
  [0, 2 * a, -2, -a, 1, 0],
  [0, -b / 2, -1 / 2, b, 1, 0],
  [0, b / 2, -1 / 2, -b, 1, 0],
  [0, 1, 0, -5 / 2, 0, 1],
];

/** G: three taps to six. */
export const FILTER: Matrix = [
  [1, 0, 0],
  [-2 / 3, -2 / 3 * a, -1 / 3],
  [-2 / 3, 2 / 3 * a, -1 / 3],
  [1 / 6, b / 6, 1 / 3],
  [1 / 6, -b / 6, 1 / 3],
  [0, 0, 1],
];

/** Aᵀ: six products to four results. */
export const OUTPUT: Matrix = [
  [1, 1, 1, 1, 1, 0],
  [0, a, -a, b, -b, 0],
  [0, 1 / 2, 1 / 2, 2, 2, 0],
  [0, a / 2, -a / 2, 2 * b, -2 * b, 1],
];

/** The matrix with rows for columns. */
export function transpose(matrix: Matrix): Matrix {
  return matrix[0].map((_, column) => matrix.map((row) => row[column]));
}

/**
 * WGSL that multiplies a square of values by a matrix from the left and its transpose from the right:
 * statements, and the names of the results, row by row. `prefix` keeps the names apart.
 */
export function bothSides(
  matrix: Matrix,
  value: (row: number, column: number) => string,
  prefix: string,
): { readonly statements: string[]; readonly results: string[][] } {
  const side = matrix[0].length;
  const statements: string[] = [];
  const named = (name: string, sum: string) => {
    statements.push(`let ${name} = ${sum};`);
    return name;
  };
  const half = matrix.map((weights, row) =>
    Array.from({ length: side }, (_, column) =>
      named(
        `${prefix}Half${row}_${column}`,
        weighted(weights, (inner) => value(inner, column)),
      ))
  );
  const results = half.map((values, row) =>
    matrix.map((weights, column) =>
      named(`${prefix}${row}_${column}`, weighted(weights, (inner) => values[inner]))
    )
  );
  return { statements, results };
}

/** A sum of values by weights, without those that are 0. */
function weighted(weights: readonly number[], value: (index: number) => string): string {
  const terms = weights.flatMap((weight, i) => {
    if (weight === 0) return [];
    if (Math.abs(weight) === 1) return [`${weight < 0 ? "-" : ""}${value(i)}`];
    return [`${literal(weight)} * ${value(i)}`];
  });
  return terms.join(" + ");
}

/** A number as WGSL takes it for an f32. */
function literal(number: number): string {
  const text = `${Math.fround(number)}`;
  return `(${text}${/[.e]/.test(text) ? "" : ".0"})`;
}
