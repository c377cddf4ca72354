import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { SecretSource } from "../../../src/config/configuration.ts";
import { Secrets } from "../../../src/config/secrets.ts";
import { createLogger } from "../../../src/platform/logger.ts";
import { SecretMask } from "../../../src/platform/masking.ts";

let folder = "";
let mask = new SecretMask();
let lines: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quarterdeck-secrets-"));
  mask = new SecretMask();
  lines = [];
});
afterEach(() => rm(folder, { recursive: true }));

function secretsOf(sources: Readonly<Record<string, SecretSource>>, variables: Record<string, string> = {}): Secrets {
  const logger = createLogger({ level: "warn", mask, now: () => 0, write: (line) => lines.push(line) });
  return new Secrets({ sources, variables, mask, logger });
}

async function secretFile(text: string, mode = 0o600): Promise<string> {
  const file = join(folder, "token");
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}

describe("a secret", () => {
  it("is taken from its variable when it is used, and hidden from then on", () => {
    const secrets = secretsOf({ TOKEN: { env: "MY_TOKEN" } }, { MY_TOKEN: " correct-horse\n" });
    expect(mask.text("correct-horse")).toBe("correct-horse");
    expect(secrets.resolve({ secret: "TOKEN" })).toBe("correct-horse");
    expect(mask.text("got correct-horse")).toBe("got «secret»");
  });

  it("is taken from its file, without the line end", async () => {
    const secrets = secretsOf({ TOKEN: { file: await secretFile("correct-horse\n") } });
    expect(secrets.resolve({ secret: "TOKEN" })).toBe("correct-horse");
    expect(lines).toEqual([]);
  });

  it("counts anew once its file was replaced", async () => {
    const file = await secretFile("correct-horse\n");
    const secrets = secretsOf({ TOKEN: { file } });
    secrets.resolve({ secret: "TOKEN" });
    await writeFile(`${file}.new`, "battery-staple", { mode: 0o600 });
    await rename(`${file}.new`, file);
    expect(secrets.resolve({ secret: "TOKEN" })).toBe("battery-staple");
    expect(mask.text("correct-horse battery-staple")).toBe("«secret» «secret»");
  });

  it("of several lines is hidden line by line, but for the frame of a key", async () => {
    const key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n";
    secretsOf({ KEY: { file: await secretFile(key) } }).resolve({ secret: "KEY" });
    expect(mask.text("bad line kqhkiG9w0BAQEF after -----BEGIN KEY-----")).toBe(
      "bad line «secret» after -----BEGIN KEY-----",
    );
  });

  it("that everyone on the machine can read is used, with one warning", async () => {
    const secrets = secretsOf({ TOKEN: { file: await secretFile("correct-horse", 0o644) } });
    secrets.resolve({ secret: "TOKEN" });
    secrets.resolve({ secret: "TOKEN" });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("chmod 600");
  });

  it.each([
    [
      "a variable that is not set",
      { env: "MY_TOKEN" },
      "is to be in the environment variable MY_TOKEN, which is not set",
    ],
    [
      "a file that is not there",
      { file: "/nowhere/token" },
      "is to be in the file /nowhere/token, which cannot be read",
    ],
    ["a folder", { file: "/" }, "which cannot be read"],
    ["no place", {}, "is not declared under `secrets`"],
  ])("in %s is refused with what to do", (_, source, said) => {
    expect(() => secretsOf({ TOKEN: source }).resolve({ secret: "TOKEN" })).toThrow(said);
  });

  it("that nobody declared is refused", () => {
    expect(() => secretsOf({}).resolve({ secret: "constructor" })).toThrow("The secret constructor is not declared");
  });

  it("that is too short to hide is refused without being repeated", () => {
    const secrets = secretsOf({ TOKEN: { env: "MY_TOKEN" } }, { MY_TOKEN: "abc1234" });
    expect(() => secrets.resolve({ secret: "TOKEN" })).toThrow(/fewer than 8 characters/u);
    expect(() => secrets.resolve({ secret: "TOKEN" })).not.toThrow(/abc1234/u);
  });

  it("that others may write to, or that is too large, is refused", async () => {
    const open = secretsOf({ TOKEN: { file: await secretFile("correct-horse", 0o622) } });
    expect(() => open.resolve({ secret: "TOKEN" })).toThrow(/others may write to\. Run: chmod 600/u);
    const large = secretsOf({ TOKEN: { file: await secretFile("x".repeat(70_000)) } });
    expect(() => large.resolve({ secret: "TOKEN" })).toThrow(/too large/u);
  });

  it("is one of those that a check before the start reports", () => {
    const secrets = secretsOf({ GOOD: { env: "GOOD" }, BAD: { env: "BAD" } }, { GOOD: "correct-horse" });
    expect(secrets.problems()).toEqual([
      "The secret BAD is to be in the environment variable BAD, which is not set. Set it",
    ]);
    expect(secrets.problems(new Set(["GOOD"]))).toEqual([]);
  });
});
