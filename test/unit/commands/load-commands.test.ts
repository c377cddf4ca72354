import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type CommandSet, loadCommands, readCommandFolder } from "../../../src/commands/load-commands.ts";
import { validateReport } from "../../../src/commands/validate-report.ts";
import { testCatalogue } from "./test-catalogue.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const setting = { catalogue: testCatalogue, slashNames: {} };

function load(files: Readonly<Record<string, string>>): CommandSet {
  const texts = Object.entries(files).map(([file, text]) => ({ file, text: text.replace(/^\n/u, "") }));
  return loadCommands(texts, setting);
}

/** Each diagnostic of one file as `line part of the line that is meant | message`. */
function mistakes(text: string): readonly string[] {
  return load({ "x.yaml": text }).diagnostics.map(({ line, column, excerpt, length, message }) => {
    return `${line} ${excerpt.slice(column - 1, column - 1 + length)} | ${message}`;
  });
}

const answering = (slash: string, inputs = "{}"): string => `
name: X
summary: Something
on: { slash: "${slash}" }
inputs: ${inputs}
answers: status
`;

describe("a command file with more mistakes than anybody reads", () => {
  const promote = `
name: Promote
summary: Promote a service
on: { slash: "/promote <service>" }
inputs: { service: { type: service } }
steps:
`;

  it.each([
    ["expressions", `${promote}  - { id: a, uses: approval, with: { prompt: "${"${{ a }}".repeat(3000)}" } }\n`],
    ["keys", Array.from({ length: 1400 }, (_, index) => `k${index}: 1\n`).join("")],
    [
      "inputs",
      promote.replace(
        "service: {",
        `${Array.from({ length: 1400 }, (_, index) => `i${index}: 1, `).join("")}service: {`,
      ),
    ],
    ["steps", promote + Array.from({ length: 400 }, (_, index) => `  - { id: s${index}, uses: nothing }\n`).join("")],
  ])("is refused without looking for all of them: %s", (_what, text) => {
    const started = cpuTimeMs();
    const found = mistakes(text).length;
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThanOrEqual(110);
    // 50 ms is the promise; a busy machine gets some more.
    expect(cpuTimeMs() - started).toBeLessThan(500);
  });
});

describe("the YAML of a command file", () => {
  it.each([
    ["a key twice", "name: X\nname: Y\n", "2 n | this key stands here twice; each may stand once"],
    ["a tab", "name: X\non:\n\tslash: /x\n", "3 \t | indent with spaces; YAML allows no tabs here"],
    [
      "an open bracket",
      "name: [a,\n",
      "2  | the indentation does not fit: either a bracket or quote is not closed, or this line is too far left",
    ],
    [
      "a colon in a text",
      "name: a: b\n",
      "1 a | a second key in the same line; if this is one text with a colon in it, put it in quotes",
    ],
    [
      "a second document",
      "name: X\n---\nname: Y\n",
      "2 --- | a file is one document; put the second one into a file of its own",
    ],
    [
      "an expression that is a tag",
      "if: !target.first\n",
      '1 !target.first | "!target.first" is a YAML tag, and there are none here; an expression that begins with ! is written ${{ !... }}',
    ],
    [
      "an alias",
      "name: &a X\nsummary: *a\n",
      "2 *a | aliases (*name) are not used in command files; write it out, or put a text that begins with * in quotes",
    ],
    ["a reserved character", "name: @x\n", "1 @ | this is no YAML: plain value cannot start with reserved character @"],
    ["a key that is a list", "? [a]\n: b\n", "1 [ | a key is a plain word"],
    ["a list", "- a\n", '1 - a | "the file" is a list, but a map of keys and values is expected'],
    ["nothing", "", '1  | "the file" is empty, but a map of keys and values is expected'],
  ])("%s is pointed at", (_, text, mistake) => {
    expect(mistakes(text)).toEqual([mistake]);
  });

  it.each([
    ["nested brackets", `a: ${"[".repeat(20_000)}`, "this is nested too deeply"],
    ["nested questions", "? ".repeat(9000), "this is nested too deeply"],
    ["nested lists", `${"- ".repeat(9000)}x`, "this is nested too deeply"],
    ["deep indentation", `a:\n${" ".repeat(90)}b: 1`, "this is nested too deeply"],
    ["very many keys", Array.from({ length: 3000 }, (_, index) => `k${index}: 1`).join("\n"), "at most 1500 lines"],
    ["a big file", "#".repeat(40_000), "at most 32768 characters, this one has 40000"],
    ["keys in a row", `a: ${"b: ".repeat(7000)}`, "this is nested too deeply"],
    ["a line without an end", `a: ${"x ".repeat(7000)}`, "a line has at most 5000 characters"],
    ["references to references", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "aliases (*name) are not used"],
    ["a reference to itself", "a: &a [*a]\n", "aliases (*name) are not used"],
  ])("%s cannot keep it busy", (_, text, message) => {
    const started = cpuTimeMs();
    expect(mistakes(text)[0]).toContain(message);
    expect(cpuTimeMs() - started).toBeLessThan(250);
  });

  it.each(["__proto__", "constructor", "toString"])("a key %s is unknown like any other", (key) => {
    expect(mistakes(`${answering("/x")}${key}: { polluted: true }\n`)[0]).toContain(`unknown key "${key}"`);
    expect({}).not.toHaveProperty("polluted");
  });
});

describe("the keys of a command file", () => {
  it("may be unknown without hiding what else is wrong", () => {
    const file = 'name: X\nsummary: Y\nonn: 1\non: { slash: "/qd x <nope>" }\nanswers: status\n';
    const found = mistakes(file).join("\n");
    expect(found).toContain('unknown key "onn"');
    expect(found).toContain("<nope>");
  });

  it("may not be misspelt", () => {
    expect(mistakes("nmae: X\nsummary: Y\non: { slash: /x }\nanswers: status\n")).toEqual([
      '1 nmae: X | "name" is missing; a text is expected',
      '1 nmae | unknown key "nmae". Did you mean "name"?',
    ]);
  });

  it("have values of their type", () => {
    expect(mistakes("name: 5\nsummary: []\non: /x\nanswers: stats\ntimeout: soon\n")).toEqual([
      '1 5 | "name" is the number 5, but a text is expected',
      '2 [] | "summary" is a list, but a text is expected',
      '3 /x | "on" is the text "/x", but a map of keys and values is expected',
      '4 stats | "answers" is the text "stats". Did you mean "status"?',
      '5 soon | "soon" is no duration; write for example 30s, 15m, 2h or 7d',
    ]);
  });

  it("have texts of a sensible length", () => {
    expect(mistakes(`name: ${"x".repeat(51)}\nsummary: ""\non: { slash: /x }\nanswers: status\n`)).toEqual([
      `1 ${"x".repeat(51)} | at most 50 characters`,
      '2 "" | a text is expected',
    ]);
  });

  it("are steps or an answer, not both and not neither", () => {
    expect(mistakes("name: X\nsummary: Y\non: { slash: /x }\n")).toEqual([
      '1 n | a command has "steps" with at least one step, or "answers", or "acts"',
    ]);
    expect(mistakes("name: X\nsummary: Y\non: { slash: /x }\nsteps: []\n")).toEqual([
      '4 steps | a command has "steps" with at least one step, or "answers", or "acts"',
    ]);
    expect(
      mistakes(
        "name: X\nsummary: Y\non: { slash: /x }\nanswers: help\nsteps: [{ id: a, uses: slack/alert }]\ntimeout: 1h\n",
      ),
    ).toEqual([
      '5 steps | a command that answers has no run, and so no "steps"',
      '6 timeout | a command that answers has no run, and so no "timeout"',
    ]);
  });

  it("include a file name that can be an id", () => {
    const { diagnostics } = load({ "My File.yaml": answering("/x") });
    expect(diagnostics).toMatchObject([
      { line: 1, column: 1, message: expect.stringContaining("such as promote.yaml") },
    ]);
  });
});

describe("what a command is typed as", () => {
  it("is pointed at where its grammar is wrong", () => {
    expect(mistakes(answering("/x <a> TO <b>"))).toEqual([
      '3 TO | "TO" is neither a word in small letters nor an <input>',
    ]);
  });

  it.each(["status", "who", "leave", "remind", "help"])("may not be Slack's own /%s", (slash) => {
    expect(mistakes(answering(`/${slash}`))).toEqual([
      `3 /${slash} | /${slash} is Slack's own; take another name, or make it a verb: /qd ${slash}`,
    ]);
  });

  it("may not become Slack's own by configuration", () => {
    const files = [{ file: "x.yaml", text: answering("/promote") }];
    const { diagnostics } = loadCommands(files, { ...setting, slashNames: { promote: "who" } });
    expect(diagnostics).toMatchObject([{ message: expect.stringContaining("/who is Slack's own") }]);
  });

  it("is taken by one command only, and so is a name", () => {
    const second = answering("/x").replace("name: X", "name: x");
    const { commands, diagnostics } = load({ "a.yaml": answering("/x"), "b.yaml": second });
    expect(commands.map(({ id }) => id)).toEqual(["a"]);
    expect(diagnostics.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`)).toEqual([
      'b.yaml:1:7 the name "x" is taken by a.yaml already',
      "b.yaml:3:14 /x is taken by a.yaml already",
    ]);
  });

  it("may share its slash with commands of other verbs", () => {
    const other = answering("/qd bb").replace("name: X", "name: Y");
    expect(load({ "a.yaml": answering("/qd aa"), "b.yaml": other }).diagnostics).toEqual([]);
    expect(load({ "a.yaml": answering("/qd aa"), "b.yaml": other.replace("bb", "aa") }).diagnostics).toMatchObject([
      { file: "b.yaml", message: "/qd aa is taken by a.yaml already" },
    ]);
  });

  it("is not taken twice by files of the same name", () => {
    const { diagnostics } = load({
      "a/x.yaml": answering("/x"),
      "b/x.yaml": answering("/y").replace("name: X", "name: Y"),
    });
    expect(diagnostics).toMatchObject([{ file: "b/x.yaml", message: "the file name x is taken by a/x.yaml already" }]);
  });
});

describe("the inputs of a command", () => {
  it.each([
    ["/x <a>", "{}", '3 "/x <a>" | <a> is not among the inputs; there is: '],
    [
      "/x <a>",
      "{ a: { type: servcie } }",
      '4 servcie | "type" is the text "servcie", which does not fit here. Did you mean "service"?',
    ],
    [
      "/x <a>",
      "{ a: {} }",
      '4 {} | "type" is missing. Expected is: service, environment, revision, string, number, boolean, choice, duration, run, person',
    ],
    ["/x <a>", "{ a: { type: service, off: x } }", '4 off | unknown key "off". There is: type, summary, optional'],
    ["/x <a>", "{ a: 5 }", '4 5 | "a" is the number 5, but a map of keys and values is expected'],
    [
      "/x <a>",
      "{ a: { type: environment, of: b } }",
      '4 b | "of" names an input of type service; there is no input of type service',
    ],
    [
      "/x <a> <s>",
      "{ a: { type: environment, of: b }, s: { type: service } }",
      '4 b | "of" names an input of type service; of type service there is: s',
    ],
    [
      "/x <s> <a>",
      "{ s: { type: service }, a: { type: revision, of: s, in: s } }",
      '4 s | "in" names an input of type environment; there is no input of type environment',
    ],
    [
      "/x <s> [<a>]",
      "{ s: { type: service }, a: { type: revision, of: s, from: proven } }",
      '4 from | "from: proven" needs "in", which names the environment where that is looked up',
    ],
    [
      "/x [<a>]",
      "{ a: { type: service } }",
      '4 a | "a" may be left out in on.slash, so it needs a default, or optional: true',
    ],
    [
      "/x",
      "{ a: { type: service } }",
      '4 a | "a" is never typed in on.slash, so it needs a default, or optional: true',
    ],
    [
      "/x <a>",
      "{ a: { type: service, optional: true } }",
      '4 a | "a" is optional, so it stands in brackets in on.slash: [<a>]',
    ],
    [
      "/x [--a]",
      "{ a: { type: string, optional: true } }",
      '3 "/x [--a]" | because "a" is of type string, this flag is written [--a <a>]',
    ],
    [
      "/x [--a <a>]",
      "{ a: { type: boolean } }",
      '3 "/x [--a <a>]" | because "a" is of type boolean, this flag is written [--a]',
    ],
    [
      "/x <a...>",
      "{ a: { type: string } }",
      '3 /x <a...> | an input with "..." takes the rest of the text: it stands after a word, or alone in the only brackets, and nothing but optional words follow it',
    ],
    [
      "/x so <a...> <b>",
      "{ a: { type: string }, b: { type: string } }",
      '3 /x so <a...> <b> | an input with "..." takes the rest of the text: it stands after a word, or alone in the only brackets, and nothing but optional words follow it',
    ],
    [
      "/x so <a...> [or <b...>]",
      "{ a: { type: string }, b: { type: string, optional: true } }",
      "3 /x so <a...> [or <b...>] | only one input can take the rest of the text",
    ],
    [
      "/x so <a...>",
      "{ a: { type: service } }",
      '3 "/x so <a...>" | <a...> takes several words, so "a" is of type string',
    ],
    ["/x [--a <a...>]", "{ a: { type: string, optional: true } }", "3 <a...> | write [--a] or [--a <input>]"],
    ["/x", "{ steps: { type: boolean } }", '4 steps | "steps" means something else in expressions'],
    ["/x", "{ in: { type: boolean } }", '4 in | "in" means something else in expressions'],
    ["/x", "{ a-b: { type: boolean } }", '4 a-b | "a-b" is no name: letters, digits and _, such as abcDef'],
    [
      "/x <a>",
      "{ a: { type: choice, values: [b], default: c } }",
      "4 c | the default does not fit: one of b is expected",
    ],
    ["/x <a>", '{ a: { type: choice, values: ["b c"] } }', '4 "b c" | a choice is one short word'],
    ["/x <a>", "{ a: { type: number, max: 5, default: 6 } }", "4 6 | the default does not fit: at most 5 is expected"],
    ["/x <a>", "{ a: { type: string, max: 0 } }", '4 0 | "max" is too small or too short; the least is 1'],
    [
      "/x <a>",
      '{ a: { type: string, pattern: "(a+)+" } }',
      '4 "(a+)+" | a group in a pattern cannot be repeated; write it out',
    ],
    [
      "/x <a>",
      '{ a: { type: string, pattern: "a*b*c*d*" } }',
      '4 "a*b*c*d*" | a pattern has at most 3 repetitions (*, +, ?, {...})',
    ],
    [
      "/x <a>",
      '{ a: { type: string, pattern: "(?=a)" } }',
      '4 "(?=a)" | look-around, flags and back references are not available in patterns',
    ],
    ["/x <a>", '{ a: { type: string, pattern: "[a" } }', '4 "[a" | "[a" is no regular expression'],
  ])("%s with %s", (slash, inputs, mistake) => {
    expect(mistakes(answering(slash, inputs))).toEqual([mistake]);
  });
});

describe("reading a folder", () => {
  it("takes the YAML files in the order of their names", async () => {
    const folder = await mkdtemp(join(tmpdir(), "quarterdeck-commands-"));
    try {
      for (const name of ["b.yaml", "a.yml", ".hidden.yaml", "notes.md"]) await writeFile(join(folder, name), name);
      expect(await readCommandFolder(folder)).toEqual([
        { file: join(folder, "a.yml"), text: "a.yml" },
        { file: join(folder, "b.yaml"), text: "b.yaml" },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("says which folder it is when it cannot be read, and what to set", async () => {
    await expect(readCommandFolder("/nowhere/at/all")).rejects.toMatchObject({
      code: "commands.unreadable",
      message: expect.stringMatching(/"\/nowhere\/at\/all" cannot be read: .*Set QUARTERDECK_COMMANDS/u),
    });
  });
});

describe("the report of validate", () => {
  it("shows each mistake with its line and a caret, ordered by file and line, and ends with 1", () => {
    const report = validateReport(load({ "b.yaml": "name: X\nnmae: 1\n", "a.yaml": "name: [\n" }));
    expect(report.exitStatus).toBe(1);
    expect(report.text).toContain('b.yaml:2:1: unknown key "nmae". Did you mean "name"?\n2 | nmae: 1\n    ^^^^');
    expect(report.text.indexOf("a.yaml")).toBeLessThan(report.text.indexOf("b.yaml"));
    expect(report.text).toMatch(/3 mistakes in 2 files$/u);
    expect(report.json.ok).toBe(false);
    expect(report.json.diagnostics[0]).toEqual({ file: "a.yaml", line: 2, column: 1, message: expect.any(String) });
  });

  it("counts one mistake as one", () => {
    expect(validateReport(load({ "a.yaml": "name: [\n" })).text).toMatch(/1 mistake in 1 file$/u);
  });

  it("keeps the caret below its character in a line with tabs", () => {
    const report = validateReport(load({ "a.yaml": "name:\t@x\n" }));
    expect(report.text).toContain("1 | name:\t@x\n         \t^");
  });

  it("lists what can be typed when nothing is wrong, and ends with 0", () => {
    const report = validateReport(load({ "a.yaml": answering("/x") }));
    expect(report).toEqual({
      text: "1 command, no mistakes:\n  /x",
      exitStatus: 0,
      json: { ok: true, commands: ["a"], diagnostics: [] },
    });
  });
});

describe("any file", () => {
  const line = fc.constantFrom(
    "name: X",
    "summary: Y",
    "on: { slash: /x <a> }",
    "on:",
    "  slash: /x",
    "inputs:",
    "  a: { type: service }",
    "steps:",
    "  - id: a",
    "    uses: approval",
    "    with: { app: ${{ a.name }} }",
    "  - for-each: ${{ a.environments }}",
    "    as: b",
    "    steps:",
    "      - lock: ${{ b.name",
    "answers: status",
    "\t- x",
    "? y",
    "'",
    '"',
    "- - - [",
    "}}",
    "&a *a",
    "!!x",
    "%YAML",
    "---",
    "|",
    ">",
    "\u0000",
    "",
  );
  const text = fc.oneof(
    fc.tuple(fc.string(), fc.nat(100)).map(([part, times]) => part.repeat(times)),
    fc.array(fc.nat(0xffff), { maxLength: 500 }).map((units) => String.fromCharCode(...units)),
    fc.array(line, { maxLength: 60 }).map((lines) => lines.join("\n")),
  );

  it("gives commands or diagnostics inside the file, in a moment", () => {
    let slow = 0;
    fc.assert(
      fc.property(text, (content) => {
        const started = cpuTimeMs();
        const { commands, diagnostics } = load({ "x.yaml": content });
        if (cpuTimeMs() - started > 50) slow += 1;
        expect(commands.length + diagnostics.length).toBeGreaterThan(0);
        const lines = content.split("\n").length;
        for (const { line: at, column, message } of diagnostics) {
          expect(at).toBeGreaterThanOrEqual(1);
          expect(at).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(message).not.toBe("");
        }
      }),
      { numRuns: 400 },
    );
    expect(slow).toBeLessThan(5);
  });
});

describe("what answers or acts", () => {
  const acting = (slash: string, inputs: string, acts: string): string =>
    `name: X\nsummary: Y\non: { slash: "${slash}" }\ninputs: ${inputs}\nacts: ${acts}\n`;

  it.each([
    ["/x", "{}", "cancel", '5 cancel | "cancel" needs among its inputs one of type run'],
    [
      "/x <a>",
      "{ a: { type: service } }",
      "lock",
      '5 lock | "lock" needs among its inputs one of type environment and one of type string',
    ],
    ["/x", "{}", "cancle", '5 cancle | "acts" is the text "cancle". Did you mean "cancel"?'],
    ["/x", "{}", "cancel\nanswers: help", '5 acts | a command that answers has no run, and so no "acts"'],
  ])("%s with %s and acts: %s", (slash, inputs, acts, mistake) => {
    expect(mistakes(acting(slash, inputs, acts))).toContain(mistake);
  });

  it("has an input that is called run, as nothing else is called so without steps", () => {
    expect(mistakes(acting("/x <run>", "{ run: { type: run } }", "cancel"))).toEqual([]);
    const steps =
      "name: X\nsummary: Y\non: { slash: /x <run> }\ninputs: { run: { type: run } }\nsteps: [{ id: a, uses: b }]\n";
    expect(mistakes(steps)).toContain('4 run | "run" means something else in expressions');
  });
});

describe("a command that is typed and starts a run", () => {
  const command = (inputs: string, slash: string): string => `
name: X
summary: Something
on: { slash: "${slash}" }
inputs: { ${inputs} }
steps: [{ id: a, uses: slack/alert }]
`;

  it.each([
    ["", "/x"],
    ["service: { type: service }", "/x <service>"],
    ["place: { type: environment }", "/x <place>"],
    ["service: { type: service }, place: { type: environment, of: service }", "/x <service> in <place>"],
    ["service: { type: service }, commit: { type: revision, of: service }", "/x <service> <commit>"],
  ])("may have a service, an environment, both or neither: %s", (inputs, slash) => {
    expect(mistakes(command(inputs, slash))).toEqual([]);
  });

  it.each([
    [
      "commit: { type: revision, of: web }",
      "/x <commit>",
      '4 web | a revision is one of a service, in whose repository it is looked for: give the command an input of type service, "web: { type: service }"',
    ],
    [
      "service: { type: service }, place: { type: environment }",
      "/x <service> <place>",
      "4 place | beside a service, an environment is one of that service: { type: environment, of: service }",
    ],
    [
      "from: { type: environment }, to: { type: environment }",
      "/x <from> <to>",
      '4 to | "from" is of type environment already; a run is for one, so take a string, or a command for each',
    ],
  ])("is refused where it could not be told what it is for: %s", (inputs, slash, mistake) => {
    expect(mistakes(command(inputs, slash))).toEqual([mistake]);
  });
});
