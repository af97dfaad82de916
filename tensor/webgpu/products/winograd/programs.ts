/**
 * The transforms around Winograd's products. Each invocation makes the tile of one channel; the 36
 * places of a tile go to 36 planes, a matrix each.
 *
 * @module
 */

import { eachProgram, programFamily } from "../../program.ts";
import {
  bothSides,
  FILTER,
  INPUT,
  INPUTS,
  type Matrix,
  OUTPUT,
  PLANES,
  RESULTS,
  transpose,
} from "./matrices.ts";

function lines(statements: readonly string[]): string {
  return statements.map((statement) => `\n  ${statement}`).join("");
}

function square<T>(side: number, make: (row: number, column: number) => T): T[] {
  return Array.from({ length: side * side }, (_, i) => make(Math.floor(i / side), i % side));
}

/** Where a tile lies: its image and the first row and column of its results. */
const TILE_PLACE = [
  "let across = tile % u.tilesAcross;",
  "let rest = tile / u.tilesAcross;",
  "let image = rest / u.tilesDown;",
  `let top = i32(rest % u.tilesDown * ${RESULTS}u);`,
  `let left = i32(across * ${RESULTS}u);`,
];

const TILE_NUMBERS = {
  /** From one plane, channel and tile to the next, in elements of the planes. */
  planeStep: "u32",
  channelStep: "u32",
  tileStep: "u32",
  channels: "u32",
  tiles: "u32",
  /** The first tile of this run among all; past all of them tiles are zero. */
  firstTile: "u32",
  allTiles: "u32",
  tilesAcross: "u32",
  tilesDown: "u32",
  height: "i32",
  width: "i32",
} as const;

/**
 * G·g·Gᵀ: 3×3 filters to planes [36][from][to]. A transposed convolution has its filters rotated by
 * half a turn.
 */
export const filterProgram = programFamily((isRotated: boolean) => {
  const tap = (row: number, column: number) => 3 * row + column;
  const { statements, results } = bothSides(
    FILTER,
    (row, column) => `tap${isRotated ? 8 - tap(row, column) : tap(row, column)}`,
    "f",
  );
  return eachProgram({
    name: `Winograd ${isRotated ? "rotated " : ""}filters`,
    reads: { weight: "f32" },
    writes: { planes: "f32" },
    numbers: {
      to: "u32",
      fromStep: "u32",
      toStep: "u32",
      planeStep: "u32",
      rowStep: "u32",
    },
    body: lines([
      "let source = i / u.to;",
      "let result = i % u.to;",
      "let at = source * u.fromStep + result * u.toStep;",
      ...square(
        3,
        (row, column) => `let tap${tap(row, column)} = weight[at + ${tap(row, column)}u];`,
      ),
      ...statements,
      "let place = source * u.rowStep + result;",
      ...square(
        INPUTS,
        (row, column) =>
          `planes[place + ${INPUTS * row + column}u * u.planeStep] = ${results[row][column]};`,
      ),
    ]),
  });
});

/** How an invocation's pixels are read and its results are placed. */
interface TileOrder {
  readonly name: string;
  readonly type: "f32" | "vec4f";
  /** WGSL of `channel`, `ownTile` and `place`, the result's in plane 0. */
  readonly place: readonly string[];
  /** The value of a pixel, in all channels that the invocation does. */
  readonly pixel: (at: string) => string;
}

/** One channel; neighbours take neighbouring tiles. */
const BY_TILES: TileOrder = {
  name: "by tiles",
  type: "f32",
  place: [
    "let channel = i / u.tiles;",
    "let ownTile = i % u.tiles;",
    "let place = channel * u.channelStep + ownTile * u.tileStep;",
  ],
  pixel: (at) => `image_[${at}]`,
};

/** Four channels, the last of which may be nobody's; neighbours take neighbouring channels. */
const BY_CHANNELS: TileOrder = {
  name: "by channels",
  type: "vec4f",
  place: [
    "let fours = (u.channels + 3u) / 4u;",
    "let channel = i % fours * 4u;",
    "let ownTile = i / fours;",
    "let place = i % fours + ownTile * u.tileStep;",
    "let area = u.height * u.width;",
  ],
  pixel: (at) =>
    `vec4f(${[0, 1, 2, 3].map((channel) => `image_[${at} + ${channel} * area]`).join(", ")})`,
};

/** Bᵀ·d·B of the tiles of an image, padded by zeros; or, of gradients, A·g·Aᵀ. */
function tileProgram(name: string, matrix: Matrix, { name: order, type, place, pixel }: TileOrder) {
  const side = matrix[0].length;
  const { statements, results } = bothSides(matrix, (row, column) => `d${row}_${column}`, "t");
  return eachProgram({
    name: `Winograd ${name} ${order}`,
    reads: { image_: "f32" },
    writes: { planes: type },
    numbers: { ...TILE_NUMBERS, paddingTop: "i32", paddingLeft: "i32" },
    body: lines([
      ...place,
      "let tile = u.firstTile + ownTile;",
      ...TILE_PLACE,
      "let plane = i32(image * u.channels + channel) * u.height * u.width;",
      ...Array.from({ length: side }, (_, k) => [
        `let y${k} = top - u.paddingTop + ${k};`,
        `let x${k} = left - u.paddingLeft + ${k};`,
        `let isRow${k} = tile < u.allTiles && y${k} >= 0 && y${k} < u.height;`,
        `let isColumn${k} = x${k} >= 0 && x${k} < u.width;`,
        `let row${k} = plane + clamp(y${k}, 0, u.height - 1) * u.width;`,
        `let column${k} = clamp(x${k}, 0, u.width - 1);`,
      ]).flat(),
      ...square(side, (row, column) => {
        const value = pixel(`row${row} + column${column}`);
        return `let d${row}_${column} = ` +
          `select(${type}(), ${value}, isRow${row} && isColumn${column});`;
      }),
      ...statements,
      ...square(
        INPUTS,
        (row, column) =>
          `planes[place + ${INPUTS * row + column}u * u.planeStep] = ${results[row][column]};`,
      ),
    ]),
  });
}

/** Inputs to planes [36][channel][tile]. */
export const inputProgram = tileProgram("inputs", INPUT, BY_TILES);

/** Inputs to planes [36][tile][channel], by fours of channels. */
export const inputByChannelsProgram = tileProgram("inputs", INPUT, BY_CHANNELS);

/** Gradients of results to planes [36][tile][channel], by fours of channels. */
export const gradientProgram = tileProgram("gradients", transpose(OUTPUT), BY_CHANNELS);

/** Aᵀ·m·A: planes [36][channel][tile] to results, plus the channel's bias if there is one. */
export const outputProgram = programFamily((hasBias: boolean, byFours: boolean) => {
  const { statements, results } = bothSides(
    OUTPUT,
    (row, column) => `m${INPUTS * row + column}`,
    "y",
  );
  const shifted = (row: number, column: number) =>
    hasBias ? `${results[row][column]} + shift` : results[row][column];
  const stores = byFours
    ? Array.from(
      { length: RESULTS },
      (_, row) =>
        `if (top + ${row} < u.height) { image_[(plane + (top + ${row}) * u.width + left) / 4] = ` +
        `vec4f(${[0, 1, 2, 3].map((column) => shifted(row, column)).join(", ")}); }`,
    )
    : square(
      RESULTS,
      (row, column) =>
        `if (top + ${row} < u.height && left + ${column} < u.width) ` +
        `{ image_[plane + (top + ${row}) * u.width + left + ${column}] = ${
          shifted(row, column)
        }; }`,
    );
  return eachProgram({
    name: `Winograd results${hasBias ? " plus bias" : ""}${byFours ? " by fours" : ""}`,
    reads: hasBias ? { planes: "f32", bias: "f32" } : { planes: "f32" },
    writes: { image_: byFours ? "vec4f" : "f32" },
    numbers: TILE_NUMBERS,
    body: lines([
      "let channel = i / u.tiles;",
      "let ownTile = i % u.tiles;",
      "let tile = u.firstTile + ownTile;",
      ...TILE_PLACE,
      "let place = channel * u.channelStep + ownTile * u.tileStep;",
      ...Array.from(
        { length: PLANES },
        (_, plane) => `let m${plane} = planes[place + ${plane}u * u.planeStep];`,
      ),
      ...statements,
      ...(hasBias ? ["let shift = bias[channel];"] : []),
      "let plane = i32(image * u.channels + channel) * u.height * u.width;",
      ...stores,
    ]),
  });
});

/** Gᵀ·s·G: sums of products [36][splits][to][from], added in order, to 3×3 filters. */
export const tapProgram = (() => {
  const { statements, results } = bothSides(
    transpose(FILTER),
    (row, column) => `s${INPUTS * row + column}`,
    "g",
  );
  return eachProgram({
    name: "Winograd taps",
    reads: { planes: "f32" },
    writes: { weight: "f32" },
    numbers: {
      inputs: "u32",
      rowStep: "u32",
      planeStep: "u32",
      splits: "u32",
      splitStep: "u32",
    },
    body: lines([
      "let place = i / u.inputs * u.rowStep + i % u.inputs;",
      ...Array.from({ length: PLANES }, (_, plane) => `var s${plane} = 0.0;`),
      "for (var split = 0u; split < u.splits; split++) {",
      "  let at = place + split * u.splitStep;",
      ...Array.from(
        { length: PLANES },
        (_, plane) => `  s${plane} += planes[at + ${plane}u * u.planeStep];`,
      ),
      "}",
      ...statements,
      ...square(
        3,
        (row, column) => `weight[9u * i + ${3 * row + column}u] = ${results[row][column]};`,
      ),
    ]),
  });
})();
