/**
 * The product that all products come down to: for each batch, C[m][n] = Σₖ A[k][m] · B[k][n].
 *
 * Both operands have the summed axis outermost and are read by fours along the other, so the inner
 * loop is the same for matmul, Winograd's 36 products and patches; bringing an operand into that order
 * is the work of whoever calls. Each element is summed in the order of k whatever the tile, so that on
 * one adapter the tile changes no result.
 *
 * @module
 */

import type { WebgpuBuffer } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { groupProgram, MOST_GROUPS, programFamily } from "../program.ts";

/** How a workgroup divides its part of the result. */
export interface Tile {
  /** Rows of the result that an invocation keeps in registers, a multiple of 4. */
  readonly rows: number;
  /** Fours of columns that it keeps. */
  readonly fours: number;
  /** Invocations of a workgroup along the columns and the rows. */
  readonly across: number;
  readonly down: number;
  /** How much of k is copied to workgroup memory at a time; 0 reads the operands themselves. */
  readonly depth: number;
}

/** An operand: [batch][k][columns], each row of k a whole number of fours. */
export interface Panel {
  readonly buffer: WebgpuBuffer;
  /** Where it begins, in fours; 0 unless told. */
  readonly start?: number;
  /** From one k to the next, in fours. */
  readonly rowStep: number;
  /** From one batch to the next, in fours; 0 repeats one. */
  readonly batchStep: number;
}

/** The lengths of a product. */
export interface Extent {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** The result: [batch][rows][columns]. */
export interface ProductResult {
  readonly buffer: WebgpuBuffer;
  /** Where it begins, in elements; 0 unless told. */
  readonly start?: number;
  /** From one row to the next, in elements. */
  readonly rowStep: number;
  /** From one batch to the next, in elements. */
  readonly batchStep: number;
  /** Whether the product is added to what is there. */
  readonly isAdded?: boolean;
}

/** Multiplies panels into a result, in as many dispatches as a GPU wants for very large ones. */
export function runProduct(
  gpu: Gpu,
  tile: Tile,
  a: Panel,
  b: Panel,
  c: ProductResult,
  extent: Extent,
): void {
  const { batch, rows, columns } = extent;
  const mostRows = MOST_GROUPS * tile.rows * tile.down;
  const mostColumns = MOST_GROUPS * 4 * tile.fours * tile.across;
  for (let image = 0; image < batch; image += MOST_GROUPS) {
    for (let row = 0; row < rows; row += mostRows) {
      for (let column = 0; column < columns; column += mostColumns) {
        dispatchProduct(
          gpu,
          tile,
          { ...a, start: (a.start ?? 0) + image * a.batchStep + row / 4 },
          { ...b, start: (b.start ?? 0) + image * b.batchStep + column / 4 },
          { ...c, start: (c.start ?? 0) + image * c.batchStep + row * c.rowStep + column },
          {
            ...extent,
            batch: Math.min(MOST_GROUPS, batch - image),
            rows: Math.min(mostRows, rows - row),
            columns: Math.min(mostColumns, columns - column),
          },
        );
      }
    }
  }
}

function dispatchProduct(
  gpu: Gpu,
  tile: Tile,
  a: Panel,
  b: Panel,
  c: ProductResult,
  { batch, rows, columns, depth }: Extent,
): void {
  const { start = 0 } = c;
  const byFours = [start, c.rowStep, c.batchStep, columns].every((length) => length % 4 === 0);
  const unit = byFours ? 4 : 1;
  const program = productProgram(
    tile.rows,
    tile.fours,
    tile.across,
    tile.down,
    tile.depth,
    byFours,
  );
  gpu.groups(
    program,
    [
      Math.ceil(columns / (4 * tile.fours * tile.across)),
      Math.ceil(rows / (tile.rows * tile.down)),
      batch,
    ],
    { a: a.buffer, b: b.buffer, c: c.buffer },
    {
      rows,
      columns,
      depth,
      aStart: a.start ?? 0,
      aRow: a.rowStep,
      aBatch: a.batchStep,
      bStart: b.start ?? 0,
      bRow: b.rowStep,
      bBatch: b.batchStep,
      cStart: start / unit,
      cRow: c.rowStep / unit,
      cBatch: c.batchStep / unit,
      isAdded: c.isAdded ? 1 : 0,
    },
  );
}

const productProgram = programFamily(
  (
    rows: number,
    fours: number,
    across: number,
    down: number,
    depth: number,
    byFours: boolean,
  ) => {
    const tile = { rows, fours, across, down, depth };
    return groupProgram([across, down, 1], {
      name: `product ${rows}x${fours * 4} by ${across}x${down}x${depth}`,
      reads: { a: "vec4f", b: "vec4f" },
      writes: { c: byFours ? "vec4f" : "f32" },
      numbers: {
        rows: "u32",
        columns: "u32",
        depth: "u32",
        aStart: "u32",
        aRow: "u32",
        aBatch: "u32",
        bStart: "u32",
        bRow: "u32",
        bBatch: "u32",
        cStart: "u32",
        cRow: "u32",
        cBatch: "u32",
        isAdded: "u32",
      },
      declarations: depth === 0 ? "" : sharedMemory(tile),
      body: [
        ...sums(tile),
        ...(depth === 0 ? fromBuffers(tile) : throughMemory(tile)),
        ...(byFours ? storeFours(tile) : storeOnes(tile)),
      ].map((line) => `\n  ${line}`).join(""),
    });
  },
);

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function sums({ rows, fours }: Tile): string[] {
  return range(rows).flatMap((r) => range(fours).map((f) => `var sum${r}_${f} = vec4f();`));
}

/** One step of k: fours of a column of A, fours of a row of B, and all their products. */
function step({ rows, fours }: Tile, a: (i: number) => string, b: (f: number) => string): string[] {
  return [
    ...range(rows / 4).map((i) => `let a${i} = ${a(i)};`),
    ...range(fours).map((f) => `let b${f} = ${b(f)};`),
    ...range(rows).flatMap((r) =>
      range(fours).map((f) => {
        const sum = `sum${r}_${f}`;
        return `${sum} = fma(vec4f(a${r >> 2}[${r & 3}]), b${f}, ${sum});`;
      })
    ),
  ];
}

/** Rows lie together, columns `across` fours apart, so that neighbours read neighbouring fours. */
function fromBuffers(tile: Tile): string[] {
  const { rows, fours, across, down } = tile;
  return [
    `var aAt = u.aStart + group.z * u.aBatch + (group.y * ${down}u + local.y) * ${rows / 4}u;`,
    `var bAt = u.bStart + group.z * u.bBatch + group.x * ${fours * across}u + local.x;`,
    `for (var k = 0u; k < u.depth; k++) {`,
    ...step(tile, (i) => `a[aAt + ${i}u]`, (f) => `b[bAt + ${f * across}u]`)
      .map((line) => `  ${line}`),
    `  aAt += u.aRow;`,
    `  bAt += u.bRow;`,
    `}`,
  ];
}

function sharedMemory({ rows, fours, across, down, depth }: Tile): string {
  return `
var<workgroup> aTile: array<vec4f, ${depth * down * rows / 4}>;
var<workgroup> bTile: array<vec4f, ${depth * across * fours}>;`;
}

/** All invocations copy a part of both operands to workgroup memory, then all multiply it. */
function throughMemory(tile: Tile): string[] {
  const { rows, fours, across, down, depth } = tile;
  const lanes = across * down;
  const aWidth = down * rows / 4;
  const bWidth = across * fours;
  const copy = (name: "a" | "b", width: number, start: string) => [
    `  for (var at = lane; at < ${depth * width}u; at += ${lanes}u) {`,
    `    let row = k + at / ${width}u;`,
    `    let value = ${name}[${start} + row * u.${name}Row + at % ${width}u];`,
    `    ${name}Tile[at] = select(vec4f(), value, row < u.depth);`,
    `  }`,
  ];
  return [
    `let aStart = u.aStart + group.z * u.aBatch + group.y * ${aWidth}u;`,
    `let bStart = u.bStart + group.z * u.bBatch + group.x * ${bWidth}u;`,
    `for (var k = 0u; k < u.depth; k += ${depth}u) {`,
    ...copy("a", aWidth, "aStart"),
    ...copy("b", bWidth, "bStart"),
    `  workgroupBarrier();`,
    `  for (var inner = 0u; inner < ${depth}u; inner++) {`,
    ...step(
      tile,
      (i) => `aTile[inner * ${aWidth}u + local.y * ${rows / 4}u + ${i}u]`,
      (f) => `bTile[inner * ${bWidth}u + local.x + ${f * across}u]`,
    ).map((line) => `    ${line}`),
    `  }`,
    `  workgroupBarrier();`,
    `}`,
  ];
}

function storing({ rows, fours, across, down }: Tile): string[] {
  return [
    `let row = (group.y * ${down}u + local.y) * ${rows}u;`,
    `let column = group.x * ${fours * across}u + local.x;`,
    `var at = u.cStart + group.z * u.cBatch + row * u.cRow;`,
  ];
}

function put(place: string, sum: string): string {
  return `if (u.isAdded == 0u) { c[${place}] = ${sum}; } else { c[${place}] += ${sum}; }`;
}

function storeFours(tile: Tile): string[] {
  const { rows, fours, across } = tile;
  return [
    ...storing(tile),
    ...range(rows).flatMap((r) => [
      `if (row + ${r}u < u.rows) {`,
      ...range(fours).map((f) => {
        const place = `column + ${f * across}u`;
        return `  if ((${place}) * 4u < u.columns) { ${put(`at + ${place}`, `sum${r}_${f}`)} }`;
      }),
      `  at += u.cRow;`,
      `}`,
    ]),
  ];
}

function storeOnes(tile: Tile): string[] {
  const { rows, fours, across } = tile;
  return [
    ...storing(tile),
    ...range(rows).flatMap((r) => [
      `if (row + ${r}u < u.rows) {`,
      ...range(fours).flatMap((f) =>
        range(4).map((i) => {
          const place = `(column + ${f * across}u) * 4u + ${i}u`;
          return `  if (${place} < u.columns) { ${put(`at + ${place}`, `sum${r}_${f}[${i}]`)} }`;
        })
      ),
      `  at += u.cRow;`,
      `}`,
    ]),
  ];
}
