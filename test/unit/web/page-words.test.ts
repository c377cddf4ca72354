import { expect, it } from "vitest";

import { longText } from "../../../src/web/page-words.ts";

it("a text without an end is cut between characters, whichever they are", () => {
  expect(longText("abc", 3)).toBe("abc");
  expect(longText("abcd", 3)).toBe("abc…");
  expect(longText("🚢🚢🚢", 3)).toBe("🚢🚢🚢");
  expect(longText("🚢".repeat(1000), 3)).toBe("🚢🚢🚢…");
  expect(longText("a🚢🚢🚢", 3)).toBe("a🚢🚢…");
});
