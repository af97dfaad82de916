/**
 * The package as others use it: imported by URL from an empty project elsewhere.
 */

import { equal } from "node:assert/strict";
import { join } from "node:path";
import { deviceTest } from "./devices_here.ts";

const PROGRAMS = {
  "mod.ts": `
    const third = rfmeta.grad(rfmeta.grad(rfmeta.grad((x) => rfmeta.pow(x, 4))));
    print(third(rfmeta.tensor(2)));`,
  "autograd/mod.ts": `
    const { tensor } = await import(base + "tensor/mod.ts");
    const second = rfmeta.grad(rfmeta.grad((x) => rfmeta.mul(x, rfmeta.exp(x))));
    print(second(tensor(0)));`,
  "tensor/mod.ts": `
    const x = rfmeta.tensor([[1, 2], [3, 4]]);
    print(await x.to(device));`,
  "nn/mod.ts": `
    const { randomKey, ones } = await import(base + "tensor/mod.ts");
    const layer = rfmeta.layers.linear(3, 2);
    const { params, state } = layer.init(randomKey(0));
    const [y] = layer.apply(ones([1, 3]), params, state, { training: false });
    console.log(y.shape.join());`,
};

const PRINTED = {
  "mod.ts": "48",
  "autograd/mod.ts": "2",
  "tensor/mod.ts": "1,2,3,4",
  "nn/mod.ts": "1,2",
};

for (const [module, program] of Object.entries(PROGRAMS)) {
  await deviceTest(
    `${module} runs when it is imported by URL into an empty project`,
    async (device) => {
      await using server = serveRepository();
      const base = `http://127.0.0.1:${server.addr.port}/`;
      const source = `
        import * as rfmeta from "${base}${module}";
        const base = "${base}", device = "${device}";
        const { init } = await import(base + "tensor/mod.ts");
        await init(device);
        const print = async (x) => console.log([...await x.data()].join());
        ${program}`;
      equal(await runElsewhere(source, server.addr.port), PRINTED[module as keyof typeof PRINTED]);
    },
  );
}

Deno.test("workers start when wasm is imported by URL, and do not keep the program from ending", async () => {
  await using server = serveRepository();
  const base = `http://127.0.0.1:${server.addr.port}/`;
  const source = `
    import { init, matmul, ones } from "${base}mod.ts";
    import { untilWorkersSeen } from "${base}tests/workers_seen.ts";
    await init("wasm", { threads: 2 });
    const x = ones([256, 256]);
    untilWorkersSeen(() => matmul(x, x).dispose());
    console.log("seen");`;
  equal(await runElsewhere(source, server.addr.port), "seen");
});

function serveRepository(): Deno.HttpServer<Deno.NetAddr> {
  const root = new URL("../", import.meta.url);
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const source = await Deno.readTextFile(new URL(`.${pathname}`, root));
    return new Response(source, { headers: { "content-type": "application/typescript" } });
  });
}

/** Runs a program in a fresh folder without a config, and returns what it prints. */
async function runElsewhere(source: string, port: number): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "rfmeta-test-" });
  try {
    const file = join(folder, "main.ts");
    await Deno.writeTextFile(file, source);
    const { code, stdout, stderr } = await new Deno.Command("deno", {
      args: [
        "run",
        "--no-config",
        "--no-lock",
        "--quiet",
        `--allow-import=127.0.0.1:${port}`,
        file,
      ],
      cwd: folder,
    }).output();
    equal(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
