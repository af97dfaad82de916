/**
 * Learning-rate schedules: functions of the step, which starts at 0.
 *
 * @module
 */

export { constant } from "./constant.ts";
export { cosineAnnealing, type CosineAnnealingOptions } from "./cosine_annealing.ts";
export { linearWarmup, type LinearWarmupOptions } from "./linear_warmup.ts";
export type { Schedule } from "./schedule.ts";
export {
  exponential,
  type ExponentialOptions,
  multiStep,
  type MultiStepOptions,
  stepDecay,
  type StepDecayOptions,
} from "./step_decay.ts";
