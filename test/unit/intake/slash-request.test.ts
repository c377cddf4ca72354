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
const asked = (): never => {
  throw new Error("nobody is asked while a command is read");
};
const deps = {
  commands,
  inventory,
  teamChannel: "#deploys",
  servers: new Map(),
  events: {
    listRuns: () => [],
    findRuns: () => [],
    readRun: () => [],
    claims: () => [],
    pastIntents: () => [],
    intentResult: () => undefined,
  },
  machines: () => [],
  refusedBy: () => undefined,
  proofs: () => [],
  operations: () => [],
  people: { pseudonymOf: asked, tryPseudonym: asked, person: asked },
  mode: "act" as const,
  git: { resolveRevision: asked, commitsBetween: asked },
  branchesOf: asked,
  runs: { tryState: asked, view: asked },
  check: { granted: asked, memberCounts: asked, isApprover: asked, mayAct: asked },
  locks: { on: asked, locks: () => [] },
  pageOf: asked,
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

describe("a button whose command is not there any more", () => {
  it("leads to the help by the name that it has here", () => {
    const renamed = loadCommands(texts, { catalogue: testCatalogue, slashNames: { qd: "deck" } });
    const arrival = { kind: "command" as const, team: "T1", user: "U1", channel: "C1", answerUntil: 0 };
    const pressed = { ...arrival, door: "button" as const, command: "deploy", values: {} };
    const person = { pseudonym: "p1", team: "T1", user: "U1" };
    const request = readSlash({ ...deps, commands: renamed.commands }, pressed, { person, intent: "int_1" });
    expect(request).toMatchObject({
      answer: { message: expect.stringMatching(/Nothing was done\. \/deck help shows what there is now\.$/u) },
    });
  });
});

describe("a command with several mistakes", () => {
  function answerTo(command: string, text: string): unknown {
    const sent = { kind: "slash" as const, team: "T1", user: "U1", channel: "C1", answerUntil: 0, command, text };
    const person = { pseudonym: "p1", team: "T1", user: "U1" };
    const request = readSlash(deps, sent, { person, intent: "int_1" });
    return request.kind === "answered" ? request.answer : request.kind;
  }

  it("is mended in one suggestion: names", () => {
    expect(answerTo("/promote", "chekout abc1234 to prd")).toMatchObject({
      code: "input.service",
      suggestions: ["/promote checkout abc1234 to prod"],
    });
  });

  it("is mended in one suggestion: words and names", () => {
    expect(answerTo("/promote", "chekout abc1234 in prd --agian")).toMatchObject({
      text: expect.stringContaining("Did you mean: /promote checkout abc1234 to prod --again"),
    });
  });

  it("keeps a duration in what is suggested, so that nothing is locked for good", () => {
    const meant = "Did you mean: /qd lock checkout in prod because we migrate for 2h";
    expect(answerTo("/qd", "lock chekout in prd because we migrate for 2 hours")).toMatchObject({
      text: expect.stringContaining(`${meant}\n`),
    });
    expect(answerTo("/qd", "lock chekout prd because we migrate for 120m")).toMatchObject({
      text: expect.stringContaining(`${meant}\n`),
    });
  });

  it("is not mended by half where one of the names could mean anything", () => {
    expect(answerTo("/promote", "chekout abc1234 to nowhere")).toMatchObject({ code: "input.service" });
    expect(answerTo("/promote", "chekout abc1234 to nowhere")).not.toHaveProperty("suggestions");
  });
});

describe("Quarterdeck that only observes", () => {
  function answerTo(command: string, text: string): unknown {
    const arrival = { kind: "slash" as const, team: "T1", user: "U1", channel: "C1", answerUntil: 0, command, text };
    const person = { pseudonym: "p1", team: "T1", user: "U1" };
    const request = readSlash({ ...deps, mode: "observe" }, arrival, { person, intent: "int_1" });
    return request.kind === "answered" ? request.answer : request.kind;
  }

  it.each([
    ["/promote", "checkout abc1234 to prod"],
    ["/promote", ""],
    ["/rollback", "checkout in prod"],
    ["/qd", "sync checkout in prod"],
    ["/qd", "retry run_7FQ2"],
  ])("refuses what starts steps: %s %s", (command, text) => {
    expect(answerTo(command, text)).toMatchObject({ kind: "notice", code: "mode.observing" });
  });

  it("answers questions, and lets people cancel and lock", () => {
    expect(answerTo("/qd", "history checkout")).toMatchObject({ kind: "history" });
    expect(answerTo("/qd", "status")).toMatchObject({ kind: "status", isObserving: true });
    expect(answerTo("/qd", "cancel run_7FQ2")).toBe("act");
    expect(answerTo("/qd", "lock checkout in prod because database")).toBe("act");
  });
});
