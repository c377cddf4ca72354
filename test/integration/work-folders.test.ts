import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { LocalFolders } from "../../src/programs/local-folders.ts";

const CHILD = new URL("../support/folder-user-child.ts", import.meta.url).pathname;
const { signal } = new AbortController();

let root: string;
let folders: LocalFolders;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "quarterdeck-work-"));
  folders = new LocalFolders({ root, clock: systemClock });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function use(name: string): Promise<string> {
  return await folders.use({ name, signal }, async (folder) => folder);
}

describe("a work folder", () => {
  it("is the same for the same name, kept between its users, and another for every other name", async () => {
    const first = await folders.use({ name: "terraform a/b", signal }, async (folder) => {
      await writeFile(join(folder, "state"), "kept");
      return folder;
    });
    expect(await new LocalFolders({ root }).use({ name: "terraform a/b", signal }, async (folder) => folder)).toBe(
      first,
    );
    expect(await readFile(join(first, "state"), "utf8")).toBe("kept");
    expect(await use("terraform a-b")).not.toBe(first);
    expect(((await stat(first)).mode & 0o777).toString(8)).toBe("700");
    expect(await use("../../etc")).toMatch(new RegExp(`^${root}/[A-Za-z0-9-]+$`, "u"));
  });

  it("is used by one after the other", async () => {
    const log: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name} ends`);
    };
    const wanted = { name: "shared", signal };
    await Promise.all([folders.use(wanted, work("a")), folders.use(wanted, work("b")), folders.use(wanted, work("c"))]);
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  it("is given on by one that fails, and by one that does not wait any longer", async () => {
    const held = Promise.withResolvers<void>();
    const first = folders.use({ name: "shared", signal }, async () => {
      await held.promise;
      throw new Error("broken");
    });
    const stop = new AbortController();
    const second = folders.use({ name: "shared", signal: stop.signal }, async () => "second");
    const third = folders.use({ name: "shared", signal }, async () => "third");
    stop.abort(new Error("cancelled"));
    await expect(second).rejects.toThrow("cancelled");
    held.resolve();
    await expect(first).rejects.toThrow("broken");
    expect(await third).toBe("third");
  });

  it("of another process is waited for, and taken over when that is killed", async () => {
    const child = execa("node", [CHILD, root, "shared"], { reject: false });
    const folder = await new Promise<string>((resolve) => {
      child.stdout.once("data", (data: Buffer) => resolve(data.toString().trim()));
    });
    const stop = new AbortController();
    const early = folders.use({ name: "shared", signal: stop.signal }, async () => "early");
    setTimeout(() => stop.abort(new Error("waited long enough")), 400);
    await expect(early).rejects.toThrow("waited long enough");
    child.kill("SIGKILL");
    await child;
    expect(await use("shared")).toBe(folder);
  });

  it("is removed when nobody has used it for a week, and not before", async () => {
    const [old, young] = [await use("old"), await use("young")];
    const [sixDays, eightDays] = [6, 8].map((days) => Date.now() / 1000 - days * 86_400);
    await utimes(old, eightDays ?? 0, eightDays ?? 0);
    await utimes(young, sixDays ?? 0, sixDays ?? 0);
    await folders.clean();
    expect(await readdir(root)).toEqual([young.slice(root.length + 1)]);
  });
});
