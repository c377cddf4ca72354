import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { anchorKeyOf } from "../../../src/audit/anchor-key.ts";
import { FolderTarget } from "../../../src/audit/folder-target.ts";
import { anchorText, signHead } from "../../../src/audit/signed-head.ts";
import { systemRandom } from "../../../src/platform/ids.ts";
import { appErrorOf } from "../../support/app-error-of.ts";

const KEY = anchorKeyOf(Buffer.alloc(32, 7));
const head = (sequence: number, hash = "a") =>
  signHead({ sequence, hash: hash.repeat(64), log: "b".repeat(64), at: 1_795_283_735_253 }, KEY);

describe("a folder for anchors", () => {
  let folder: string;
  let target: FolderTarget;

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), "quarterdeck-anchors-")), "anchors");
    target = new FolderTarget({ name: "folder", folder, random: systemRandom });
  });
  afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

  it("is made, and gets one file for each head, in order", async () => {
    await target.tryOut();
    for (const sequence of [9, 10]) {
      expect(await target.write(head(sequence))).toBe(join(folder, readdirSync(folder).at(-1) ?? ""));
    }
    expect(readdirSync(folder)).toEqual([
      "quarterdeck-bbbbbbbb-000000000009-aaaaaaaa.json",
      "quarterdeck-bbbbbbbb-000000000010-aaaaaaaa.json",
    ]);
    expect(readFileSync(join(folder, readdirSync(folder)[0] ?? ""), "utf8")).toBe(`${anchorText(head(9))}\n`);
  });

  it("takes the same head twice as once, after a crash", async () => {
    await target.write(head(9));
    await target.write(head(9));
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it("never loses an anchor to another one of the same event: it is evidence", async () => {
    await target.write(head(9));
    await target.write(head(9, "c"));
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it("never writes over what is there", async () => {
    const file = await target.write(head(9));
    chmodSync(file, 0o600);
    writeFileSync(file, "something else");
    const error = await appErrorOf(target.write(head(9)));
    expect(error.message).toContain("is there with another content");
    expect(readFileSync(file, "utf8")).toBe("something else");
  });

  it("writes in place where there are no links, as in a mounted bucket, and leaves no draft", async () => {
    let tries = 0;
    const link = (): Promise<void> => {
      tries += 1;
      return Promise.reject(Object.assign(new Error("not here"), { code: "ENOTSUP" }));
    };
    const bucket = new FolderTarget({ name: "folder", folder, random: systemRandom, link });
    for (const sequence of [9, 9, 10]) await bucket.write(head(sequence));
    expect(readdirSync(folder)).toHaveLength(2);
    expect(readFileSync(join(folder, readdirSync(folder)[1] ?? ""), "utf8")).toBe(`${anchorText(head(10))}\n`);
    expect(tries).toBe(1);
  });

  it("leaves nothing that is not whole where it cannot be finished", async () => {
    const link = (): Promise<void> => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
    const full = new FolderTarget({ name: "folder", folder, random: systemRandom, link });
    expect((await appErrorOf(full.write(head(9)))).retry).toBe("backoff");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("says what to do where it cannot be written", async () => {
    mkdirSync(join(folder, ".."), { recursive: true });
    writeFileSync(folder, "a file");
    expect((await appErrorOf(target.write(head(9)))).message).toMatch(/Make the folder, and let Quarterdeck write/u);
  });
});
