import { describe, expect, it } from "vitest";

import { AppError } from "../../../src/platform/errors.ts";
import { storeError } from "../../../src/store/store-error.ts";

const failure = (code: string): Error => Object.assign(new Error("it failed"), { code });

describe("storeError", () => {
  it.each([
    ["SQLITE_FULL", "store.full", "backoff"],
    ["ENOSPC", "store.full", "backoff"],
    ["SQLITE_READONLY_DIRECTORY", "store.read-only", "backoff"],
    ["EROFS", "store.read-only", "backoff"],
    ["SQLITE_CANTOPEN", "store.read-only", "backoff"],
    ["SQLITE_BUSY_SNAPSHOT", "store.busy", "backoff"],
    ["SQLITE_NOTADB", "store.corrupt", "never"],
    ["SQLITE_CORRUPT_INDEX", "store.corrupt", "never"],
    ["SQLITE_CONSTRAINT_UNIQUE", "store.conflict", "backoff"],
    ["SQLITE_IOERR_WRITE", "store.failed", "backoff"],
  ])("says what %s stands for, about which file, with its cause", (code, expected, retry) => {
    const cause = failure(code);
    const error = storeError(cause, "/data/quarterdeck.db");
    expect(error).toMatchObject({ code: expected, retry, details: { file: "/data/quarterdeck.db" }, cause });
    expect(error.message).toContain("/data/quarterdeck.db");
  });

  it("leaves errors of the program itself as they are, and wraps everything else", () => {
    const own = new AppError("no", { code: "store.newer" });
    expect(storeError(own, "/data")).toBe(own);
    expect(storeError("odd", "/data")).toMatchObject({ code: "store.failed", cause: "odd" });
  });
});
