import { expect, it } from "vitest";

import { mistakeLine } from "../../../src/engine/mistake-line.ts";

it.each([
  ["Started run_7FQ2: Promote checkout to prod.", "Started run_7FQ2: Promote checkout to prod."],
  ["", ""],
  [
    '<revision> is empty.\n/promote checkout "" to prod\n                  ^^\nUsage: /promote <service>',
    '<revision> is empty. It would have been typed as: /promote checkout "" to prod.',
  ],
  [
    "The word is wrong.\n/sync x\n      ^\nDid you mean: /sync y\nUsage: /sync <a>",
    "The word is wrong. It would have been typed as: /sync x. Did you mean: /sync y",
  ],
  ["Too long.\n/promote which was cut", "Too long."],
])("makes one line of what explains a mistake over several (%#)", (text, line) => {
  expect(mistakeLine(text)).toBe(line);
});
