import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { runProgram } from "../support/process-rig.ts";

describe("a program at its time limit", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quarterdeck-limit-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it(
    "leaves nothing behind that it has started, such as the servers and the Redis of a play",
    { timeout: 60_000 },
    async () => {
      const node = join(folder, "node");
      writeFileSync(node, "#!/bin/sh\nsleep 100 &\nsleep 100\n");
      chmodSync(node, 0o755);
      // Its output ends when nobody is left who could write to it.
      expect(await runProgram([], { node, longestMs: 300 })).toMatchObject({ signal: "SIGKILL" });
    },
  );
});
