import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { loadCommands, readCommandFolder } from "../../src/commands/load-commands.ts";
import { matchCommand } from "../../src/commands/match-command.ts";
import { asSlackSends } from "../support/mentioned.ts";
import { ROOT } from "../support/tracked-files.ts";
import { testCatalogue } from "../unit/commands/test-catalogue.ts";

const texts = await readCommandFolder(join(ROOT, "commands"));
const { commands } = loadCommands(texts, { catalogue: testCatalogue, slashNames: {} });

/** What a page says that one can type, with its arguments. */
function typedIn(page: string): readonly string[] {
  const spans = Array.from(page.matchAll(/`(\/(?:promote|rollback|qd)\b[^`]*)`/gu), ([, span = ""]) => span);
  return spans.filter((span) => !/[<[]|\.{3}/u.test(span) && span.split(" ").length > (span.startsWith("/qd") ? 2 : 1));
}

describe.each(["README.md", "CHANGELOG.md", "docs/operating.md", "docs/messages.md", "docs/http.md"])(
  "what %s says that one can type",
  (document) => {
    it("can be typed", async () => {
      const wrong = typedIn(await readFile(join(ROOT, document), "utf8")).filter((line) => {
        const [slash = "", ...rest] = line.split(" ");
        return matchCommand(commands, { slash, text: asSlackSends(rest.join(" ")) }).kind !== "matched";
      });
      expect(wrong).toEqual([]);
    });
  },
);

it("finds what is to be checked", async () => {
  expect(typedIn(await readFile(join(ROOT, "README.md"), "utf8")).length).toBeGreaterThan(10);
});
