/**
 * What grad and its relatives promise beyond right derivatives: which tensor is a variable of which
 * tape, what is freed when, and what they refuse.
 */

import { deepEqual, equal, notEqual, ok, rejects, throws } from "node:assert/strict";
import {
  add,
  batchNorm,
  batchNormRelu,
  cast,
  conv2d,
  div,
  dot,
  dropout,
  exp,
  gather,
  grad,
  hvp,
  jvp,
  linear,
  log,
  matmul,
  maxPool2d,
  mean,
  mse,
  mul,
  pow,
  relu,
  reshape,
  scale,
  sigmoid,
  sin,
  slice,
  stopGradient,
  sub,
  sum,
  sumTo,
  valueAndGrad,
  vjp,
} from "../autograd/mod.ts";
import { derivative, jointDerivative, taped } from "../autograd/tape.ts";
import { tensor, zeros } from "../tensor/creation.ts";
import type { Device, HostArray, Kernels } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { launch } from "../tensor/launch.ts";
import { randomKey } from "../tensor/random.ts";
import { scope } from "../tensor/scope.ts";
import { memory } from "../tensor/storage.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leaves, zipTrees } from "../tensor/tree.ts";
import { drawInputs, normals, type Place } from "./op_inputs.ts";

const DOUBLE: Place = { dtype: "float64", device: jsDevice };

function double(data: number | number[], ...shape: number[]): Tensor {
  const wanted = typeof data === "number" ? [] : shape.length === 0 ? [data.length] : shape;
  return tensor(data, wanted, { dtype: "float64" });
}

function numbers(x: Tensor): number[] {
  return [...x.dataSync()];
}

function number(x: Tensor): number {
  deepEqual(x.shape, []);
  return x.dataSync()[0];
}

function close(actual: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = 1e-9): void {
  equal(actual.length, wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const limit = tolerance * Math.max(1, Math.abs(wanted[i]));
    ok(Math.abs(actual[i] - wanted[i]) <= limit, `${i}: wanted ${wanted[i]}, got ${actual[i]}`);
  }
}

/** The derivative of a function of one number, by the central difference of sixth order. */
function slope(f: (x: number) => number, x: number, step = 1e-2): number {
  return [45, -9, 1].reduce(
    (total, weight, i) =>
      total + weight * (f(x + (i + 1) * step) - f(x - (i + 1) * step)) / (60 * step),
    0,
  );
}

// Which tensor is a variable of which tape.

Deno.test("an inner derivative does not confuse its variable with an outer one of the same value", () => {
  const outer = grad((x) => grad((y) => mul(x, y))(x));
  equal(number(outer(tensor(3))), 1);
});

Deno.test("a closure over the very input of the inner function is a constant of the inner tape", () => {
  const inner = (x: Tensor) => grad((y) => mul(mul(x, x), y))(x);
  equal(number(inner(tensor(3))), 9);
  equal(number(grad(inner)(tensor(3))), 6);
  equal(number(grad(grad(inner))(tensor(3))), 2);
});

Deno.test("the outer gradient reaches features that the inner function closes over", () => {
  const rate = 0.5;
  const [weight, images, labels, head] = drawInputs(
    [normals(3, 2), normals(4, 3), normals(4, 1), normals(2, 1)],
    "closure",
    DOUBLE,
  );
  const outer = (features: (w: Tensor) => Tensor) => (w: Tensor) => {
    const seen = features(w);
    const loss = (h: Tensor) => mse(matmul(seen, h), labels);
    const adapted = sub(head, scale(grad(loss)(head), rate));
    return mse(matmul(stopGradient(seen), adapted), labels);
  };
  const closed = outer((w) => sigmoid(matmul(images, w)));
  const gradient = numbers(grad(closed)(weight));
  ok(gradient.every((value) => Math.abs(value) > 1e-6), `gradient ${gradient}`);
  gradient.forEach((value, i) => {
    // The last factor's features are stopped: hold them where they are while the others move.
    const held = sigmoid(matmul(images, weight));
    const along = (at: number) => {
      const moved = numbers(weight).with(i, at);
      const seen = sigmoid(matmul(images, double(moved, 3, 2)));
      const loss = (h: Tensor) => mse(matmul(seen, h), labels);
      const adapted = sub(head, scale(grad(loss)(head), rate));
      return number(mse(matmul(held, adapted), labels));
    };
    close([value], [slope(along, numbers(weight)[i])], 1e-8);
  });
});

Deno.test("MAML with a large inner rate: second order is exact, first order is something else", () => {
  const rate = 0.5;
  const [w, b, train, trainLabels, test, testLabels] = drawInputs(
    [normals(2, 3), normals(2), normals(5, 3), normals(5, 2), normals(4, 3), normals(4, 2)],
    "maml",
    DOUBLE,
  );
  type Params = { w: Tensor; b: Tensor };
  const loss = ({ w, b }: Params, x: Tensor, y: Tensor) => mse(sigmoid(linear(x, w, b)), y);
  const metaLoss = (keep: (g: Params) => Params) => (params: Params) => {
    const [inner, g] = valueAndGrad((v: Params) => loss(v, train, trainLabels))(params);
    const adapted = zipTrees((p, gp) => sub(p, scale(gp, rate)), params, keep(g));
    return add(inner, loss(adapted, test, testLabels));
  };
  const exact = metaLoss((g) => g);
  const firstOrder = metaLoss((g) => zipTrees(stopGradient, g));
  const params = { w, b };
  equal(number(exact(params)), number(firstOrder(params)));
  const second = grad(exact)(params);
  const first = grad(firstOrder)(params);

  for (const name of ["w", "b"] as const) {
    numbers(second[name]).forEach((value, i) => {
      const along = (at: number) => {
        const moved = double(numbers(params[name]).with(i, at), ...params[name].shape);
        return number(exact({ ...params, [name]: moved }));
      };
      close([value], [slope(along, numbers(params[name])[i])], 1e-9);
    });
    const gap = Math.max(...numbers(sub(second[name], first[name])).map(Math.abs));
    ok(gap > 1e-3, `first-order MAML differs by only ${gap}`);
  }
});

Deno.test("derivatives nest three deep with closures at every level", () => {
  // d/dx d/dy d/dz of x·y²·z³ at one point for all three: 6·y·z² there, then on along the diagonal.
  const f = (x: Tensor) => grad((y) => grad((z) => mul(x, mul(pow(y, 2), pow(z, 3))))(y))(x);
  // Inner: 3·x·y²·z² at z = y is 3·x·y⁴; its y-derivative 12·x·y³ at y = x is 12·x⁴.
  equal(number(f(double(2))), 12 * 2 ** 4);
  equal(number(grad(f)(double(2))), 48 * 2 ** 3);
  const fourth = grad(grad(grad(grad((x) => pow(x, 5)))));
  equal(number(fourth(double(2))), 240);
});

Deno.test("the same tensor twice in a tree gets its own gradient in each place", () => {
  const x = tensor(3);
  const f = ({ a, b }: { a: Tensor; b: Tensor }) => mul(mul(a, a), b);
  const gradient = grad(f)({ a: x, b: x });
  equal(number(gradient.a), 18);
  equal(number(gradient.b), 9);
  deepEqual(grad(([a, b]: Tensor[]) => sub(a, b))([x, x]).map(number), [1, -1]);
});

Deno.test("an input that the value does not depend on gets zeros of its shape and dtype", () => {
  const f = ({ used }: { used: Tensor; unused: Tensor }) => sum(used);
  const { unused } = grad(f)({ used: tensor([1]), unused: zeros([2, 3], { dtype: "float64" }) });
  deepEqual(unused.shape, [2, 3]);
  equal(unused.dtype, "float64");
  deepEqual(numbers(unused), [0, 0, 0, 0, 0, 0]);
  deepEqual(numbers(grad(() => tensor(5))(tensor([1, 2]))), [0, 0]);
  deepEqual(numbers(grad((x) => sum(stopGradient(x)))(tensor([1, 2]))), [0, 0]);
});

Deno.test("gradients keep the structure of a tree of arrays and records", () => {
  const params = {
    blocks: [{ weight: tensor([1, 2]), bias: tensor(3) }, {
      weight: tensor([4, 5]),
      bias: tensor(6),
    }],
    head: tensor([7, 8]),
  };
  const f = (p: typeof params) =>
    p.blocks.reduce((total, { weight, bias }) => add(total, mul(sum(weight), bias)), sum(p.head));
  const gradient = grad(f)(params);
  deepEqual(Object.keys(gradient), ["blocks", "head"]);
  deepEqual(gradient.blocks.map(({ weight }) => numbers(weight)), [[3, 3], [6, 6]]);
  deepEqual(gradient.blocks.map(({ bias }) => number(bias)), [3, 9]);
  deepEqual(numbers(gradient.head), [1, 1]);
  deepEqual(grad((p: Record<string, Tensor>) => tensor(Object.keys(p).length))({}), {});
});

Deno.test("the value may be an input itself, or come from outside", () => {
  const [value, gradient] = valueAndGrad((x) => x)(tensor(5));
  equal(number(value), 5);
  equal(number(gradient), 1);
  const outside = tensor(7);
  const [same, none] = valueAndGrad((_: Tensor) => outside)(tensor([1, 2]));
  equal(same, outside);
  deepEqual(numbers(none), [0, 0]);
});

Deno.test("the value's handle can be disposed without harm to inputs and gradients", () => {
  const x = tensor(5);
  const [value, gradient] = valueAndGrad((x) => x)(x);
  value.dispose();
  equal(number(x), 5);
  equal(number(gradient), 1);
});

// aux and rest.

Deno.test("aux comes back beside the value and gets no gradient", () => {
  const f = (x: Tensor): [Tensor, { doubled: Tensor; note: string }] => [
    sum(mul(x, x)),
    { doubled: scale(x, 2), note: "kept" },
  ];
  const [[value, aux], gradient] = valueAndGrad(f)(tensor([1, 2]));
  equal(number(value), 5);
  deepEqual(numbers(aux.doubled), [2, 4]);
  equal(aux.note, "kept");
  deepEqual(numbers(gradient), [2, 4]);
  deepEqual(numbers(grad(f)(tensor([1, 2]))), [2, 4]);
});

Deno.test("aux stays visible to outer tapes, through the value's tape and past it", () => {
  const f = (x: Tensor) => {
    const [[, aux], g] = valueAndGrad((y: Tensor): [Tensor, Tensor] => [pow(y, 3), mul(y, y)])(x);
    return add(mul(aux, aux), g);
  };
  // x⁴ + 3x²
  equal(number(f(tensor(2))), 28);
  equal(number(grad(f)(tensor(2))), 4 * 8 + 6 * 2);
});

Deno.test("batch statistics handed out as aux are constants for every tape", () => {
  const x = double([1, 2, 4, 8], 4, 1);
  const one = double([1]);
  const f = (y: Tensor): [Tensor, Tensor] => {
    const { output, mean } = batchNorm(y, one, one);
    return [sum(mul(output, output)), mean];
  };
  deepEqual(numbers(grad((y) => sum(valueAndGrad(f)(y)[0][1]))(x)), [0, 0, 0, 0]);
});

Deno.test("further arguments are handed on untouched and get no gradient", () => {
  const options = { rate: 3, log: [] as string[] };
  const other = tensor([1, 2]);
  const f = (x: Tensor, y: Tensor, settings: typeof options) => {
    equal(y, other);
    equal(settings, options);
    settings.log.push("called");
    return scale(sum(mul(x, y)), settings.rate);
  };
  const [value, gradient] = valueAndGrad(f)(tensor([5, 6]), other, options);
  equal(number(value), 51);
  deepEqual(numbers(gradient), [3, 6]);
  deepEqual(options.log, ["called"]);
  ok(!other.disposed);
});

// Jacobians and Hessians.

const field = (x: Tensor) => {
  const [a, b, c] = [0, 1, 2].map((i) => reshape(slice(x, [i], [1]), []));
  return { first: mul(sin(a), b), rest: [exp(mul(b, c)), add(mul(a, a), log(c))] };
};

/** The rows of the field's Jacobian, worked out by hand. */
function jacobian([a, b, c]: number[]): number[][] {
  return [
    [Math.cos(a) * b, Math.sin(a), 0],
    [0, c * Math.exp(b * c), b * Math.exp(b * c)],
    [2 * a, 0, 1 / c],
  ];
}

Deno.test("jvp and vjp multiply by the Jacobian and its transpose", () => {
  const at = [0.7, -0.4, 1.3];
  const J = jacobian(at);
  const v = [0.3, -2, 0.5];
  const u = [1.5, 0.2, -0.8];
  const forward = leaves(jvp(field)(double(at), double(v))).map(number);
  close(forward, J.map((row) => row.reduce((total, value, i) => total + value * v[i], 0)), 1e-13);
  const weights = { first: double(u[0]), rest: [double(u[1]), double(u[2])] };
  const backward = numbers(vjp(field)(double(at), weights));
  close(backward, v.map((_, i) => J.reduce((total, row, k) => total + row[i] * u[k], 0)), 1e-13);
});

Deno.test("hvp multiplies by the Hessian", () => {
  const f = (x: Tensor) => {
    const [a, b] = [0, 1].map((i) => reshape(slice(x, [i], [1]), []));
    return add(mul(pow(a, 3), b), mul(exp(a), pow(b, 2)));
  };
  const [a, b] = [0.6, -1.1];
  const mixed = 3 * a * a + 2 * b * Math.exp(a);
  const hessian = [[6 * a * b + b * b * Math.exp(a), mixed], [mixed, 2 * Math.exp(a)]];
  for (const v of [[1, 0], [0, 1], [0.3, -2]]) {
    const wanted = hessian.map((row) => row[0] * v[0] + row[1] * v[1]);
    close(numbers(hvp(f)(double([a, b]), double(v))), wanted, 1e-12);
  }
});

Deno.test("jvp, vjp and hvp give zeros where nothing depends on anything", () => {
  const constant = (_: Tensor) => tensor([1, 2]);
  deepEqual(numbers(jvp(constant)(tensor([3]), tensor([4]))), [0, 0]);
  deepEqual(numbers(vjp(constant)(tensor([3]), tensor([4, 5]))), [0]);
  deepEqual(numbers(hvp((x) => sum(x))(tensor([3, 4]), tensor([1, 1]))), [0, 0]);
});

Deno.test("jvp, vjp and hvp can be differentiated themselves", () => {
  const cube = (x: Tensor) => pow(x, 3);
  const directional = (x: Tensor) => jvp(cube)(x, double(1));
  equal(number(grad(directional)(double(2))), 12);
  equal(number(grad((x) => vjp(cube)(x, double(1)))(double(2))), 12);
  equal(number(grad((x) => hvp(cube)(x, double(1)))(double(2))), 6);
});

Deno.test("a product with a direction of another shape is refused, not broadcast", () => {
  const f = (x: Tensor) => sum(mul(x, x));
  throws(() => hvp(f)(tensor([1, 2]), tensor([1])), TypeError);
  throws(() => vjp((x) => mul(x, x))(tensor([1, 2]), tensor(1)), TypeError);
  throws(() => dot(tensor([1, 2]), tensor([[1, 2], [3, 4]])), TypeError);
});

// Dtypes.

Deno.test("a gradient flows through a cast and comes back in the input's dtype", () => {
  const gradient = grad((x) => sum(mul(cast(x, "float64"), double([0.1, 0.2]))))(tensor([1, 2]));
  equal(gradient.dtype, "float32");
  deepEqual(numbers(gradient), [...Float32Array.of(0.1, 0.2)]);
  const blocked = grad((x) => sum(cast(cast(x, "int32"), "float32")))(tensor([1.5, 2.5]));
  deepEqual(numbers(blocked), [0, 0]);
});

Deno.test("dropout drops the same elements in either precision", () => {
  const key = randomKey(3);
  const zerosOf = (dtype: "float32" | "float64") =>
    numbers(dropout(tensor(new Float32Array(64).fill(1), [64], { dtype }), 0.5, key))
      .map((value) => value === 0);
  deepEqual(zerosOf("float32"), zerosOf("float64"));
});

Deno.test("dropout drops the share it is told to and scales up what it keeps", () => {
  const kept = numbers(dropout(double(new Array(10_000).fill(3)), 0.25, randomKey(1)));
  const dropped = kept.filter((value) => value === 0).length;
  ok(Math.abs(dropped - 2500) < 150, `${dropped} of 10000 dropped`);
  deepEqual([...new Set(kept)].sort(), [0, 3 / 0.75]);
  deepEqual(numbers(dropout(double([1, 2]), 0, randomKey(1))), [1, 2]);
});

// What is refused.

Deno.test("differentiating with respect to an int32 tensor is refused and the place named", () => {
  const f = (x: { weight: Tensor; index: Tensor[] }) => sum(x.weight);
  throws(() => grad(f)({ weight: tensor([1]), index: [tensor(Int32Array.of(1))] }), {
    name: "TypeError",
    message: "Cannot differentiate with respect to an int32 tensor (index.0): " +
      'pass it as a further argument or convert it with cast(x, "float32")',
  });
});

Deno.test("an async function is refused, and its later failure stays its own", async () => {
  const f = async (x: Tensor) => {
    await Promise.resolve();
    return sum(x);
  };
  const unhandled: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", listen);
  try {
    // A caller without types can do this.
    const untyped = f as unknown as (x: Tensor) => Tensor;
    const x = tensor([1, 2]);
    leavesNothing(() => {
      throws(() => grad(untyped)(x), {
        name: "TypeError",
        message: "Cannot differentiate an async function: it returned a Promise; " +
          "await values outside of the function",
      });
      throws(() => scope(() => f(exp(x))), {
        name: "TypeError",
        message: "Cannot free tensors after a Promise: scope() needs a synchronous function; " +
          "read values with await outside of it",
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 1));
  } finally {
    removeEventListener("unhandledrejection", listen);
  }
  deepEqual(unhandled, []);
});

Deno.test("a result that is no scalar is refused and freed", () => {
  const before = memory();
  using x = tensor([1, 2]);
  throws(() => grad((x) => mul(x, x))(x), {
    name: "TypeError",
    message: "Cannot differentiate: the function must return a scalar tensor or [scalar, aux], " +
      "got a tensor of shape [2]; reduce it with sum() or mean()",
  });
  throws(() => grad((() => 3) as unknown as (x: Tensor) => Tensor)(x), /got number/);
  throws(() => grad((() => {}) as unknown as (x: Tensor) => Tensor)(x), /got undefined/);
  x.dispose();
  deepEqual(memory(), before);
});

Deno.test("a rule that makes a gradient of another shape is refused and the op named", () => {
  const bad = (x: Tensor) => {
    const y = launch("bad", [x], [], (kernels) => kernels.sumTo(x, []));
    return taped("bad", y, [derivative(x, [], (g) => g)]);
  };
  throws(() => grad(bad)(tensor([1, 2])), {
    name: "TypeError",
    message: "Cannot differentiate bad: its rule made a gradient of shape [] for an input of " +
      "shape [2]",
  });
});

// Memory.

/** Runs something and checks that no tensor is left of it. */
function leavesNothing(body: () => void): void {
  const before = memory();
  body();
  deepEqual(memory(), before);
}

function small(x: Tensor, weight: Tensor): Tensor {
  const features = maxPool2d(relu(conv2d(x, weight, { padding: 1 })), 2);
  return mean(mul(features, features));
}

Deno.test("a thousand gradients leave nothing behind", () => {
  const [x, weight] = drawInputs([normals(1, 1, 4, 4), normals(2, 1, 3, 3)], "memory", DOUBLE);
  leavesNothing(() => {
    for (let i = 0; i < 1000; i++) {
      const [value, gradient] = valueAndGrad((w: Tensor) => small(x, w))(weight);
      value.dispose();
      gradient.dispose();
    }
  });
});

Deno.test("gradients of gradients leave nothing behind", () => {
  const [x, weight] = drawInputs([normals(1, 1, 4, 4), normals(2, 1, 3, 3)], "memory", DOUBLE);
  leavesNothing(() => {
    for (let i = 0; i < 20; i++) {
      const inner = grad((w: Tensor) => small(x, w));
      grad((w: Tensor) => sum(mul(inner(w), inner(w))))(weight).dispose();
      hvp((w: Tensor) => small(x, w))(weight, weight).dispose();
      jvp((w: Tensor) => small(x, w))(weight, weight).dispose();
    }
  });
});

Deno.test("an exception in the function leaves nothing behind, at any level", () => {
  const x = tensor([1, 2, 3]);
  const failing = (y: Tensor): Tensor => {
    exp(mul(y, y));
    throw new Error("mine");
  };
  leavesNothing(() => {
    throws(() => grad(failing)(x), /^Error: mine$/);
    throws(() => grad((y) => sum(grad(failing)(y)))(x), /^Error: mine$/);
    throws(() =>
      grad((y) => {
        sum(grad((z) => sum(mul(z, z)))(y));
        return failing(y);
      })(x), /^Error: mine$/);
  });
  deepEqual(numbers(grad((y) => sum(mul(y, y)))(x)), [2, 4, 6]);
});

Deno.test("an exception in a rule leaves nothing behind, at any level", () => {
  const broken = (x: Tensor) => {
    const y = launch("broken", [x], x.shape, (kernels) => kernels.exp(x));
    return taped("broken", y, [
      derivative(x, [x, y], (g, x, y) => {
        mul(mul(g, x), y);
        throw new Error("in a rule");
      }),
    ]);
  };
  const f = (x: Tensor) => sum(mul(relu(x), broken(exp(mul(x, x)))));
  const x = tensor([1, 2, 3]);
  leavesNothing(() => {
    throws(() => grad(f)(x), /^Error: in a rule$/);
    throws(() => grad((y) => sum(grad(f)(y)))(x), /^Error: in a rule$/);
  });
  deepEqual(numbers(grad((y) => sum(mul(y, y)))(x)), [2, 4, 6]);
});

Deno.test("a function may catch the failure of an inner gradient and go on", () => {
  leavesNothing(() => {
    using x = tensor([1, 2]);
    using gradient = grad((y) => {
      try {
        grad((z) => mul(z, z))(y);
      } catch {
        // Not a scalar: take another way.
      }
      return sum(mul(y, y));
    })(x);
    deepEqual(numbers(gradient), [2, 4]);
  });
});

Deno.test("a function may dispose what it has used; the tape has holds of its own", () => {
  leavesNothing(() => {
    using x = tensor([1, 2, 3]);
    const f = (y: Tensor) => {
      using squared = mul(y, y);
      using root = exp(squared);
      using factor = sin(root);
      return sum(mul(root, factor));
    };
    const plain = (y: Tensor) => {
      const root = exp(mul(y, y));
      return sum(mul(root, sin(root)));
    };
    using first = grad(f)(x);
    using wanted = grad(plain)(x);
    deepEqual(numbers(first), numbers(wanted));
    using second = grad((y) => sum(grad(f)(y)))(x);
    using wantedToo = grad((y) => sum(grad(plain)(y)))(x);
    deepEqual(numbers(second), numbers(wantedToo));
  });
});

Deno.test("scopes inside a differentiated function free handles but not what the tape needs", () => {
  leavesNothing(() => {
    using x = tensor([1, 2, 3]);
    using gradient = grad((y) => scope(() => sum(scope(() => mul(y, mul(y, y))))))(x);
    deepEqual(numbers(gradient), [3, 12, 27]);
  });
});

Deno.test("a function may even dispose its own variable", () => {
  leavesNothing(() => {
    using x = tensor([1, 2]);
    using gradient = grad((y) => {
      const result = sum(mul(y, y));
      y.dispose();
      return result;
    })(x);
    deepEqual(numbers(gradient), [2, 4]);
    using none = grad((y) => {
      y.dispose();
      return tensor(1);
    })(x);
    deepEqual(numbers(none), [0, 0]);
    deepEqual(numbers(x), [1, 2]);
  });
});

Deno.test("a tensor carried out by closure is dead, and the error says why", async () => {
  let carried = tensor(0);
  grad((x) => {
    carried = mul(x, x);
    return sum(carried);
  })(tensor([1, 2]));
  ok(carried.disposed);
  const told = {
    name: "TypeError",
    message: "Cannot use the float32 [2] tensor made by mul: it has been disposed. A tensor dies " +
      "with the scope() or differentiated function it was made in unless returned from there",
  };
  throws(() => add(carried, 1), told);
  throws(() => carried.dataSync(), told);
  await rejects(async () => await carried.data(), told);
});

Deno.test("value, aux and gradients outlive the function inside a scope only if returned", () => {
  leavesNothing(() => {
    using kept = scope(() => {
      const [[value, aux], gradient] = valueAndGrad(
        (x: Tensor): [Tensor, Tensor] => [sum(x), exp(x)],
      )(tensor([1]));
      ok(!value.disposed && !aux.disposed);
      return gradient;
    });
    deepEqual(numbers(kept), [1]);
  });
});

/** A js device that reports how many bytes are alive after each kernel. */
function metered(onKernel: (bytes: number) => void): Device<HostArray> {
  const kernels: Kernels<HostArray> = new Proxy(jsDevice.kernels, {
    get(target, name, receiver) {
      onKernel(memory().bytes);
      return Reflect.get(target, name, receiver);
    },
  });
  return { ...jsDevice, kernels };
}

Deno.test("the sweep frees the tape entry by entry", () => {
  const depth = 100;
  const length = 1000;
  const start = memory().bytes;
  const alive: number[] = [];
  const device = metered((bytes) => alive.push((bytes - start) / (4 * length)));
  let forward = 0;
  scope(() => {
    const x = tensor(new Float32Array(length).fill(1), [length], { device });
    const factor = tensor(new Float32Array(length).fill(0.99), [length], { device });
    grad((x) => {
      let y = x;
      for (let i = 0; i < depth; i++) y = relu(mul(y, factor));
      forward = alive.length;
      return sum(y);
    })(x);
  });
  const sweep = alive.slice(forward + 1);
  const atItsStart = sweep[0];
  ok(atItsStart >= depth, "the tape keeps what the rules need");
  sweep.forEach((tensors, i) => {
    const left = atItsStart * (1 - i / sweep.length);
    ok(tensors < left + 6, `kernel ${i} of ${sweep.length} in the sweep: ${tensors} tensors alive`);
  });
});

Deno.test("intermediates that no rule needs die with the function, before the sweep", () => {
  const length = 1000;
  const start = memory().bytes;
  const alive: number[] = [];
  const device = metered((bytes) => alive.push((bytes - start) / (4 * length)));
  scope(() => {
    const x = tensor(new Float32Array(length).fill(1), [length], { device });
    grad((x) => {
      let y = x;
      // scale keeps nothing: its rule needs the factor alone.
      for (let i = 0; i < 50; i++) y = scale(y, 0.99);
      alive.length = 0;
      return sum(y);
    })(x);
  });
  const inSweep = alive.slice(2);
  ok(Math.max(...inSweep) < 10, `up to ${Math.max(...inSweep)} tensors were alive in the sweep`);
});

Deno.test("shares of one gradient are freed as they are added up", () => {
  const length = 1000;
  const uses = 50;
  const start = memory().bytes;
  let most = 0;
  const device = metered((bytes) => most = Math.max(most, (bytes - start) / (4 * length)));
  scope(() => {
    const x = tensor(new Float32Array(length).fill(1), [length], { device });
    grad((x) => {
      let total = sum(x);
      for (let i = 0; i < uses; i++) total = add(total, scope(() => sum(scale(x, i))));
      most = 0;
      return total;
    })(x);
  });
  ok(most < 6, `up to ${most} tensors were alive in the sweep`);
});

Deno.test("a rule that returns one tensor for two inputs, or its argument, harms neither", () => {
  const twin = (x: Tensor, y: Tensor) => {
    const total = launch("twin", [x, y], x.shape, (kernels) => kernels.add(x, y, x.shape));
    return taped("twin", total, [
      jointDerivative([x, y], [], (g) => {
        const doubled = scale(g, 2);
        return [doubled, doubled];
      }),
    ]);
  };
  leavesNothing(() => {
    using a = tensor([1, 2]);
    using b = tensor([3, 4]);
    const [ga, gb] = grad(([x, y]: Tensor[]) => sum(twin(mul(x, x), add(mul(x, y), y))))([a, b]);
    // d/dx of 2·x² + 2·(x·y + y): 4x + 2y; d/dy: 2x + 2.
    deepEqual(numbers(ga), [10, 16]);
    deepEqual(numbers(gb), [4, 6]);
    ga.dispose();
    gb.dispose();
  });
});

Deno.test("arguments that change after the call do not change the gradient", () => {
  const start = [0];
  const gradient = grad((x) => {
    let total = sumTo(scale(x, 0), []);
    for (start[0] = 0; start[0] < 3; start[0]++) {
      total = add(total, scale(sum(slice(x, start, [1])), start[0] + 1));
    }
    return total;
  })(tensor([1, 1, 1]));
  deepEqual(numbers(gradient), [1, 2, 3]);
  const stride: [number, number] = [1, 1];
  const image = tensor([[[[1, 2], [3, 4]]]]);
  const filters = tensor([[[[1]]]]);
  const gx = grad((x) => {
    const y = conv2d(x, filters, { stride });
    stride[0] = 2;
    return sum(y);
  })(image);
  deepEqual(numbers(gx), [1, 1, 1, 1]);
});

Deno.test("unneeded gradients are not computed", () => {
  const used: string[] = [];
  const kernels: Kernels<HostArray> = new Proxy(jsDevice.kernels, {
    get(target, name, receiver) {
      used.push(String(name));
      return Reflect.get(target, name, receiver);
    },
  });
  const device: Device<HostArray> = { ...jsDevice, kernels };
  const [x, w] = drawInputs([normals(1, 1, 3, 3), normals(1, 1, 2, 2)], "unneeded", {
    dtype: "float32",
    device,
  });
  grad((w: Tensor) => sum(conv2d(x, w)))(w);
  ok(used.includes("conv2dWeight") && !used.includes("conv2dInput"));
  used.length = 0;
  grad((x: Tensor) => sum(conv2d(x, w)))(x);
  ok(used.includes("conv2dInput") && !used.includes("conv2dWeight"));
  used.length = 0;
  grad((x: Tensor) => {
    gather(exp(x), tensor(new Int32Array(9), [1, 1, 3, 3], { device }), 3);
    return sum(x);
  })(x);
  ok(!used.includes("scatterAdd"), "what does not lead to the value is not swept");
});

for (const norm of [batchNorm, batchNormRelu]) {
  Deno.test(`${norm.name} runs its fast backward only when no outer tape listens`, () => {
    const used: string[] = [];
    const kernels: Kernels<HostArray> = new Proxy(jsDevice.kernels, {
      get(target, name, receiver) {
        used.push(String(name));
        return Reflect.get(target, name, receiver);
      },
    });
    const device: Device<HostArray> = { ...jsDevice, kernels };
    const [x, w, b] = drawInputs([normals(4, 2), normals(2), normals(2)], "norm", {
      dtype: "float64",
      device,
    });
    const loss = (x: Tensor) => sum(exp(norm(x, w, b).output));
    const fastIn = <T>(run: () => T): [count: number, result: T] => {
      used.length = 0;
      const result = run();
      return [used.filter((name) => name === `${norm.name}Backward`).length, result];
    };
    const [alone] = fastIn(() => grad(loss)(x));
    equal(alone, 1);
    grad((x) => {
      const [heard, gx] = fastIn(() => grad(loss)(x));
      equal(heard, 0);
      return sum(mul(gx, x));
    })(x);
    grad((v) => {
      const [besideAnotherTape, gx] = fastIn(() => grad(loss)(x));
      equal(besideAnotherTape, 1);
      return mul(v, sum(gx));
    })(tensor(1, [], { dtype: "float64", device }));
  });
}

Deno.test("division by a tensor and by a number agree with the reciprocal's derivative", () => {
  equal(number(grad((x) => div(1, x))(double(2))), -0.25);
  equal(number(grad((x) => div(x, 2))(double(2))), 0.5);
  notEqual(number(grad((x) => div(x, x))(double(2))), 1);
});
