import { existsSync, mkdirSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { AppError } from "../../../src/platform/errors.ts";
import { lockDataFolder } from "../../../src/store/data-folder-lock.ts";
import { StoreFolder } from "../../support/store-folder.ts";

const SINCE = Date.UTC(2026, 0, 1, 10);

function refusal(folder: string): AppError | undefined {
  try {
    lockDataFolder({ folder, address: "127.0.0.1:9090", nowMs: SINCE + 1 })[Symbol.dispose]();
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

describe("lockDataFolder", () => {
  let parent: StoreFolder;
  let folder: string;
  const held: Disposable[] = [];

  function hold(): Disposable {
    const lock = lockDataFolder({ folder, address: "127.0.0.1:8080", nowMs: SINCE });
    held.push(lock);
    return lock;
  }

  beforeEach(() => {
    parent = new StoreFolder();
    folder = join(parent.path, "data");
  });
  afterEach(() => {
    for (const lock of held.splice(0)) lock[Symbol.dispose]();
    parent[Symbol.dispose]();
  });

  it("makes the folder, for its owner only", () => {
    hold();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of ["server.lock", "server.json"]) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it("refuses a second server and names the first", () => {
    hold();
    const error = refusal(folder);
    expect(error).toMatchObject({ code: "store.in-use", retry: "never" });
    for (const name of [folder, String(process.pid), hostname(), "127.0.0.1:8080", "2026-01-01T10:00:00.000Z"]) {
      expect(error?.message).toContain(name);
    }
  });

  it("refuses a second server whose predecessor has not written its name yet", () => {
    hold();
    writeFileSync(join(folder, "server.json"), "{");
    expect(refusal(folder)).toMatchObject({ code: "store.in-use" });
  });

  it("lets the next one in when it is disposed, and leaves no name behind", () => {
    hold()[Symbol.dispose]();
    expect(existsSync(join(folder, "server.json"))).toBe(false);
    expect(refusal(folder)).toBeUndefined();
  });

  it("gives the lock back when it cannot write its name", () => {
    mkdirSync(join(folder, "server.json"), { recursive: true });
    expect(refusal(folder)).toMatchObject({ code: "store.failed" });
    rmdirSync(join(folder, "server.json"));
    expect(refusal(folder)).toBeUndefined();
  });

  it("says so when the place cannot be written", () => {
    writeFileSync(join(parent.path, "file"), "");
    const error = refusal(join(parent.path, "file", "data"));
    expect(error).toMatchObject({ code: "store.read-only" });
    expect(error?.message).toContain("it cannot be written");
  });
});
