import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { InstanceSecret, openInstanceSecret } from "../../../src/config/instance-secret.ts";
import { systemRandom } from "../../../src/platform/ids.ts";
import { SecretMask } from "../../../src/platform/masking.ts";

const OLD = "old-secret-of-more-than-32-characters";
const NEW = "new-secret-of-more-than-32-characters";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quarterdeck-instance-"));
});
afterEach(() => rm(folder, { recursive: true }));

const open = (configured?: string, mask = new SecretMask()) =>
  openInstanceSecret({ configured, dataFolder: join(folder, "data"), random: systemRandom, mask });

describe("the secret of an installation", () => {
  it("is made once, for the owner only, and is the same after a start", async () => {
    const first = await open();
    const second = await open();
    expect(second.newestKey("links")).toEqual(first.newestKey("links"));
    expect((await stat(join(folder, "data", "secret"))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, "data"))).toEqual(["secret"]);
  });

  it("is the same for two that start together", async () => {
    const opened = await Promise.all([open(), open(), open(), open()]);
    expect(new Set(opened.map((secret) => secret.newestKey("links").id)).size).toBe(1);
    expect(await readdir(join(folder, "data"))).toEqual(["secret"]);
  });

  it("is the configured one when there is one, and nothing is written then", async () => {
    const mask = new SecretMask();
    const secret = await open(OLD, mask);
    expect(secret.newestKey("links")).toEqual(new InstanceSecret([OLD]).newestKey("links"));
    expect(mask.text(OLD)).toBe("«secret»");
    await expect(stat(join(folder, "data"))).rejects.toThrow("ENOENT");
  });

  it("is hidden when it was made here, too", async () => {
    const mask = new SecretMask();
    await open(undefined, mask);
    expect(mask.text(await readFile(join(folder, "data", "secret"), "utf8")).trim()).toBe("«secret»");
  });

  it("gives another key for each purpose", () => {
    const secret = new InstanceSecret([NEW]);
    expect(secret.newestKey("links").id).not.toBe(secret.newestKey("jobs").id);
    expect(secret.newestKey("links").bytes).toHaveLength(32);
  });

  it("can be replaced: the new one makes, the old one still opens", async () => {
    const before = await open(OLD);
    const after = await open(`${NEW}\n${OLD}`);
    const made = before.newestKey("links");
    expect(after.newestKey("links").id).not.toBe(made.id);
    expect(after.keyById("links", made.id)).toEqual(made);
    expect(after.keyById("jobs", made.id)).toBeUndefined();
    expect((await open(NEW)).keyById("links", made.id)).toBeUndefined();
  });

  it("is refused when it is short", async () => {
    for (const short of ["short", `${NEW} short`]) {
      await expect(open(short)).rejects.toMatchObject({ code: "secret.instance" });
    }
  });

  it("is refused when others can read its file, and when the folder cannot be used", async () => {
    await open();
    await chmod(join(folder, "data", "secret"), 0o640);
    await expect(open()).rejects.toThrow(/can be read by others\. Run: chmod 600/u);
    await writeFile(join(folder, "file"), "");
    const unusable = {
      configured: undefined,
      dataFolder: join(folder, "file"),
      random: systemRandom,
      mask: new SecretMask(),
    };
    await expect(openInstanceSecret(unusable)).rejects.toMatchObject({ code: "secret.instance" });
  });
});
