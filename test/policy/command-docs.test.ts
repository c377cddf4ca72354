import { readFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";

import type { Command } from "../../src/commands/command.ts";
import { loadCommands, readCommandFolder } from "../../src/commands/load-commands.ts";
import { matchCommand } from "../../src/commands/match-command.ts";
import { inputText, usageOf } from "../../src/commands/usage.ts";
import { asSlackSends } from "../support/mentioned.ts";
import { testCatalogue } from "../unit/commands/test-catalogue.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const PAGE = `${ROOT}docs/commands.md`;

const texts = await readCommandFolder(`${ROOT}commands`);
const { commands } = loadCommands(texts, { catalogue: testCatalogue, slashNames: {} });

/** What the page says of a command by itself: how it is typed, what it does, and what its inputs are. */
function described(command: Command): string {
  const inputs = command.inputs.map((input) => `- \`${input.name}\`: ${inputText(input)}`);
  return [`\`${usageOf(command)}\``, `${command.summary}.`, ...(inputs.length > 0 ? [inputs.join("\n")] : [])].join(
    "\n\n",
  );
}

/** The page with what follows each `<!-- command ID -->` made anew from the command file, up to the next paragraph of its own. */
function withCommands(text: string): string {
  const generated = /(<!-- command ([a-z-]+) -->\n)(?:\n`\/[^\n]*`\n\n[^\n]*\n(?:\n- `[^\n]*\n(?:- `[^\n]*\n)*)?)?/gu;
  return text.replaceAll(generated, (_, mark: string, id: string) => {
    const command = commands.find((candidate) => candidate.id === id);
    return command === undefined ? mark : `${mark}\n${described(command)}\n`;
  });
}

/** The lines that are shown as examples, by the command below whose mark they stand. */
function examplesIn(text: string): readonly (readonly [string, string])[] {
  const sections = text.split("<!-- command ").slice(1);
  return sections.flatMap((section) => {
    const id = section.slice(0, section.indexOf(" -->"));
    const own = section.split(/^## /mu, 1)[0] ?? "";
    const blocks = Array.from(own.matchAll(/```\n([^]*?)```/gu), ([, block]) => block ?? "");
    return blocks.flatMap((block) => block.trim().split("\n")).map((line): [string, string] => [id, line]);
  });
}

describe("the page about the commands", () => {
  it("says what the command files say (vitest -u writes it anew)", async () => {
    await expect(withCommands(await readFile(PAGE, "utf8"))).toMatchFileSnapshot(PAGE);
  });

  it("has an example of every command that is shipped, and each of them is that command", async () => {
    const examples = examplesIn(await readFile(PAGE, "utf8"));
    expect(new Set(examples.map(([id]) => id))).toEqual(new Set(commands.map(({ id }) => id)));
    for (const [id, line] of examples) {
      const [slash = "", ...rest] = line.split(" ");
      const match = matchCommand(commands, { slash, text: asSlackSends(rest.join(" ")) });
      expect([line, match.kind === "matched" ? match.command.id : match.kind]).toEqual([line, id]);
    }
  });
});
