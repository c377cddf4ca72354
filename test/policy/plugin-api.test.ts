import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import * as api from "../../src/steps/plugins/steps-api.ts";
import { ROOT, tryGitLines } from "../support/tracked-files.ts";

// How kinds are made ready and put together; what platform has is of use to anybody, and can be had elsewhere.
const OURS = /^src\/steps\/(?:plugins\/|steps-of\.ts|idle-deps\.ts|builtin-steps\.ts)/u;
const IMPORT = /^import \{([^}]*)\} from "(?:\.\.\/)+(engine|programs|expressions|argocd|domain|git)\/[\w-]+\.ts";/gmu;

/** What a file takes from the layers below it that exists when it runs. */
function takenIn(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const names = Array.from(text.matchAll(IMPORT), ([, list = ""]) => list.split(","));
  return names.flat().flatMap((name) => (/^\s*(?:type\b|$)/u.test(name) ? [] : [name.trim().split(" as ")[0] ?? ""]));
}

const files = (tryGitLines("ls-files", "src/steps/*.ts") ?? []).filter((file) => !OURS.test(file));

describe.runIf(files.length > 0)("quarterdeck/steps", () => {
  it("has everything that our own kinds are made of: what is named here is to be added to it", () => {
    const taken = new Set(files.flatMap((file) => takenIn(file)));
    expect(taken.size).toBeGreaterThan(30);
    expect([...taken].filter((name) => !(name in api)).toSorted()).toEqual([]);
  });
});
