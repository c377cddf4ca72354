import { describe, expect, it } from "vitest";

import { loadCommands, readCommandFolder } from "../../../src/commands/load-commands.ts";
import { readSlash } from "../../../src/intake/slash-request.ts";
import { Inventory } from "../../../src/inventory/inventory.ts";
import { configured, rightExcept } from "../../support/configured.ts";
import { testCatalogue } from "../commands/test-catalogue.ts";

const texts = await readCommandFolder(new URL("../../../commands", import.meta.url).pathname);
const { commands } = loadCommands(texts, { catalogue: testCatalogue, slashNames: {} });
const inventory = new Inventory(
  configured(rightExcept("- name: payments", '- name: payments\n    channel: "#payments"')),
);
const deps = {
  commands,
  inventory,
  teamChannel: "#deploys",
  servers: new Map(),
  events: { listRuns: () => [], readRun: () => [] },
  proofs: () => [],
};

/** The channel in which the run is shown that somebody asks for in `channel`. */
function shownIn(service: string, channel: string): string | undefined {
  const arrival = {
    kind: "slash" as const,
    team: "T1",
    user: "U1",
    channel,
    answerUntil: 0,
    command: "/promote",
    text: `${service} abc1234 to prod`,
  };
  const person = { pseudonym: "p1", team: "T1", user: "U1" };
  const request = readSlash(deps, arrival, { person, intent: "int_1" });
  return request.kind === "start" ? request.ask.origin.channel : undefined;
}

describe("a run that somebody asks for with a slash command", () => {
  it("is shown in the channel in which it was asked for", () => {
    expect(shownIn("checkout", "C0TEAM")).toBe("C0TEAM");
    expect(shownIn("checkout", "G0PRIVATE")).toBe("G0PRIVATE");
  });

  it("is shown in the team's channel when it was asked for in a direct message", () => {
    expect(shownIn("checkout", "D0ANA")).toBe("#deploys");
  });

  it("is shown in the channel of its service, wherever it was asked for", () => {
    expect(shownIn("payments", "C0TEAM")).toBe("#payments");
    expect(shownIn("payments", "D0ANA")).toBe("#payments");
  });
});
