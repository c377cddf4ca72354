import { chmod, copyFile, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { type ApiToken, findToken, newToken, tokenHash } from "../../../src/api/api-token.ts";
import { TokenDesk } from "../../../src/api/token-desk.ts";
import { changeTokens, readTokens, TOKEN_FILE } from "../../../src/api/token-file.ts";
import type { Append } from "../../../src/engine/ports.ts";
import { systemRandom } from "../../../src/platform/ids.ts";
import { createLogger } from "../../../src/platform/logger.ts";
import { SecretMask } from "../../../src/platform/masking.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeClock } from "../../support/fake-clock.ts";

let folder: string;
let clock: FakeClock;
let facts: Append["events"][number][];
let log: string[];
let fails: boolean;
let team: string | undefined;
let desk: TokenDesk;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "qd-tokens-"));
  clock = new FakeClock();
  [facts, log, fails, team] = [[], [], false, "T1"];
  desk = newDesk();
});
afterEach(async () => {
  await desk[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function newDesk(): TokenDesk {
  return new TokenDesk({
    folder,
    facts: () => facts,
    append: ({ stream, events }: Append) => {
      if (fails) return Promise.reject(new Error("the disk is full"));
      expect(stream).toBe("tokens");
      facts.push(...events);
      return Promise.resolve();
    },
    pseudonymOf: (user) => team && `p_${team}_${user}`,
    clock,
    logger: createLogger({ level: "info", mask: new SecretMask(), now: () => 0, write: (line) => void log.push(line) }),
  });
}

function entry(name: string, secret: string, more: Partial<ApiToken> = {}): ApiToken {
  return { name, hash: tokenHash(secret), scopes: ["run"], madeAt: "2026-01-01T00:00:00.000Z", ...more };
}

const put = (...tokens: readonly ApiToken[]) => changeTokens(folder, () => tokens);
const found = (secret: string) => desk.find(secret).kind;

/** Lets a second pass, and what is looked at then be looked at. */
async function pass(until: () => void): Promise<void> {
  await clock.advance(1000);
  await eventually(until);
}

describe("a token", () => {
  it("is new each time, and known by nothing but its hash", () => {
    const [one, other] = [newToken(systemRandom), newToken(systemRandom)];
    expect(one).toMatch(/^qd_[\w-]{43}$/u);
    expect(one).not.toBe(other);
    const tokens = [entry("a", one), entry("b", other)];
    expect(findToken(tokens, tokenHash(other))?.name).toBe("b");
    expect(findToken(tokens, tokenHash(`${other}x`))).toBeUndefined();
    expect(findToken(tokens, tokenHash(tokens[0]?.hash ?? ""))).toBeUndefined();
    expect(findToken([], tokenHash(one))).toBeUndefined();
  });
});

describe("the file of tokens", () => {
  it("is written whole, for its owner alone, and leaves nothing beside it", async () => {
    await put(entry("a", "one"));
    expect((await stat(join(folder, TOKEN_FILE))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual([TOKEN_FILE]);
    expect(await readTokens(folder)).toEqual({ kind: "read", tokens: [entry("a", "one")] });
    expect(await readFile(join(folder, TOKEN_FILE), "utf8")).not.toContain("one");
    const broken = (): never => {
      throw new Error("no");
    };
    await expect(changeTokens(folder, broken)).rejects.toThrow("no");
    expect(await readdir(folder)).toEqual([TOKEN_FILE]);
  });

  it("is not changed by two at once", async () => {
    await writeFile(join(folder, `${TOKEN_FILE}.new`), "");
    await expect(put(entry("a", "one"))).rejects.toMatchObject({ code: "tokens.busy" });
  });

  it.each([
    ["", "cannot be read"],
    ["{", "it cannot be read|expected object"],
    ['{"version":2,"tokens":[]}', "version"],
    ['{"version":1,"tokens":[{"name":"a"}]}', "tokens.0"],
    [JSON.stringify({ version: 1, tokens: [entry("a", "1"), entry("a", "2")] }), "two tokens have one name"],
    [JSON.stringify({ version: 1, tokens: [entry("a", "1"), entry("b", "1")] }), "two tokens are the same"],
    [JSON.stringify({ version: 1, tokens: [{ ...entry("a", "1"), scopes: ["approve"] }] }), "scopes"],
    [JSON.stringify({ version: 1, tokens: [{ ...entry("a", "1"), admin: true }] }), "tokens.0"],
  ])("refuses all tokens when it is broken: %s", async (text) => {
    await writeFile(join(folder, TOKEN_FILE), text, { mode: 0o600 });
    expect(await readTokens(folder)).toMatchObject({ kind: "broken", problem: expect.stringContaining(TOKEN_FILE) });
    await expect(put()).rejects.toMatchObject({ code: "tokens.broken" });
    expect(await readFile(join(folder, TOKEN_FILE), "utf8")).toBe(text);
  });

  it("refuses all tokens when others may read or write it", async () => {
    await put(entry("a", "one"));
    await chmod(join(folder, TOKEN_FILE), 0o640);
    expect(await readTokens(folder)).toMatchObject({ kind: "broken", problem: expect.stringContaining("chmod 600") });
  });
});

describe("the tokens that count", () => {
  it("are good for what they may as long as they count", async () => {
    const expiresAt = new Date(clock.now() + 5000).toISOString();
    const [one, other] = [entry("a", "one", { scopes: ["read"] }), entry("b", "two", { scopes: ["read"], expiresAt })];
    await put(one, other);
    await desk.start();
    const good = () => [one, other].map((token) => desk.isGoodFor(token, "read"));
    expect([good(), desk.isGoodFor(one, "run")]).toEqual([[true, true], false]);
    clock.step(5000);
    expect(good()).toEqual([true, false]);
    await put({ ...one, scopes: ["run"] });
    await pass(() => expect([good(), desk.isGoodFor(one, "run")]).toEqual([[false, false], true]));
    await put();
    await pass(() => expect(desk.isGoodFor(one, "run")).toBe(false));
  });

  it("are those of the file, once the log has them", async () => {
    await put(entry("ci", "one", { owner: "U0ANA0001", expiresAt: "2026-02-01T00:00:00.000Z" }));
    await desk.start();
    expect([found("one"), found("two")]).toEqual(["good", "unknown"]);
    const [made] = facts;
    expect(made).toMatchObject({
      type: "token.made",
      name: "ci",
      scopes: ["run"],
      owner: "p_T1_U0ANA0001",
      hash: tokenHash("one").slice(0, 12),
      expiresAt: "2026-02-01T00:00:00.000Z",
    });
    expect(JSON.stringify(facts)).not.toContain(tokenHash("one"));
  });

  it("are made, changed and revoked while the server runs", async () => {
    await desk.start();
    await put(entry("a", "one"), entry("b", "two"));
    await pass(() => expect(found("one")).toBe("good"));
    await put(entry("a", "one", { scopes: ["run", "read"] }));
    await pass(() => expect(found("two")).toBe("unknown"));
    await put(entry("a", "three"));
    await pass(() => expect([found("one"), found("three")]).toEqual(["unknown", "good"]));
    expect(facts.map((fact) => [fact.type, "name" in fact && fact.name])).toEqual([
      ["token.made", "a"],
      ["token.made", "b"],
      ["token.revoked", "b"],
      ["token.changed", "a"],
      ["token.revoked", "a"],
      ["token.made", "a"],
    ]);
  });

  it("are told once, also by another process after this one, with what happened in between", async () => {
    await put(entry("a", "one"), entry("b", "two"));
    await desk.start();
    expect(facts).toHaveLength(2);
    await desk[Symbol.asyncDispose]();
    await put(entry("b", "two"));
    desk = newDesk();
    await desk.start();
    expect([facts.length, facts.at(-1)]).toMatchObject([3, { type: "token.revoked", name: "a" }]);
  });

  it("are not new ones while the log takes nothing, but what was revoked is", async () => {
    await put(entry("a", "one"));
    await desk.start();
    fails = true;
    await put(entry("b", "two"));
    await pass(() => expect(found("one")).toBe("unknown"));
    expect(found("two")).toBe("unknown");
    await clock.advance(3000);
    fails = false;
    await pass(() => expect(found("two")).toBe("good"));
    expect(facts.map(({ type }) => type)).toEqual(["token.made", "token.revoked", "token.made"]);
    expect(log.filter((line) => line.includes("the disk is full"))).toHaveLength(1);
  });

  it("are not new ones of somebody whose workspace is not known yet, but those that were are", async () => {
    await put(entry("a", "one", { owner: "U0ANA0001" }));
    await desk.start();
    await desk[Symbol.asyncDispose]();
    team = undefined;
    await put(entry("a", "one", { owner: "U0ANA0001" }), entry("b", "two", { owner: "U0BEN0001" }));
    desk = newDesk();
    await desk.start();
    expect([found("one"), found("two")]).toEqual(["good", "unknown"]);
    team = "T1";
    await pass(() => expect(found("two")).toBe("good"));
  });

  it("are none of a file that is broken, until it is mended; and the log says so once", async () => {
    await put(entry("a", "one"));
    await desk.start();
    // Put back in one piece: a look may be under way, and where there is no file no token counts.
    const [file, copy] = [join(folder, TOKEN_FILE), join(folder, "copy")];
    await copyFile(file, copy);
    await writeFile(file, "{");
    await pass(() => expect(found("one")).toBe("unknown"));
    await clock.advance(5000);
    await eventually(() => expect(log.filter((line) => line.includes("is no file of tokens"))).toHaveLength(1));
    await rename(copy, file);
    await pass(() => expect(found("one")).toBe("good"));
    expect(facts.map(({ type }) => type)).toEqual(["token.made"]);
  });

  it("are none that have expired", async () => {
    await put(entry("a", "one", { expiresAt: "2026-01-01T10:00:05.000Z" }));
    await desk.start();
    expect(found("one")).toBe("good");
    clock.step(5000);
    expect(found("one")).toBe("expired");
  });
});
