/**
 * The work that is measured, as data: our library and every peer is sent the same description.
 *
 * @module
 */

/** A 3×3 convolution with a padding of 1, or one of its two transposes. */
export interface ConvolutionWork {
  readonly kind: "conv2d" | "conv2dInput" | "conv2dWeight";
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Of the square maps. */
  readonly side: number;
}

/** A product of two square matrices. */
export interface MatmulWork {
  readonly kind: "matmul";
  readonly size: number;
}

/** A pass through batch-norm and ReLU, or through a max-pool of 2×2. */
export interface LayerWork {
  readonly kind: "norm" | "pool";
  readonly pass: "forward" | "backward";
  /** [N,C,H,W]. */
  readonly shape: readonly number[];
}

/** One elementwise op; `add` takes two tensors. */
export interface ElementwiseWork {
  readonly kind: "elementwise";
  readonly op: "add" | "relu" | "sigmoid";
  readonly shape: readonly number[];
}

/** Products and sums one after the other on a few elements, forward and backward. */
export interface ChainWork {
  readonly kind: "chain";
  readonly length: number;
  readonly size: number;
}

/** The whole meta-update on three domains, optimiser included. */
export interface StepWork {
  readonly kind: "step";
  readonly channelDivisor: number;
  readonly imageSize: number;
  /** Live images in a domain's batch, and spoofs likewise. */
  readonly batchSize: number;
  /** What is made again in the reverse sweep instead of being kept: nothing unless told. */
  readonly recompute?: "nothing" | "stages";
}

/**
 * The embedder's part of the meta-update: learned from one batch of features by an inner step, tested on
 * another, and differentiated with respect to the weights and both batches.
 */
export interface EmbedderWork {
  readonly kind: "embedder";
  readonly channelDivisor: number;
  /** Images in each batch. */
  readonly batch: number;
  /** Of the square feature maps. */
  readonly side: number;
}

/** Anything that can be measured again and again in one process. */
export type Work =
  | ConvolutionWork
  | MatmulWork
  | LayerWork
  | ElementwiseWork
  | ChainWork
  | StepWork
  | EmbedderWork;

/** Work that is ready: its inputs are made. */
export interface Prepared {
  /** Makes ready what one run uses up, and waits until it is; not timed. */
  readonly before?: () => void | Promise<void>;
  readonly run: () => void | Promise<void>;
  /** Waits until what the runs began has been done, where they return earlier. */
  readonly settle?: () => Promise<void>;
  /** Lets go of the inputs. */
  readonly end: () => void;
}
