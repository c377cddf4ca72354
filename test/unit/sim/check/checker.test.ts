import { expect, test } from "vitest";

import { violationText } from "../../../sim/check/violation.ts";
import { played } from "./promotion.ts";

test("a promotion as it should be leaves nothing to be said", () => {
  expect(played().map(violationText)).toEqual([]);
});
