import { expect, it } from "vitest";

import { findCommand } from "../../../src/commands/find-command.ts";
import { loadCommands } from "../../../src/commands/load-commands.ts";
import { testCatalogue } from "./test-catalogue.ts";

function fixedOf(typed: string, verbs: readonly string[]): string | undefined {
  const texts = verbs.map((verb) => ({
    file: `${verb}.yaml`,
    text: `name: ${verb}\nsummary: Something\non: { slash: "/qd ${verb}" }\nanswers: status\n`,
  }));
  const { commands } = loadCommands(texts, { catalogue: testCatalogue, slashNames: {}, secrets: [] });
  expect(commands).toHaveLength(verbs.length);
  const found = findCommand(commands, [{ value: typed, quoted: false, offset: 4, length: typed.length }]);
  return found.kind === "none" ? found.fixed : found.kind;
}

it("knows a verb by one of its words where no other verb has that", () => {
  expect(fixedOf("drift", ["nightly-drift", "nightly-backup"])).toContain("nightly-drift");
  expect(fixedOf("nightly", ["nightly-drift", "nightly-backup"])).toBeUndefined();
  expect(fixedOf("dirft", ["nightly-drift", "rift"])).toBeUndefined();
  expect(fixedOf("rfit", ["nightly-rift", "rift"])).toContain("rift");
});
