import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import config from "../../oxlint.config.ts";

const root = new URL("../..", import.meta.url).pathname;
const page = await readFile(join(root, "src/README.md"), "utf8");

const Overrides = z.array(
  z.looseObject({
    files: z.array(z.string()),
    rules: z.looseObject({
      "no-restricted-imports": z
        .tuple([z.string(), z.looseObject({ patterns: z.array(z.looseObject({ message: z.string() })) })])
        .optional(),
    }),
  }),
);

/** Folder and the folders from which it may import, as the linter enforces it, the lower folders first. */
function enforced(): readonly (readonly [string, string])[] {
  return Overrides.parse(config.overrides).flatMap(({ files, rules }) => {
    const folder = /^src\/([a-z]+)\//u.exec(files[0] ?? "")?.[1];
    const message = rules["no-restricted-imports"]?.[1].patterns[0]?.message;
    const may = message === undefined ? undefined : /may import only: (.*)$/u.exec(message)?.[1];
    return folder === undefined || may === undefined ? [] : [[folder, may] as const];
  });
}

/** The same as the page says it. */
function documented(): readonly (readonly [string, string])[] {
  const rows = page.matchAll(/^\| `([a-z]+)` +\|[^|]*\| ([^|]*?) +\|$/gmu);
  return Array.from(rows, ([, folder = "", may = ""]) => [folder, may]);
}

describe("the page about the architecture", () => {
  it("has the folders of src and what each may import, as the linter enforces it", () => {
    expect(documented()).toEqual(enforced());
  });

  it("leaves out no folder but the one that wires the others", async () => {
    const entries = await readdir(join(root, "src"), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== "app").map(({ name }) => name);
    expect(documented().map(([folder]) => folder)).toEqual(expect.arrayContaining(folders));
    expect(documented()).toHaveLength(folders.length);
  });

  it("names no file that is not there", () => {
    const files = Array.from(page.matchAll(/`((?:[a-z-]+\/)*[a-z.-]+\.[jt]s)`/gu), ([, file]) => file ?? "");
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !existsSync(join(root, "src", file)) && !existsSync(join(root, file)))).toEqual([]);
  });
});
