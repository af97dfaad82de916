/**
 * Every derivative, proved once: float64 on `js`, orders 1 to 3, all rows of the op table. With
 * `-- --quick` only to order 2, for a watch that answers at once.
 */

import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import * as autograd from "../autograd/mod.ts";
import {
  add,
  exp,
  gradcheck,
  mean,
  mul,
  pow,
  relu,
  reshape,
  scale,
  sin,
  stopGradient,
  sub,
  sum,
} from "../autograd/mod.ts";
import { derivative, taped } from "../autograd/tape.ts";
import { tensor } from "../tensor/creation.ts";
import type { Device, HostArray, Kernels } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { launch } from "../tensor/launch.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leaves, mapTree, type Tree } from "../tensor/tree.ts";
import { drawInputs, type Input, normals, type Place } from "./op_inputs.ts";
import { nameOf, OP_TABLE, type Row } from "./op_table.ts";

const DOUBLE: Place = { dtype: "float64", device: jsDevice };
const TOLERANCE = 1e-7;
const HIGHEST_ORDER = Deno.args.includes("--quick") ? 2 : 3;

/** A row as gradcheck wants it: a function of the floating inputs alone. */
function differentiable(row: Row, place: Place): [(...xs: Tensor[]) => Tree, Tensor[]] {
  const inputs = drawInputs(row.inputs, nameOf(row), place);
  const isVariable = inputs.map(({ dtype }) => dtype !== "int32");
  const f = (...variables: Tensor[]) => {
    let next = 0;
    return row.run(...inputs.map((x, i) => isVariable[i] ? variables[next++] : x));
  };
  return [f, inputs.filter((_, i) => isVariable[i])];
}

for (const row of OP_TABLE.filter(({ constant }) => constant === undefined)) {
  Deno.test(`${nameOf(row)} has right derivatives of orders 1 to ${HIGHEST_ORDER}`, () => {
    scope(() => {
      const [f, xs] = differentiable(row, DOUBLE);
      gradcheck(f, xs, { order: HIGHEST_ORDER, tolerance: TOLERANCE });
    });
  });
}

for (const row of OP_TABLE.filter(({ constant }) => constant !== undefined)) {
  Deno.test(`${nameOf(row)} lets no gradient through (${row.constant})`, () => {
    scope(() => {
      const [f, xs] = differentiable(row, DOUBLE);
      const total = (inputs: Tensor[]) =>
        leaves(f(...inputs)).map((y) => sum(autograd.cast(y, "float64"))).reduce((x, y) =>
          add(x, y)
        );
      for (const gx of autograd.grad(total)(xs)) {
        ok(gx.dataSync().every((value) => value === 0));
      }
    });
  });
}

Deno.test("every op that autograd exports has a row", () => {
  const notOps = ["grad", "gradcheck", "hvp", "jvp", "valueAndGrad", "vjp"];
  const exported = Object.keys(autograd).filter((name) => !notOps.includes(name));
  const inTable = new Set<string>(OP_TABLE.map(({ op }) => op));
  deepEqual(exported.filter((name) => !inTable.has(name)), []);
});

Deno.test("no two rows have one name", () => {
  const names = OP_TABLE.map(nameOf);
  deepEqual(names.filter((name, i) => names.indexOf(name) !== i), []);
});

/** Where kernels are proved that no op uses. */
const KERNELS_OF_NO_OP: Partial<Record<keyof Kernels, string>> = {
  adam: "an optimiser's, which has ops beside it to be differentiated: adam_step_test.ts",
};

Deno.test("the rows and their gradients use every kernel", () => {
  const used = new Set<string>();
  const device = recording(jsDevice, used);
  for (const row of OP_TABLE) {
    scope(() => {
      const [f, xs] = differentiable(row, { dtype: "float64", device });
      if (row.constant === undefined) gradcheck(f, xs);
      for (const y of leaves(f(...xs))) equal(y.device, device, nameOf(row));
    });
  }
  const unused = Object.keys(jsDevice.kernels).filter((name) => !used.has(name));
  deepEqual(unused, Object.keys(KERNELS_OF_NO_OP));
});

/** The same device, writing down which kernels run. */
function recording(device: Device<HostArray>, used: Set<string>): Device<HostArray> {
  const kernels = new Proxy(device.kernels, {
    get(target, name, receiver) {
      used.add(String(name));
      return Reflect.get(target, name, receiver);
    },
  });
  return { ...device, kernels };
}

// Fused ops against the composites that they fuse.

type Op = (...xs: Tensor[]) => Tensor;

/** Compares values, gradients and the gradients of those, incoming gradient included, to rounding. */
function checkFused(fused: Op, composite: Op, inputs: readonly Input[]): void {
  scope(() => {
    const draw = (name: string, inputs: readonly Input[]) => drawInputs(inputs, name, DOUBLE);
    const xs = draw("oracle", inputs);
    const [g] = draw("incoming", [normals(...composite(...xs).shape)]);
    const directions = draw("directions", [...xs, g].map(({ shape }) => normals(...shape)));
    const orders = (op: Op): Tree[] => {
      const projected = (ys: Tensor[]) => autograd.dot(op(...ys.slice(0, -1)), ys[ys.length - 1]);
      const first = autograd.grad(projected);
      const second = autograd.grad((ys: Tensor[]) => autograd.dot(first(ys), directions));
      return [op(...xs), first([...xs, g]), second([...xs, g])];
    };
    const wanted = orders(composite);
    orders(fused).forEach((tree, order) => {
      const expected = leaves(wanted[order]);
      leaves(tree).forEach((y, i) => closeTo(y.dataSync(), expected[i].dataSync(), 1e-11));
    });
  });
}

function batchNormComposite(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const byChannel = x.shape.map((length, axis) => axis === 1 ? length : 1);
  const centred = sub(x, mean(x, others, true));
  const deviation = pow(add(mean(mul(centred, centred), others, true), 1e-5), 0.5);
  const normalized = autograd.div(centred, deviation);
  return add(mul(normalized, reshape(weight, byChannel)), reshape(bias, byChannel));
}

for (const shape of [[2, 3, 4, 2], [5, 2], [1, 2, 3, 5], [3, 1, 4], [4, 3, 1, 1], [1, 5, 3, 3]]) {
  const inputs = [normals(...shape), normals(shape[1]), normals(shape[1])];
  Deno.test(`fused batchNorm of [${shape}] equals its composite at orders 0 to 2`, () => {
    checkFused((x, w, b) => autograd.batchNorm(x, w, b).output, batchNormComposite, inputs);
  });
  Deno.test(`fused batchNormRelu of [${shape}] equals its composite at orders 0 to 2`, () => {
    checkFused(
      (x, w, b) => autograd.batchNormRelu(x, w, b).output,
      (x, w, b) => relu(batchNormComposite(x, w, b)),
      inputs,
    );
  });
}

for (
  const [image, filters] of [
    [[2, 3, 4, 5], [5, 3, 3, 3]],
    [[3, 1, 1, 1], [1, 1, 3, 3]],
    [[1, 5, 1, 1], [7, 5, 3, 3]],
  ]
) {
  Deno.test(`conv2d of [${image}] equals one without bias, and a bias, at orders 0 to 2`, () => {
    checkFused(
      (x, w, bias) => autograd.conv2d(x, w, { padding: 1, bias }),
      (x, w, bias) => add(autograd.conv2d(x, w, { padding: 1 }), reshape(bias, [1, -1, 1, 1])),
      [normals(...image), normals(...filters), normals(filters[0])],
    );
  });
}

function closeTo(actual: HostArray, wanted: HostArray, tolerance: number): void {
  equal(actual.length, wanted.length);
  const scaleOf = Math.max(1, ...Array.from(wanted, Math.abs));
  for (let i = 0; i < wanted.length; i++) {
    ok(
      Math.abs(actual[i] - wanted[i]) <= tolerance * scaleOf,
      `element ${i}: wanted ${wanted[i]}, got ${actual[i]}`,
    );
  }
}

// gradcheck itself must be able to fail.

const double = (numbers: number[], ...shape: number[]) =>
  tensor(numbers, shape.length === 0 ? [numbers.length] : shape, { dtype: "float64" });

Deno.test("gradcheck finds a wrong factor at order 1", () => {
  const wrongSin = (x: Tensor) => {
    const y = launch("sin", [x], x.shape, (kernels) => kernels.sin(x));
    return taped("sin", y, [
      derivative(x, [x], (g, x) => mul(g, scale(autograd.cos(x), 1.00001))),
    ]);
  };
  throws(
    () => gradcheck(wrongSin, [double([0.3, 1.2, -2])]),
    /^Error: Derivatives of order 1 disagree: the tape says .* finite differences say /,
  );
});

Deno.test("gradcheck finds at order 2 a batch norm that closes over saved statistics", () => {
  const broken = (x: Tensor, weight: Tensor) => {
    const centred = sub(x, mean(x, 0, true));
    const inverse = pow(add(mean(mul(centred, centred), 0, true), 1e-5), -0.5);
    const saved = [stopGradient(mean(x, 0, true)), stopGradient(inverse)] as const;
    const y = mul(mul(centred, inverse), weight);
    const output = launch("broken", [y], y.shape, () => y.buffer);
    return taped("broken", output, [
      derivative(x, [x, weight, ...saved], (g, x, weight, mean0, inverse0) => {
        const normalized = mul(sub(x, mean0), inverse0);
        const shared = add(mean(g, 0, true), mul(normalized, mean(mul(g, normalized), 0, true)));
        return mul(mul(weight, inverse0), sub(g, shared));
      }),
      derivative(
        weight,
        [x, ...saved],
        (g, x, mean0, inverse0) => sum(mul(g, mul(sub(x, mean0), inverse0)), 0),
      ),
    ]);
  };
  const [x, weight] = drawInputs([normals(4, 2), normals(2)], "broken", DOUBLE);
  const [first] = gradcheck(broken, [x, weight], { order: 1, tolerance: TOLERANCE });
  ok(first.deviation < TOLERANCE);
  throws(
    () => gradcheck(broken, [x, weight], { order: 2 }),
    (error: Error) => {
      match(error.message, /^Derivatives of order 2 disagree/);
      match(error.message, /closes over a value which varies with the input/);
      return true;
    },
  );
});

Deno.test("gradcheck finds a derivative that is missing, NaN or one order short", () => {
  const forgetful = (x: Tensor) => launch("exp", [x], x.shape, (kernels) => kernels.exp(x));
  throws(() => gradcheck(forgetful, [double([0.5])]), /order 1 disagree/);
  const nan = (x: Tensor) => {
    const y = launch("exp", [x], x.shape, (kernels) => kernels.exp(x));
    return taped("exp", y, [derivative(x, [], (g) => scale(g, NaN))]);
  };
  throws(() => gradcheck(nan, [double([0.5])]), /order 1 disagree: the tape says NaN/);
  const once = (x: Tensor) => {
    const y = launch("exp", [x], x.shape, (kernels) => kernels.exp(x));
    return taped("exp", y, [derivative(x, [x], (g, x) => mul(g, stopGradient(exp(x))))]);
  };
  gradcheck(once, [double([0.5])]);
  throws(() => gradcheck(once, [double([0.5])], { order: 2 }), /order 2 disagree/);
});

Deno.test("gradcheck reports each order and refuses what proves nothing", () => {
  const reports = gradcheck((x) => mul(x, sin(x)), [double([0.5, 1.5])], { order: 3 });
  deepEqual(reports.map(({ order }) => order), [1, 2, 3]);
  for (const { derivative, difference, deviation } of reports) {
    ok(Number.isFinite(derivative) && derivative !== 0);
    equal(deviation, Math.abs(derivative - difference) / Math.max(1, Math.abs(difference)));
    ok(deviation < 1e-9);
  }
  throws(() => gradcheck(relu, [tensor([1])]), {
    name: "TypeError",
    message:
      "Cannot gradcheck with a float32 input: finite differences prove something in float64 only",
  });
});

Deno.test("gradcheck checks functions of several inputs whose result is a tree", () => {
  const f = (x: Tensor, y: Tensor) => ({ product: mul(x, y), both: [exp(x), sin(y)] });
  gradcheck(f, [double([0.5, 1.5]), double([-0.2, 0.4])], { order: 3 });
  equal(leaves(mapTree(f(double([1]), double([2])), (leaf) => leaf)).length, 3);
});
