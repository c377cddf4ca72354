import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { putOnPath } from "../../src/demo/programs-on-path.ts";
import { temporaryFolder } from "../support/stand-in-bench.ts";

interface Machine {
  readonly lines: readonly string[];
  /** What the program says that the demo runs as `terraform`; undefined where that is one of the path. */
  readonly terraform: string | undefined;
}

/** Puts Terraform on the path of a machine that has some programs. */
async function putTerraform(installed: Readonly<Record<string, string>>, isPlayed = false): Promise<Machine> {
  const [path, own] = [await temporaryFolder(), await temporaryFolder()];
  for (const [name, version] of Object.entries(installed)) {
    await writeFile(join(path, name), `#!/bin/sh\necho 'v${version}'\n`, { mode: 0o755 });
  }
  const { lines } = await putOnPath({ names: ["terraform"], folder: own, path, isPlayed });
  return { lines, terraform: await readFile(join(own, "terraform"), "utf8").catch(() => undefined) };
}

it("uses the Terraform that is installed, and OpenTofu in its place where there is none", async () => {
  expect(await putTerraform({ terraform: "1.11.4", tofu: "1.10.7" })).toEqual({
    lines: ["terraform: the real one, 1.11.4"],
    terraform: undefined,
  });
  const { lines, terraform } = await putTerraform({ tofu: "1.10.7" });
  expect(lines).toEqual(["terraform: tofu in its place, 1.10.7"]);
  expect(terraform).toContain("1.10.7");
});

it("plays it where neither is installed, or where that is asked for", async () => {
  expect(await putTerraform({})).toMatchObject({
    lines: ["terraform: a stand-in, as it is not installed"],
    terraform: expect.stringContaining("exec"),
  });
  expect((await putTerraform({ tofu: "1.10.7" }, true)).lines).toEqual(["terraform: a stand-in, as was asked for"]);
});
