/**
 * The scores of a set of images, as score files hold them.
 *
 * @module
 */

/** One entry for each image in every column; an empty string where a name is not known. */
export interface ScoreTable {
  /** Higher is more live. */
  readonly score: ArrayLike<number>;
  /** 1 for live, 0 for spoof. */
  readonly label: ArrayLike<number>;
  /** The path of each image. */
  readonly image?: readonly string[];
  /** The person who is shown, or impersonated. */
  readonly subject?: readonly string[];
  /** The video that the image is a frame of. */
  readonly video?: readonly string[];
  /** The kind of attack of a spoof image, such as print or replay. */
  readonly attack?: readonly string[];
}

/** The columns of text that a table may have. */
export const NAME_COLUMNS = ["image", "subject", "video", "attack"] as const;

/** Says what is wrong with a table, if anything is. */
export function flawOf(table: ScoreTable): string | undefined {
  const { score, label } = table;
  for (const column of ["label", ...NAME_COLUMNS] as const) {
    const length = table[column]?.length ?? score.length;
    if (length !== score.length) {
      return "every column needs one value an image, " +
        `got ${score.length} of score and ${length} of ${column}`;
    }
  }
  for (let i = 0; i < score.length; i++) {
    const where = `at index ${i}` + (table.image ? ` (${table.image[i]})` : "");
    if (!Number.isFinite(score[i])) return `a score must be finite, got ${score[i]} ${where}`;
    if (label[i] !== 0 && label[i] !== 1) {
      return `a label must be 1 (live) or 0 (spoof), got ${label[i]} ${where}`;
    }
  }
  return undefined;
}
