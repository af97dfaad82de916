/**
 * Metrics of face anti-spoofing and the files that scores are kept in.
 *
 * Labels come first, then scores, as with scikit-learn; live is 1 and the positive class, a higher
 * score is more live, and an image is accepted where `score >= threshold`.
 *
 * @module
 */

export { rocAucScore } from "./auc.ts";
export { type EqualErrorRate, equalErrorRate } from "./eer.ts";
export { type ErrorRates, errorRates, hter } from "./error_rates.ts";
export { type RocCurve, rocCurve } from "./roc.ts";
export { type CsvRecord, scoreTableFromRecords } from "./score_csv.ts";
export { readScoreFile, writeScoreFile } from "./score_file.ts";
export { type ScoreTable } from "./score_table.ts";
export { formatSummary, type ScoreSummary, summarizeScores } from "./summary.ts";
export { chooseThreshold, type ThresholdPolicy } from "./threshold_policy.ts";
