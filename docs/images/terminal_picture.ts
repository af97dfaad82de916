/**
 * Draws what a command printed as an SVG of a terminal.
 *
 *     deno task train 2>&1 | deno run docs/images/terminal_picture.ts "deno task train" > run.svg
 *
 * @module
 */

const LINE = 18;
const LETTER = 7.83;
const MARGIN = 16;
const BAR = 30;

const [command] = Deno.args;
const printed = await new Response(Deno.stdin.readable).text();
const lines = [`$ ${command}`, ...printed.trimEnd().split("\n")];
const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * LETTER) + 2 * MARGIN;
const height = lines.length * LINE + BAR + 2 * MARGIN;

/** SVG folds spaces; columns need them. */
const NO_BREAK_SPACE = "\u00a0";
const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(" ", NO_BREAK_SPACE);
const dots = ["#ff5f57", "#febc2e", "#28c840"]
  .map((colour, i) => `<circle cx="${20 + 18 * i}" cy="15" r="6" fill="${colour}"/>`);
const rows = lines.map((line, i) => {
  const colour = i === 0 ? "#7ee787" : "#d6deeb";
  const y = BAR + MARGIN + (i + 0.7) * LINE;
  return `<text x="${MARGIN}" y="${y.toFixed(1)}" fill="${colour}">${escaped(line)}</text>`;
});

console.log(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...dots,
    ...rows,
    `</svg>`,
  ].join("\n"),
);
