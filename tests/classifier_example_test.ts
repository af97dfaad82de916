/** The example in docs/ that shows how to train an ordinary classifier. */

import { match, ok } from "node:assert/strict";

Deno.test("the classifier example learns to classify pictures that it has not seen", async () => {
  const printed: string[] = [];
  const log = console.log;
  console.log = (line: string) => printed.push(line);
  try {
    await import("../docs/classifier.ts");
  } finally {
    console.log = log;
  }
  match(printed.join("\n"), /^accuracy on 200 new pictures: [01]\.\d+$/);
  const accuracy = Number(printed[0].split(" ").at(-1));
  ok(accuracy > 0.9, `accuracy ${accuracy}`);
});
