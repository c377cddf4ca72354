import { describe, expect, it } from "vitest";

import { loadCommands, readCommandFolder } from "../../../src/commands/load-commands.ts";
import { questionName } from "../../../src/intake/command-name.ts";
import { testCatalogue } from "../commands/test-catalogue.ts";

const texts = await readCommandFolder(new URL("../../../commands", import.meta.url).pathname);

describe("the name of a question", () => {
  it("is the one that its command has here", () => {
    const { commands } = loadCommands(texts, { catalogue: testCatalogue, slashNames: { qd: "deck" } });
    expect(questionName(commands, "queue")).toBe("/deck queue");
  });

  it("is none where no command asks it", () => {
    expect(questionName([], "queue")).toBeUndefined();
  });
});
