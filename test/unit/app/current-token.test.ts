import { expect, it } from "vitest";

import { currentToken } from "../../../src/app/current-token.ts";
import { silentLogger } from "../../../src/platform/logger.ts";

it("a token is the newest one that could be read, and what goes wrong with it is said once", () => {
  const said: unknown[] = [];
  let content: string | undefined = "first";
  const read = (): string => {
    if (content === undefined) throw new Error("no such file");
    return content;
  };
  const token = currentToken(read, { ...silentLogger, warn: (_, fields) => void said.push(fields?.["error"]) });
  expect(token()).toBe("first");
  content = undefined;
  expect([token(), token()]).toEqual(["first", "first"]);
  content = "second";
  expect(token()).toBe("second");
  content = undefined;
  expect(token()).toBe("second");
  expect(said).toEqual(["no such file", "no such file"]);
});

it("a token that was never there is an error", () => {
  expect(() =>
    currentToken(() => {
      throw new Error("no such file");
    }, silentLogger),
  ).toThrow("no such file");
});
