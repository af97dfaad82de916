/**
 * A recorded run of the meta-update: an `.npz` written by `tests/reference/golden.py`, whose head
 * lists the keys.
 *
 * @module
 */

import type { NpyArray } from "../../data/npy.ts";
import {
  type DType,
  mapTree,
  randomKey,
  scope,
  type Shape,
  type Tensor,
  tensor,
} from "../../tensor/mod.ts";
import type { DomainBatch } from "../meta_loss.ts";
import { EPSILON } from "../networks/conv_block.ts";
import { initModel, type Model, type PerNetwork } from "../networks/model.ts";

/** The networks by the names of their classes in the published code. */
export const PUBLISHED_NAMES = {
  extractor: "FeatExtor",
  depthEstimator: "DepthEstor",
  embedder: "FeatEmbder",
} as const satisfies Record<keyof PerNetwork, string>;

/** The numbers that a run was made with. */
export interface TraceSettings {
  readonly channelDivisor: number;
  readonly imageSize: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly innerLearningRate: number;
  readonly depthWeight: number;
  readonly metaTestWeight: number;
  readonly betas: readonly [number, number];
  readonly epsilon: number;
}

/** A recorded run, read key by key. */
export class Trace {
  readonly settings: TraceSettings;
  /** The precision that the run was recorded in. */
  readonly precision: "f32" | "f64";

  /** @throws {Error} if the settings are missing or of a batch-norm that is not ours. */
  constructor(readonly name: string, private readonly arrays: ReadonlyMap<string, NpyArray>) {
    const setting = (key: string) => this.#number(`meta/${key}`);
    this.settings = {
      channelDivisor: setting("div"),
      imageSize: setting("side"),
      steps: setting("steps"),
      learningRate: setting("lr"),
      innerLearningRate: setting("lr_inner"),
      depthWeight: setting("w_depth"),
      metaTestWeight: setting("w_metatest"),
      betas: [setting("beta1"), setting("beta2")],
      epsilon: setting("eps"),
    };
    if (setting("bn_eps") !== EPSILON) {
      throw new Error(
        `Cannot replay ${name}: its batch-norm adds ${setting("bn_eps")}, ours ${EPSILON}`,
      );
    }
    const total = this.#array("step1/loss/total");
    this.precision = total.dtype === "float64" ? "f64" : "f32";
  }

  /** The numbers under a key. */
  values(key: string): Float64Array {
    return Float64Array.from(this.#array(key).data, Number);
  }

  /** The keys that begin with a prefix, without it. */
  keysUnder(prefix: string): string[] {
    return [...this.arrays.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length));
  }

  /**
   * The networks recorded under a prefix.
   *
   * @throws {Error} that names what is missing or of the wrong shape.
   */
  model(prefix: string, dtype: DType): Model {
    const { channelDivisor } = this.settings;
    return scope(() => {
      const expected = initModel(randomKey(0), { channelDivisor, init: "zeros", normScale: "one" });
      return {
        weights: this.#networks(prefix, expected.weights, dtype),
        statistics: this.#networks(prefix, expected.statistics, dtype),
      };
    });
  }

  /** The batches of a step, in the order in which its domains were shuffled. */
  batches(step: number, dtype: DType): DomainBatch[] {
    return [...this.values(`step${step}/order`)].map((domain) => ({
      images: this.#pixels(`step${step}/img${domain}`, dtype),
      depths: this.#pixels(`step${step}/dep${domain}`, dtype),
      labels: this.#tensor(`step${step}/lab${domain}`, dtype),
    }));
  }

  /** The images that were scored at the end. */
  scoredImages(dtype: DType): Tensor {
    return this.#pixels("eval/img", dtype);
  }

  #networks(prefix: string, expected: PerNetwork, dtype: DType): PerNetwork {
    const network = (name: keyof PerNetwork) =>
      mapTree(expected[name], ({ shape }, tensorName) => {
        const key = `${prefix}/${PUBLISHED_NAMES[name]}/${tensorName}`;
        this.#checkShape(key, shape);
        return this.#tensor(key, dtype);
      });
    return {
      extractor: network("extractor"),
      depthEstimator: network("depthEstimator"),
      embedder: network("embedder"),
    };
  }

  #checkShape(key: string, wanted: Shape): void {
    const got = this.#array(key).shape;
    if (got.join() !== wanted.join()) {
      throw new Error(
        `Cannot replay ${this.name}: ${key} must be [${wanted}] by its meta/div, got [${got}]`,
      );
    }
  }

  #number(key: string): number {
    const value = Number(this.#array(key).data[0]);
    if (Number.isFinite(value)) return value;
    throw new Error(`Cannot replay ${this.name}: ${key} must be a number, got ${value}`);
  }

  #tensor(key: string, dtype: DType): Tensor {
    return tensor(this.values(key), this.#array(key).shape, { dtype });
  }

  /** Divided in the recorded run's precision: that is what its networks saw. */
  #pixels(key: string, dtype: DType): Tensor {
    const round = this.precision === "f32" ? Math.fround : (value: number) => value;
    const unit = this.values(key).map((value) => round(value / 255));
    return tensor(unit, this.#array(key).shape, { dtype });
  }

  #array(key: string): NpyArray {
    const array = this.arrays.get(key);
    if (array === undefined) {
      throw new Error(
        `Cannot replay ${this.name}: it has no ${key}; is it a trace of the meta-update?`,
      );
    }
    return array;
  }
}
