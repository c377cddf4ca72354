import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { ROOT, tryGitLines } from "../support/tracked-files.ts";

// What was done to others through a line that looked harmless.

const files = (tryGitLines("ls-files", "src/*.ts", "src/*.js") ?? []).filter(
  (file) => !file.startsWith("src/simulator/"),
);
const texts = files.map((file) => [file, readFileSync(join(ROOT, file), "utf8")] as const);

describe.runIf(files.length > 0)("the code of the server", () => {
  it("compares no webhook secret, and nothing else that is signed, in variable time", () => {
    const signing = texts.filter(([, text]) => /\bcreateHmac\b/u.test(text));
    expect(signing.map(([file]) => file)).toContain("src/slack/request-signature.ts");
    for (const [file, text] of signing) {
      // Whoever makes a signature to compare it with another one does that with this.
      expect([file, text.includes("timingSafeEqual")]).toEqual([file, true]);
      const compared =
        text.match(/\b(?:signature|mac|hmac|given|wanted|expected)\b\s*[!=]==?(?!=| undefined)|\.equals\(/giu) ?? [];
      expect([file, compared]).toEqual([file, []]);
    }
  });

  it("starts programs with an argument vector, and never through a shell or a batch file", () => {
    for (const [file, text] of texts) {
      const found =
        text.match(
          /\bshell:\s*true|\bexecSync\(|\bexec\(\s*`|\bexecaCommand|\bspawnSync\(|cmd\.exe|\.bat\b|\.cmd\b/gu,
        ) ?? [];
      expect([file, found]).toEqual([file, []]);
    }
  });

  it("makes no code out of text", () => {
    for (const [file, text] of texts) {
      const found =
        text.match(/\beval\(|new Function\(|\bFunction\(["'`]|node:vm|runInContext|runInNewContext/gu) ?? [];
      expect([file, found]).toEqual([file, []]);
    }
  });
});
