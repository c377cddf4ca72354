import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { commandText } from "../../../src/commands/command-text.ts";
import { loadCommands, readCommandFolder } from "../../../src/commands/load-commands.ts";
import { matchCommand, matchValues, mismatchText } from "../../../src/commands/match-command.ts";
import { testCatalogue } from "./test-catalogue.ts";

const texts = await readCommandFolder(new URL("../../../commands", import.meta.url).pathname);
const { commands } = loadCommands(texts, { catalogue: testCatalogue, slashNames: {} });

function read(line: string): unknown {
  const [slash = "", ...rest] = line.split(" ");
  const match = matchCommand(commands, { slash, text: rest.join(" ") });
  if (match.kind === "matched") return { [match.command.id]: match.values };
  return match.kind === "help" ? "help" : mismatchText(match).split("\n")[0];
}

function meant(line: string): string | undefined {
  const [slash = "", ...rest] = line.split(" ");
  const match = matchCommand(commands, { slash, text: rest.join(" ") });
  return match.kind === "mismatch" ? match.suggestion : undefined;
}

describe("the commands as they are typed", () => {
  it.each([
    ["/qd cancel run_7FQ2", { cancel: { run: "7FQ2", reason: null } }],
    ["/qd cancel 7fq2 because it is the wrong one", { cancel: { run: "7FQ2", reason: "it is the wrong one" } }],
    ["/qd cancel RUN_7FO1 because --force did not help", { cancel: { run: "7F01", reason: "--force did not help" } }],
    ["/qd retry run_7FQ2", { retry: { run: "7FQ2", step: null } }],
    ["/qd retry run_7FQ2 from sync", { retry: { run: "7FQ2", step: "sync" } }],
    [
      "/qd lock checkout in prod because database migration",
      { lock: { service: "checkout", environment: "prod", reason: "database migration", duration: null } },
    ],
    [
      "/qd lock checkout in prod because we wait for Bob for 2h",
      { lock: { service: "checkout", environment: "prod", reason: "we wait for Bob", duration: 7_200_000 } },
    ],
    [
      "/qd lock checkout in prod because of what we wait for",
      { lock: { service: "checkout", environment: "prod", reason: "of what we wait for", duration: null } },
    ],
    [
      '/qd lock checkout in prod because "it stays for 2h"',
      { lock: { service: "checkout", environment: "prod", reason: "it stays for 2h", duration: null } },
    ],
    ["/qd unlock checkout in prod", { unlock: { service: "checkout", environment: "prod" } }],
    ["/qd where checkout", { where: { service: "checkout", revision: null } }],
    ["/qd where checkout abc123", { where: { service: "checkout", revision: "abc123" } }],
    ["/qd who checkout in prod", { who: { service: "checkout", environment: "prod" } }],
    ["/qd queue", { queue: { service: null } }],
    ["/qd diff checkout abc123 in prod", { diff: { service: "checkout", revision: "abc123", environment: "prod" } }],
    [
      "/qd plan /promote checkout abc123 to prod --again",
      { plan: { command: "/promote checkout abc123 to prod --again" } },
    ],
    ["/qd cancel", "<run> (a run, such as run_7FQ2) is missing at the end."],
    ["/qd cancel ana", "A run is expected, such as run_7FQ2."],
    ["/qd cancel run_7FU2", "A run is expected, such as run_7FQ2."],
    ["/qd lock checkout in prod", '"because" and <reason> (why, for everybody who is held up) are missing at the end.'],
    ["/qd lock checkout in prod because", "<reason> (why, for everybody who is held up) is missing at the end."],
    ["/qd lock checkout in prod because for 2h", "<reason> (why, for everybody who is held up) is missing here."],
    [
      "/qd lock checkout in prod because we migrate for 2 hours",
      '"2 hours" is no duration, which is written such as 30m, 2h or 7d; a text that ends so goes in quotes.',
    ],
    [
      "/qd lock checkout in prod because we wait for 2x",
      '"2x" is no duration, which is written such as 30m, 2h or 7d; a text that ends so goes in quotes.',
    ],
    [
      "/qd lock checkout in prod because we wait for 2 of the 3 reviews",
      { lock: { service: "checkout", environment: "prod", reason: "we wait for 2 of the 3 reviews", duration: null } },
    ],
    [
      "/qd lock checkout in prod because we wait for Bob",
      { lock: { service: "checkout", environment: "prod", reason: "we wait for Bob", duration: null } },
    ],
    ["/qd rollback checkout in prod", 'There is no "/qd rollback": it is a slash command of its own.'],
    [
      "/qd plan",
      "<command> (any command that starts a run, such as /promote checkout abc123 to prod) is missing at the end.",
    ],
  ])("%s", (line, expected) => {
    expect(read(line)).toEqual(expected);
  });

  it.each([
    ["/qd cancle run_7FQ2", "/qd cancel run_7FQ2"],
    ["/qd cancel run_7FQ2 becuase it is wrong", "/qd cancel run_7FQ2 because it is wrong"],
    ["/qd lock checkout prod because we migrate", "/qd lock checkout in prod because we migrate"],
    ["/qd lok checkout in prod becuase we migrate", "/qd lock checkout in prod because we migrate"],
    ["/qd lock checkout in prod database migration", "/qd lock checkout in prod because database migration"],
    ["/qd lock checkout in prod because we migrate for 2 hours", "/qd lock checkout in prod because we migrate for 2h"],
    ["/qd lock checkout in prod because we migrate for an Hour", "/qd lock checkout in prod because we migrate for 1h"],
    ["/qd lock checkout in prod becuase we migrate for 90 min", "/qd lock checkout in prod because we migrate for 90m"],
    ["/qd lock checkout in prod because we wait for 2x", undefined],
    ["/qd rollback checkout in prod", "/rollback checkout in prod"],
    ["/qd Promote checkout abc123 in prod", "/promote checkout abc123 to prod"],
    ["/promote checkout abc123 in prod --agian", "/promote checkout abc123 to prod --again"],
  ])("%s is probably meant as %s", (line, right) => {
    expect(meant(line)).toBe(right);
  });

  it("are what a button with the same values asks for", () => {
    const values = { service: "checkout", environment: "prod", reason: 'wait for 2h, or "more"' };
    const asked = matchValues(commands, { command: "lock", values });
    expect(asked?.match).toMatchObject({ kind: "matched", values: { ...values, duration: null } });
    expect(asked?.typed.slash).toBe("/qd");
    const again = { service: "checkout", revision: "abc123", environment: "prod", again: "true" };
    expect(matchValues(commands, { command: "promote", values: again })?.match).toMatchObject({
      kind: "matched",
      values: { ...again, again: true },
    });
    expect(matchValues(commands, { command: "promote", values: { ...again, again: "" } })?.match).toMatchObject({
      values: { again: false },
    });
    expect(matchValues(commands, { command: "deploy", values })).toBeUndefined();
  });

  it("read any reason that a button gives back as it is", () => {
    const lock = commands.find(({ id }) => id === "lock");
    const word = fc.stringMatching(/^[!-~äß€]{1,12}$/u);
    const words = fc.array(fc.oneof(word, fc.constantFrom("for", "2h", "because", "--x", '"', "'")), { minLength: 1 });
    fc.assert(
      fc.property(words, (parts) => {
        const reason = parts.join(" ").slice(0, 280).trim();
        if (lock === undefined || reason === "" || /<|&/u.test(reason)) return;
        const text = commandText(lock, { service: "checkout", environment: "prod", reason });
        const match = matchCommand(commands, { slash: "qd", text: text.slice("/qd ".length) });
        expect(match).toMatchObject({ kind: "matched", values: { reason, duration: null } });
      }),
    );
  });
});
