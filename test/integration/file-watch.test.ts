import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { FileWatch, signatureOf } from "../../src/platform/file-watch.ts";
import { eventually } from "../support/eventually.ts";

let folder = "";
let resources = new AsyncDisposableStack();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quarterdeck-watch-"));
  resources = new AsyncDisposableStack();
  resources.defer(() => rm(folder, { recursive: true, force: true }));
});
afterEach(() => resources.disposeAsync());

/** Watches a file and a folder; the count is how often a change was told. */
async function watching(
  file: string,
  commands: string,
  { lookEveryMs = 60_000, known }: { readonly lookEveryMs?: number; readonly known?: string } = {},
): Promise<{ told: number }> {
  const seen = { told: 0 };
  const onChanged = (): void => void (seen.told += 1);
  const watch = new FileWatch({ paths: [file, commands], clock: systemClock, quietMs: 30, lookEveryMs, onChanged });
  resources.use(watch);
  await watch.start(known);
  return seen;
}

async function plain(): Promise<{ readonly file: string; readonly commands: string }> {
  const [file, commands] = [join(folder, "quarterdeck.yaml"), join(folder, "commands")];
  await mkdir(commands);
  await writeFile(file, "one");
  await writeFile(join(commands, "promote.yaml"), "one");
  return { file, commands };
}

const toldOnce = (seen: { told: number }): Promise<void> => eventually(() => expect(seen.told).toBe(1));

describe("files that are watched", () => {
  it("tell when they are written in place, in however many pieces, once", async () => {
    const { file, commands } = await plain();
    const seen = await watching(file, commands);
    for (const piece of ["t", "tw", "two"]) await writeFile(file, piece);
    await toldOnce(seen);
  });

  it("tell when they were written between somebody read them and the watch began", async () => {
    const { file, commands } = await plain();
    const known = await signatureOf([file, commands]);
    await writeFile(file, "two");
    await utimes(file, 1, 1);
    await toldOnce(await watching(file, commands, { known }));
  });

  it("tell when an editor puts another file in their place", async () => {
    const { file, commands } = await plain();
    const seen = await watching(file, commands);
    await writeFile(`${file}~`, "two");
    await rename(`${file}~`, file);
    await toldOnce(seen);
    await writeFile(`${file}~`, "six");
    await rename(`${file}~`, file);
    await eventually(() => expect(seen.told).toBe(2));
  });

  it("tell when one comes into the folder, changes or goes", async () => {
    const { file, commands } = await plain();
    const seen = await watching(file, commands);
    await writeFile(join(commands, "more.yaml"), "one");
    await toldOnce(seen);
    await rm(join(commands, "more.yaml"));
    await eventually(() => expect(seen.told).toBe(2));
  });

  it("tell when the links of a ConfigMap are swapped", async () => {
    const version = async (name: string): Promise<void> => {
      await mkdir(join(folder, "map", name), { recursive: true });
      await writeFile(join(folder, "map", name, "quarterdeck.yaml"), name);
      await writeFile(join(folder, "map", name, "promote.yaml"), name);
      await symlink(name, join(folder, "map", "..data_tmp"));
      await rename(join(folder, "map", "..data_tmp"), join(folder, "map", "..data"));
    };
    await version("..2026_1");
    for (const name of ["quarterdeck.yaml", "promote.yaml"])
      await symlink(join("..data", name), join(folder, "map", name));
    const seen = await watching(join(folder, "map", "quarterdeck.yaml"), join(folder, "map"));
    await version("..2026_2");
    await rm(join(folder, "map", "..2026_1"), { recursive: true });
    await toldOnce(seen);
    await version("..2026_3");
    await eventually(() => expect(seen.told).toBe(2));
  });

  it("tell when what a link leads to changes, and when the whole folder is replaced", async () => {
    await mkdir(join(folder, "elsewhere"));
    await writeFile(join(folder, "elsewhere", "real.yaml"), "one");
    await symlink(join("elsewhere", "real.yaml"), join(folder, "quarterdeck.yaml"));
    await mkdir(join(folder, "commands"));
    const seen = await watching(join(folder, "quarterdeck.yaml"), join(folder, "commands"));
    await writeFile(join(folder, "elsewhere", "real.yaml"), "two");
    await toldOnce(seen);
    await rm(join(folder, "commands"), { recursive: true });
    await mkdir(join(folder, "new"));
    await writeFile(join(folder, "new", "promote.yaml"), "two");
    await rename(join(folder, "new"), join(folder, "commands"));
    await eventually(() => expect(seen.told).toBeGreaterThan(1));
  });

  it("are looked at now and then where the system says nothing", async () => {
    const { file, commands } = await plain();
    const deep = join(folder, "a", "b");
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, "quarterdeck.yaml"), "one");
    const seen = await watching(join(deep, "quarterdeck.yaml"), commands, { lookEveryMs: 50 });
    // The folder two levels up is nobody's to listen to.
    await rename(join(folder, "a"), join(folder, "old"));
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, "quarterdeck.yaml"), "other");
    await eventually(() => expect(seen.told).toBeGreaterThan(0));
    expect(file).not.toBe(deep);
  });

  it("tell nothing of what happens beside them", async () => {
    const { file, commands } = await plain();
    const seen = await watching(file, commands);
    await writeFile(join(folder, "notes.txt"), "nothing");
    await utimes(folder, 1, 1);
    await writeFile(join(commands, "promote.yaml"), "two");
    await toldOnce(seen);
  });
});
