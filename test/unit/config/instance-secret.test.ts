import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openInstanceSecret, readInstanceSecret } from "../../../src/config/instance-secret.ts";
import { systemRandom } from "../../../src/platform/ids.ts";
import { SecretMask } from "../../../src/platform/masking.ts";

const OLD = "old-secret-of-more-than-32-characters";
const NEW = "new-secret-of-more-than-32-characters";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quarterdeck-instance-"));
});
afterEach(() => rm(folder, { recursive: true }));

const ensure = (configured?: string, mask = new SecretMask()) =>
  openInstanceSecret({ configured, dataFolder: join(folder, "data"), random: systemRandom, mask });

const made = async (): Promise<string> => (await readFile(join(folder, "data", "secret"), "utf8")).trim();

describe("the secret of an installation", () => {
  it("is made once, for the owner only, and is the same after a start", async () => {
    await ensure();
    const first = await made();
    await ensure();
    expect(await made()).toBe(first);
    expect((await stat(join(folder, "data", "secret"))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, "data"))).toEqual(["secret"]);
  });

  it("is the same for two that start together", async () => {
    const masks = Array.from({ length: 4 }, () => new SecretMask());
    await Promise.all(masks.map((mask) => ensure(undefined, mask)));
    const secret = await made();
    expect(masks.map((mask) => mask.text(secret))).toEqual(masks.map(() => "«secret»"));
    expect(await readdir(join(folder, "data"))).toEqual(["secret"]);
  });

  it("is the configured one, or several, when there is one, and nothing is written then", async () => {
    const mask = new SecretMask();
    await ensure(`${NEW}\n${OLD}`, mask);
    expect([NEW, OLD].map((secret) => mask.text(secret))).toEqual(["«secret»", "«secret»"]);
    await expect(stat(join(folder, "data"))).rejects.toThrow("ENOENT");
  });

  it("gives a key of its own to each purpose, the same after a start", async () => {
    const [first] = (await ensure(NEW)).keys("link");
    expect(first?.bytes).toHaveLength(32);
    expect((await ensure(NEW)).keys("link")).toEqual([first]);
    const [other] = (await ensure(NEW)).keys("job");
    expect(other?.bytes).not.toEqual(first?.bytes);
    expect(other?.id).not.toBe(first?.id);
  });

  it("keeps what was made with an earlier secret good while that one is still configured", async () => {
    const [earlier] = (await ensure(OLD)).keys("link");
    const keys = (await ensure(`${NEW} ${OLD}`)).keys("link");
    expect(keys.map(({ id }) => id)).toContain(earlier?.id);
    expect(keys[0]?.id).not.toBe(earlier?.id);
  });

  it("is read for a look without being made, newest key first", async () => {
    const dataFolder = join(folder, "data");
    expect(readInstanceSecret({ configured: undefined, dataFolder })).toBeUndefined();
    expect(readInstanceSecret({ configured: undefined, dataFolder: undefined })).toBeUndefined();
    await expect(stat(dataFolder)).rejects.toThrow("ENOENT");
    const secret = await ensure();
    expect(readInstanceSecret({ configured: undefined, dataFolder })?.keys("anchor")).toEqual(secret.keys("anchor"));
    const several = readInstanceSecret({ configured: `${NEW} ${OLD}`, dataFolder });
    expect(several?.keys("anchor")).toEqual((await ensure(`${NEW} ${OLD}`)).keys("anchor"));
    expect(() => readInstanceSecret({ configured: "short", dataFolder })).toThrow(/shorter than 32 characters/u);
    await rm(join(dataFolder, "secret"));
    await mkdir(join(dataFolder, "secret"));
    expect(() => readInstanceSecret({ configured: undefined, dataFolder })).toThrow(/cannot be read/u);
  });

  it("is hidden when it was made here, too", async () => {
    const mask = new SecretMask();
    await ensure(undefined, mask);
    expect(mask.text(await made())).toBe("«secret»");
  });

  it("is refused when it is short", async () => {
    for (const short of ["short", `${NEW} short`]) {
      await expect(ensure(short)).rejects.toMatchObject({ code: "secret.instance" });
    }
  });

  it("is refused when others can read its file, and when the folder cannot be used", async () => {
    await ensure();
    await chmod(join(folder, "data", "secret"), 0o640);
    await expect(ensure()).rejects.toThrow(/can be read by others\. Run: chmod 600/u);
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
