import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { commandText } from "../../../src/commands/command-text.ts";
import { loadCommands } from "../../../src/commands/load-commands.ts";
import { helpAbout, type Match, matchCommand, mismatchText } from "../../../src/commands/match-command.ts";
import { testCatalogue } from "./test-catalogue.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const files = {
  promote: `
name: Promote
summary: Promote a revision
on: { slash: "/promote <service> <revision> to <environment> [--again] [--reason <reason>]" }
inputs:
  service: { type: service }
  revision: { type: revision, of: service }
  environment: { type: environment, of: service }
  again: { type: boolean }
  reason: { type: string, max: 40, optional: true }
answers: status
`,
  rollback: `
name: Roll back
summary: Return to an earlier revision
on: { slash: "/rollback <service> in <environment> [to <revision>]" }
inputs:
  service: { type: service }
  environment: { type: environment, of: service }
  revision: { type: revision, of: service, optional: true }
answers: status
`,
  history: `
name: History
summary: Show the last runs
on: { slash: "/qd history [<service>] [in <environment>] [by <person>]" }
inputs:
  service: { type: service, optional: true }
  environment: { type: environment, of: service, optional: true }
  person: { type: person, optional: true }
answers: history
`,
  status: `
name: Status
summary: Show what is live
on: { slash: "/qd status [<service>]" }
inputs: { service: { type: service, optional: true } }
answers: status
`,
  help: `
name: Help
summary: Show what can be typed
on: { slash: "/qd help [<topic>]" }
inputs: { topic: { type: string, optional: true } }
answers: help
`,
  tune: `
name: Tune
summary: Every sort of input
on: { slash: "/tune <level> [--share <share>] [--wait <wait>] [--ticket <ticket>] [--dry-run]" }
inputs:
  level: { type: choice, values: [low, high] }
  share: { type: number, min: 0, max: 100, default: 20 }
  wait: { type: duration, default: 15m }
  ticket: { type: string, pattern: "[A-Z]{2,5}-[0-9]+", optional: true }
  dryRun: { type: boolean }
answers: status
`,
  turn: `
name: Turn
summary: On or off
on: { slash: "/turn <on>" }
inputs: { on: { type: boolean, summary: "on, or not" } }
answers: status
`,
};

const { commands, diagnostics } = loadCommands(
  Object.entries(files).map(([id, text]) => ({ file: `${id}.yaml`, text })),
  { catalogue: testCatalogue, slashNames: {} },
);

function typed(line: string): Match {
  const [slash = "", ...rest] = line.split(" ");
  return matchCommand(commands, { slash, text: rest.join(" ") });
}

/** As Slack sends it. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

it("has commands to work with", () => {
  expect(diagnostics).toEqual([]);
});

describe("what is typed right", () => {
  const promoted = { service: "checkout", revision: "abc123", environment: "prod", again: false, reason: null };

  it.each([
    ["/promote checkout abc123 to prod", {}],
    ["  /promote   checkout  abc123   TO  prod  ".trim(), {}],
    ["/promote checkout abc123 to prod --again", { again: true }],
    ["/promote --again checkout abc123 to prod", { again: true }],
    ["/promote checkout --AGAIN abc123 to prod", { again: true }],
    ["/promote checkout abc123 to prod —again", { again: true }],
    ["/promote checkout abc123 to prod –again", { again: true }],
    ['/promote checkout abc123 to prod --reason "database migration"', { reason: "database migration" }],
    ["/promote checkout abc123 to prod --reason “database migration”", { reason: "database migration" }],
    ["/promote checkout abc123 to prod --reason ‘it’s time’", { reason: "it's time" }],
    ["/promote checkout abc123 to prod --reason don’t", { reason: "don't" }],
    ["/promote checkout abc123 to prod --reason=hotfix", { reason: "hotfix" }],
    ['/promote checkout abc123 to prod --reason="a fix"', { reason: "a fix" }],
    ["/promote checkout abc123 to prod —reason=“a fix”", { reason: "a fix" }],
    ['/promote checkout abc123 to prod --reason "say \\"hi\\" \\\\ there"', { reason: 'say "hi" \\ there' }],
    ["/promote checkout abc123 to prod --reason <@U012ABCDEF|ana>", { reason: "@ana" }],
    ["/promote checkout abc123 to prod --reason <@U012ABCDEF>", { reason: "@U012ABCDEF" }],
    ["/promote checkout abc123 to prod --reason <#C123|deploys>", { reason: "#deploys" }],
    ["/promote checkout abc123 to prod --reason <#C987|>", { reason: "#C987" }],
    ["/promote checkout abc123 to prod --reason <!here>", { reason: "@here" }],
    ["/promote checkout abc123 to prod --reason <!subteam^S1|@ops>", { reason: "@ops" }],
    [
      "/promote checkout abc123 to prod --reason <https://a.example/x?a=1&amp;b=2>",
      { reason: "https://a.example/x?a=1&b=2" },
    ],
    ["/promote checkout abc123 to prod --reason &lt;!channel&gt;", { reason: "<!channel>" }],
    ["/promote <http://web.io|web.io> abc123 to prod", { service: "web.io" }],
    ['/promote "to" abc123 to prod', { service: "to" }],
    ['/promote checkout "--again" to prod', { revision: "--again" }],
    ["/promote\u00A0checkout\u2003abc123\nto\tprod".replace("\u00A0", " "), {}],
    ["/promote checkout\u200B abc123\uFEFF to prod", {}],
    ["/promote cafe\u0301 abc123 to prod", { service: "caf\u00E9" }],
    ["/promote help abc123 to prod", { service: "help" }],
  ])("%s", (line, values) => {
    expect(typed(line)).toMatchObject({
      kind: "matched",
      command: { id: "promote" },
      values: { ...promoted, ...values },
    });
  });

  it.each([
    ["/rollback checkout in prod", "rollback", { service: "checkout", environment: "prod", revision: null }],
    ["/rollback checkout in prod to v1", "rollback", { service: "checkout", environment: "prod", revision: "v1" }],
    ["/qd status", "status", { service: null }],
    ["/qd Status checkout", "status", { service: "checkout" }],
    ["/qd history", "history", { service: null, environment: null }],
    ["/qd history checkout", "history", { service: "checkout", environment: null }],
    ["/qd history in prod", "history", { service: null, environment: "prod" }],
    ["/qd history checkout in prod", "history", { service: "checkout", environment: "prod" }],
    ['/qd history "in" in prod', "history", { service: "in", environment: "prod" }],
    ["/qd history by <@U012ABCDEF|ana>", "history", { service: null, person: "U012ABCDEF" }],
    ["/qd history by <@U012ABCDEF>", "history", { person: "U012ABCDEF" }],
    [
      "/qd history checkout in prod by <@W012ABCDEF|ana.lopez>",
      "history",
      { service: "checkout", person: "W012ABCDEF" },
    ],
    ["/qd history by U012ABCDEF", "history", { person: "U012ABCDEF" }],
    ["/qd help", "help", { topic: null }],
    ["/qd help promote", "help", { topic: "promote" }],
    ["/tune LOW", "tune", { level: "low", share: 20, wait: 900_000, ticket: null, dryRun: false }],
    ["/tune low --share 0.5 --wait 1h30m", "tune", { share: 0.5, wait: 5_400_000 }],
    ["/tune low --ticket OPS-17 --dry-run", "tune", { ticket: "OPS-17", dryRun: true }],
    ["/turn yes", "turn", { on: true }],
    ["/turn False", "turn", { on: false }],
  ])("%s", (line, id, values) => {
    expect(typed(line)).toMatchObject({ kind: "matched", command: { id }, values });
  });

  it("gives a value for every input", () => {
    const match = typed("/rollback checkout in prod");
    expect(Object.keys(match.kind === "matched" ? match.values : {})).toEqual(["service", "environment", "revision"]);
  });
});

describe("what is typed wrong", () => {
  it.each([
    ["/promote", "empty", "<service> (a service) is missing at the end", "", undefined],
    [
      "/promote checkout",
      "missing",
      "<revision> (a commit (4 digits or more), branch or tag) is missing",
      "",
      undefined,
    ],
    [
      "/promote checkout abc123",
      "missing",
      '"to" and <environment> (an environment of the service) are missing at the end',
      "",
      undefined,
    ],
    [
      "/promote checkout abc123 to",
      "missing",
      "<environment> (an environment of the service) is missing",
      "",
      undefined,
    ],
    ["/promote checkout to prod", "missing", 'is missing before "to"', "to", undefined],
    [
      "/promote checkout abc123 prod",
      "unexpected",
      'the word "to" is expected here',
      "prod",
      "/promote checkout abc123 to prod",
    ],
    [
      "/promote checkout abc123 in prod --again",
      "unexpected",
      'the word "to" is expected here',
      "in",
      "/promote checkout abc123 to prod --again",
    ],
    ['/promote checkout abc123 "in" prod', "unexpected", 'the word "to" is expected here', '"in"', undefined],
    [
      "/promote checkout abc123 ot prod",
      "unexpected",
      'the word "to" is expected here',
      "ot",
      "/promote checkout abc123 to prod",
    ],
    ["/promote checkout to prod abc123", "missing", 'missing before "to"', "to", "/promote checkout abc123 to prod"],
    ["/promote to prod checkout abc123", "missing", 'missing before "to"', "to", "/promote checkout abc123 to prod"],
    ["/promote checkout abc123 to prod now", "unexpected", "nothing more is expected here", "now", undefined],
    [
      "/promote checkout abc123 to prod again",
      "unexpected",
      "nothing more",
      "again",
      "/promote checkout abc123 to prod --again",
    ],
    [
      "/promote checkout abc123 to prod --agian",
      "unknown-flag",
      'no flag "--agian" here; there is: --again, --reason',
      "--agian",
      "/promote checkout abc123 to prod --again",
    ],
    [
      "/promote checkout abc123 to prod --force",
      "unknown-flag",
      'there is no flag "--force" here',
      "--force",
      undefined,
    ],
    ["/promote checkout -x abc123 to prod", "unknown-flag", 'there is no flag "-x" here', "-x", undefined],
    ["/promote checkout abc123 to prod --again --again", "unexpected", "--again is given twice", "--again", undefined],
    [
      "/promote checkout abc123 to prod --reason",
      "missing",
      "--reason is followed by <reason> (text, at most 40 characters)",
      "--reason",
      undefined,
    ],
    ["/promote checkout abc123 to prod --reason --again", "missing", "--reason is followed by", "--reason", undefined],
    [
      "/promote checkout abc123 to prod --reason database migration --again",
      "unexpected",
      "put a text of several words in quotes",
      "migration",
      '/promote checkout abc123 to prod --reason "database migration" --again',
    ],
    ['/promote checkout abc123 to prod --reason ""', "invalid", "<reason> is empty", '""', undefined],
    [
      "/promote checkout abc123 to prod --again=false",
      "unexpected",
      "nothing more is expected here",
      "false",
      undefined,
    ],
    ['/promote checkout abc123 to prod --reason "open', "unreadable", 'this quote (") is not closed', '"', undefined],
    [
      `/promote checkout abc123 to prod --reason ${"x".repeat(41)}`,
      "invalid",
      "<reason> has 41 characters, at most 40",
      "x".repeat(41),
      undefined,
    ],
    [
      `/promote ${"x".repeat(300)} abc123 to prod`,
      "invalid",
      "the service has more than 255 characters",
      "x".repeat(300),
      undefined,
    ],
    ["/rollback checkout prod", "unexpected", 'the word "in" is expected here', "prod", "/rollback checkout in prod"],
    ["/rollback checkout in prod ot v1", "unexpected", "nothing more", "ot", "/rollback checkout in prod to v1"],
    ["/rollback checkout in prod to", "missing", "<revision>", "", undefined],
    ["/rollback checkout in prod --again", "unknown-flag", "this command has no flags", "--again", undefined],
    ["/qd", "empty", "a word is missing that says what to do; there is: help, history, status", "", undefined],
    [
      "/qd stauts checkout",
      "unknown-command",
      "this is no command; there is: help, history, status",
      "stauts",
      "/qd status checkout",
    ],
    ["/qd deploy", "unknown-command", "this is no command", "deploy", undefined],
    ["/qd status a b", "unexpected", "nothing more is expected here", "b", undefined],
    ["/nope x", "unknown-command", "there is no such command", "", undefined],
    ["/tune hihg", "invalid", "one of low, high is expected", "hihg", "/tune high"],
    ["/turn maybe", "invalid", "true or false is expected", "maybe", undefined],
    ["/tune medium", "invalid", "one of low, high is expected", "medium", undefined],
    ["/tune low --share many", "invalid", "a number is expected", "many", undefined],
    ["/tune low --share -5", "invalid", "at least 0 is expected", "-5", undefined],
    ["/tune low --share 101", "invalid", "at most 100 is expected", "101", undefined],
    ["/tune low --wait soon", "invalid", "a duration such as 30s, 15m, 2h or 7d is expected", "soon", undefined],
    ["/tune low --ticket ops17", "invalid", "<ticket> does not have the form [A-Z]{2,5}-[0-9]+", "ops17", undefined],
  ])("%s", (line, code, message, meant, suggestion) => {
    const match = typed(line);
    expect(match).toMatchObject({ kind: "mismatch", code, message: expect.stringContaining(message) });
    const mismatch = match.kind === "mismatch" ? match : undefined;
    expect(mismatch?.suggestion).toBe(suggestion);
    expect(mismatch?.line.slice(mismatch.offset, mismatch.offset + mismatch.length)).toBe(meant);
  });

  it.each([
    ["a bell", "\u0007", "U+0007"],
    ["a null", "\u0000", "U+0000"],
    ["an escape", "\u001B[31m", "U+001B"],
    ["a right-to-left override", "\u202E", "U+202E"],
    ["an isolate", "\u2066", "U+2066"],
    ["half of a character", "\uD83D", "U+D83D"],
  ])("refuses %s and shows a dot in its place", (_, char, code) => {
    const match = typed(`/promote check${char}out abc123 to prod`);
    expect(match).toMatchObject({ kind: "mismatch", code: "unreadable", offset: 14, length: 1 });
    expect(match).toHaveProperty("message", expect.stringContaining(code));
    expect(match).toHaveProperty("line", expect.stringContaining("check·"));
  });

  it("refuses more than 3000 characters and does not repeat them all", () => {
    const match = typed(`/promote ${"x".repeat(3001)}`);
    expect(match).toMatchObject({ kind: "mismatch", code: "unreadable" });
    expect(match).toHaveProperty("message", "this is too long: 3001 characters, at most 3000 can be read");
    expect(JSON.stringify(match).length).toBeLessThan(1000);
  });

  it("is explained with a caret, what was probably meant, and the usage", () => {
    const match = typed("/promote checkout to prod abc123");
    expect(match.kind === "mismatch" && mismatchText(match)).toBe(
      [
        '<revision> (a commit (4 digits or more), branch or tag) is missing before "to".',
        "/promote checkout to prod abc123",
        "                  ^^",
        "Did you mean: /promote checkout abc123 to prod",
        "Usage: /promote <service> <revision> to <environment> [--again] [--reason <reason>]",
      ].join("\n"),
    );
  });

  it("is explained by the part around the mistake when it is long", () => {
    const match = typed(`/promote checkout abc123 to prod --reason ${"y ".repeat(500)}`);
    const text = match.kind === "mismatch" ? mismatchText(match) : "";
    expect(text).toContain("put a text of several words in quotes");
    expect(
      Math.max(
        ...text
          .split("\n")
          .slice(1, 3)
          .map((line) => line.length),
      ),
    ).toBeLessThan(200);
  });
});

describe("help", () => {
  const promoteHelp = [
    "/promote <service> <revision> to <environment> [--again] [--reason <reason>]",
    "Promote a revision",
    "  <service>  a service",
    "  <revision>  a commit (4 digits or more), branch or tag",
    "  <environment>  an environment of the service",
    "  --again  yes or no",
    "  --reason <reason>  text, at most 40 characters",
  ].join("\n");

  it.each(["/promote help", "/promote --help", "/promote -h", "/promote ?", "/promote HELP"])(
    "%s explains it",
    (line) => {
      expect(typed(line)).toEqual({ kind: "help", text: promoteHelp });
    },
  );

  it("about a command is found by its name, its verb or its slash", () => {
    expect(helpAbout(commands, "promote")).toBe(promoteHelp);
    expect(helpAbout(commands, "/Promote")).toBe(promoteHelp);
    expect(helpAbout(commands, "roll back")).toContain("/rollback <service>");
    expect(helpAbout(commands, "qd").split("\n")).toHaveLength(4);
  });

  it("about nothing, or about something unknown, lists all commands", () => {
    const [title, ...lines] = helpAbout(commands, undefined).split("\n");
    expect(title).toBe("What can be typed:");
    expect(lines).toHaveLength(7);
    expect(helpAbout(commands, "nonsense")).toBe([`There is no command "nonsense". There is:`, ...lines].join("\n"));
    expect(helpAbout(commands, undefined)).toContain("/qd status [<service>]  Show what is live");
  });

  it("says what an input is when it is left out", () => {
    expect(helpAbout(commands, "tune")).toContain("--wait <wait>  a duration such as 15m; when left out, 15 min");
    expect(helpAbout(commands, "tune")).toContain("--share <share>  a number; when left out, 20");
    expect(helpAbout(commands, "tune")).toContain("<level>  one of low, high");
    expect(helpAbout(commands, "turn")).toContain("<on>  on, or not");
  });
});

describe("any input", () => {
  const promote = commands.find(({ id }) => id === "promote");
  const history = commands.find(({ id }) => id === "history");
  // Printable text that survives what is done to keyboards' improvements.
  const value = fc
    .array(fc.nat(0xffff), { minLength: 1, maxLength: 30 })
    .map((units) => String.fromCharCode(...units))
    .filter((text) => !/[\p{C}\u2018-\u201F\u00AB\u00BB\u00AD\p{Z}]/u.test(text.replaceAll(" ", "")))
    .map((text) => text.normalize("NFC"));
  const word = fc.oneof(
    value,
    fc.constantFrom("to", "in", "help", "--again", "—again", "–x", "-x", '"', "'", "\\", "a b", " a", "<@U1>"),
  );

  it("is read back as it was written", () => {
    fc.assert(
      fc.property(
        fc.record({ service: word, revision: word, environment: word }),
        word,
        fc.boolean(),
        (values, reason, again) => {
          if (promote === undefined) throw new Error("no promote");
          const line = commandText(promote, { ...values, reason, ...(again ? { again: true } : {}) });
          const text = escaped(line.slice("/promote".length));
          expect(matchCommand(commands, { slash: "/promote", text })).toMatchObject({
            kind: "matched",
            command: { id: "promote" },
            values: { ...values, reason, again },
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is read back as it was written when parts are left out", () => {
    fc.assert(
      fc.property(fc.option(word), fc.option(word), (service, environment) => {
        if (history === undefined) throw new Error("no history");
        const given = { ...(service === null ? {} : { service }), ...(environment === null ? {} : { environment }) };
        const line = commandText(history, given);
        expect(matchCommand(commands, { slash: "qd", text: escaped(line.slice("/qd".length)) })).toMatchObject({
          kind: "matched",
          values: { service, environment },
        });
      }),
      { numRuns: 300 },
    );
  });

  it("is matched, helped or explained, in a moment", () => {
    const pieces = fc.constantFrom(
      "checkout",
      "to",
      "--again",
      "--reason",
      '"',
      "'",
      "“",
      "—",
      "<@U1|",
      ">",
      "&lt;",
      "\\",
      " ",
      "=",
      "\u202E",
      "[",
      "help",
      "😀",
    );
    const text = fc.oneof(
      fc.tuple(fc.string(), fc.nat(200)).map(([part, times]) => part.repeat(times)),
      fc.array(fc.nat(0xffff), { maxLength: 200 }).map((units) => String.fromCharCode(...units)),
      fc.array(pieces, { maxLength: 60 }).map((all) => all.join("")),
      fc.array(pieces, { maxLength: 60 }).map((all) => all.join(" ")),
    );
    let slow = 0;
    fc.assert(
      fc.property(fc.constantFrom("/promote", "/qd", "/tune", "/rollback", "/x"), text, (slash, sent) => {
        const started = cpuTimeMs();
        const match = matchCommand(commands, { slash, text: sent });
        if (match.kind === "mismatch") {
          expect(match.message).not.toBe("");
          expect(match.offset).toBeLessThanOrEqual(match.line.length);
          expect(mismatchText(match).length).toBeLessThan(6000);
        }
        expect(["matched", "help", "mismatch"]).toContain(match.kind);
        if (cpuTimeMs() - started > 50) slow += 1;
      }),
      { numRuns: 500 },
    );
    expect(slow).toBeLessThan(5);
  });
});
