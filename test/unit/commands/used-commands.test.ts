import { describe, expect, it } from "vitest";

import { commandsBehind } from "../../../src/commands/load-commands.ts";
import { validateReport } from "../../../src/commands/validate-report.ts";
import { loadAll, mistakesIn, mistakesOf, planOf, TYPED } from "./chain-rig.ts";

const VERIFY = `
name: Verify
summary: Looks at a revision
inputs:
  service: { type: service }
  place: { type: environment, of: service }
  revision: { type: revision, of: service }
  depth: { type: choice, values: [quick, full], default: quick }
  note: { type: string, optional: true, max: 5 }
  share: { type: number, default: 1, max: 2 }
  strict: { type: boolean }
  wait: { type: duration, default: 5m }
steps:
  - { id: look, uses: test/call, with: { url: "\${{ place.app + '/' + depth }}", share: "\${{ share }}" } }
  - parallel:
      - { id: deep, uses: test/call, if: "\${{ strict }}" }
outputs:
  name: { value: "\${{ steps.look.outputs.name }}" }
  key: { value: "\${{ steps.look.outputs.key }}" }
`;
const PLACE = "service: '${{ service }}', place: '${{ environment }}', revision: '${{ revision }}'";
const use = (more = "", rest = ""): string =>
  `steps:\n  - { id: verify, uses: command/verify, with: { ${PLACE}${more} }${rest} }\n`;

describe("a command that is used as a step", () => {
  it("stands in the plan with what is passed to it, what it does and what it gives", () => {
    const plan = planOf(use(", depth: full, wait: 90s, strict: true", ", if: '${{ fast }}'"), { verify: VERIFY });
    expect(plan.steps).toMatchObject([
      {
        type: "command",
        key: "verify",
        command: "verify",
        if: "fast",
        inputs: {
          service: "${{ service }}",
          place: "${{ environment }}",
          revision: "${{ revision }}",
          depth: "full",
          note: null,
          share: 1,
          strict: true,
          wait: 90_000,
        },
        outputs: { name: "${{ steps.look.outputs.name }}", key: "${{ steps.look.outputs.key }}" },
        steps: [{ key: "look" }, { type: "parallel", key: "parallel", branches: [{ key: "deep", if: "strict" }] }],
      },
    ]);
  });

  it("gives typed outputs to what follows, a secret as a secret", () => {
    const after = (url: string, token = "steps.verify.outputs.key"): string =>
      `${use()}  - { id: a, uses: test/call, with: { url: "\${{ ${url} }}", token: "\${{ ${token} }}" } }\n`;
    expect(mistakesIn(after("steps.verify.outputs.name"), { verify: VERIFY })).toEqual([]);
    expect(mistakesIn(after("steps.verify.outputs.nam"), { verify: VERIFY })).toEqual([
      '3 nam | steps.verify.outputs has no "nam". Did you mean "name"?',
    ]);
    expect(mistakesIn(after("steps.verify.outputs.key"), { verify: VERIFY })).toEqual([
      '3 "${{ steps.verify.outputs.key }}" | "url": this is a secret, and only inputs that are declared for secrets take one',
    ]);
    expect(mistakesIn(after("steps.look.outputs.name"), { verify: VERIFY })).toEqual([
      '3 look | steps has no "look". There is: verify',
    ]);
  });

  it("is checked by itself, in its own file, once however often it is used", () => {
    const broken = VERIFY.replace("place.app", "plac.app").replace("uses: test/call, if", "uses: test/cal, if");
    const twice = `${use()}  - { id: again, uses: command/verify, with: { ${PLACE} } }\n  - { id: a, uses: test/call, with: { url: "\${{ steps.verify.outputs.anything }}" } }\n`;
    expect(mistakesIn(twice, { verify: broken })).toEqual([
      'verify.yaml:13 plac | there is no variable "plac". Did you mean "place"?',
      'verify.yaml:15 test/cal | no step kind "test/cal". Did you mean "test/call"?',
    ]);
    expect(loadAll({ x: TYPED + use(), verify: broken }).commands).toEqual([]);
    expect(mistakesIn(use(), { verify: "name: [" })).toEqual([expect.stringMatching(/^verify\.yaml:1 /u)]);
  });

  it("is no command that anybody can type, unless it says how", () => {
    const { commands, subCommands } = loadAll({ x: TYPED + use(), verify: VERIFY });
    expect(commands.map(({ id }) => id)).toEqual(["x"]);
    expect(subCommands.map(({ id, name, body }) => [id, name, body.kind])).toEqual([["verify", "Verify", "plan"]]);
    const typed = VERIFY.replace(
      "inputs:",
      'on: { slash: "/verify <service> in <place> at <revision>" }\ninputs:',
    ).replace("  strict", "  strict");
    const both = loadAll({ x: TYPED + use(), verify: typed });
    expect(both.diagnostics).toEqual([]);
    expect(both.commands.map(({ id }) => id)).toEqual(["x", "verify"]);
    expect(both.subCommands).toEqual([]);
  });

  it("may have what a run of its own has, which is for that run alone", () => {
    const typed = VERIFY.replace("inputs:", 'on: { slash: "/verify <service> in <place> at <revision>" }\ninputs:');
    const own = `${typed}timeout: 5m\nurgent: true\non-failure: [{ id: alert, uses: slack/alert }]\n`;
    const plan = planOf(use(), { verify: own });
    expect(plan).not.toHaveProperty("timeoutMs");
    expect(plan).not.toHaveProperty("urgent");
    expect(plan.onFailure).toEqual([]);
    expect(mistakesIn(use(), { verify: `${own}finally: [{ id: end, uses: slack/alert }]\n` })).toEqual([
      '2 command/verify | command/verify has "finally", which is for the end of a run and would not happen here; move it to the "finally" of this command, or use a command without it',
    ]);
  });

  it.each(["timeout: 5m", "urgent: true", "on-failure: []", "finally: []", "verb: look"])(
    "has nothing of a run where it can only be used: %s",
    (line) => {
      const key = line.slice(0, line.indexOf(":"));
      expect(mistakesIn(use(), { verify: `${VERIFY}${line}\n` })).toEqual([
        `verify.yaml:19 ${key} | without "on" a command is only used by others and is no run of its own, so there is no "${key}"`,
      ]);
    },
  );

  it("fills in its own defaults, and takes none of those of the command that uses it", () => {
    const own = `${VERIFY}defaults: { timeout: 1m }\n`;
    const plan = planOf(`defaults: { timeout: 9m, with: { command/verify: { depth: full } } }\n${use()}`, {
      verify: own,
    });
    expect(plan.steps).toMatchObject([{ inputs: { depth: "full" }, steps: [{ timeoutMs: 60_000 }, {}] }]);
  });

  it("passes a default on as it is written, whatever stands in it", () => {
    const odd = VERIFY.replace("optional: true, max: 5", String.raw`default: "it's ${"${{"} 1"`);
    expect(planOf(use(), { verify: odd }).steps).toMatchObject([
      { inputs: { note: String.raw`${"${{"} 'it\'s ${"${{"} 1' }}` } },
    ]);
  });

  it.each([
    [", dept: full", 'dept | command/verify: unknown key "dept". Did you mean "depth"?'],
    [", depth: fast", 'fast | "depth": one of quick, full is expected'],
    [", depth: 5", '5 | "depth": a text is expected, but this is the number 5'],
    [", depth: '${{ fast }}'", `'\${{ fast }}' | "depth": text is expected, but this is true or false`],
    [", note: abcdef", 'abcdef | "note": <note> has 6 characters, at most 5 are allowed'],
    [", note: [a]", '[a] | "note": a text is expected, but this is a list'],
    [", share: 3", '3 | "share": at most 2 is expected'],
    [", share: '3'", `'3' | "share": a number is expected, but this is the text "3"`],
    [", share: '${{ service.name }}'", `'\${{ service.name }}' | "share": a number is expected, but this is text`],
    [", strict: 'yes'", `'yes' | "strict": true or false is expected, but this is the text "yes"`],
    [", wait: soon", 'soon | "wait": a duration such as 30s, 15m, 2h or 7d is expected'],
    [", wait: '${{ service.name }}'", `"wait": a whole number of milliseconds is expected, but this is text`],
    [", wait: '${{ wat }}'", 'wat | there is no variable "wat".'],
    [", wait: null", 'null | "wait": a text is expected, but this is empty'],
  ])("takes what fits its inputs, and not%s", (more, mistake) => {
    expect(mistakesIn(use(more), { verify: VERIFY })).toEqual([expect.stringContaining(mistake)]);
  });

  it.each([
    [
      "place: prod",
      `prod | "place": an environment of a service is passed as an expression, such as \${{ place }}, but this is the text "prod"`,
    ],
    ["place: '${{ service }}'", '"place": an environment of a service is expected, but this is Service'],
    ["place: '${{ environment.name }}'", '"place": an environment of a service is expected, but this is text'],
    ["place: '${{ revision }}'", '"place": an environment of a service is expected, but this is Revision'],
    [
      "place: '${{ service.environments }}'",
      '"place": an environment of a service is expected, but this is a list of Target',
    ],
  ])("takes places, services and revisions as what they are, and not %s", (place, mistake) => {
    const chain = `steps:\n  - { id: verify, uses: command/verify, with: { service: '\${{ service }}', revision: '\${{ revision }}', ${place} } }\n`;
    expect(mistakesIn(chain, { verify: VERIFY })).toEqual([expect.stringContaining(mistake)]);
  });

  it("takes the environments of a loop", () => {
    const loop = `
steps:
  - for-each: \${{ upTo(service.environments, environment) }}
    as: target
    at-a-time: 2
    steps:
      - { id: verify, uses: command/verify, with: { ${PLACE.replace("environment", "target")} } }
`;
    expect(planOf(loop, { verify: VERIFY }).steps).toMatchObject([{ steps: [{ type: "command" }] }]);
  });

  it("says what it cannot do without", () => {
    expect(mistakesIn("steps: [{ id: v, uses: command/verify }]", { verify: VERIFY })).toEqual([
      '1 command/verify | command/verify needs "service" and "place" and "revision" in "with"',
    ]);
    const looked = VERIFY.replace("revision, of: service }", "revision, of: service, from: live, in: place }");
    expect(
      mistakesIn(`steps: [{ id: v, uses: command/verify, with: { ${PLACE.replace(/, rev.*/u, "")} } }]`, {
        verify: looked,
      }),
    ).toEqual(['1 command/verify | command/verify needs "revision" in "with"']);
  });

  it.each([
    ["{ id: v, uses: command/verfy }", '1 command/verfy | there is no command "verfy". Did you mean "command/verify"?'],
    ["{ id: v, uses: command/other }", '1 command/other | there is no command "other". There is: verify'],
    [
      "{ id: v, uses: command/ask }",
      "1 command/ask | command/ask answers a question and has no steps, so it cannot be used as one",
    ],
    [
      "{ id: v, uses: command/do }",
      "1 command/do | command/do does something at once and has no steps, so it cannot be used as one",
    ],
    ["{ id: v, uses: command/x }", "1 command/x | a command cannot use itself, also not by way of others: x uses x"],
    ["{ uses: command/verify }", '1 { uses: command/verify } | "id" is missing; a text is expected'],
  ])("is one that there is, and that can be used: %s", (entry, mistake) => {
    const others = {
      verify: VERIFY,
      ask: "name: Ask\nsummary: A\non: { slash: /ask }\nanswers: help\n",
      do: "name: Do\nsummary: D\non: { slash: /do <run> }\ninputs: { run: { type: run } }\nacts: cancel\n",
    };
    expect(mistakesIn(`steps: [${entry}]`, others)).toContain(mistake);
  });

  it.each(["retry: { attempts: 2 }", "timeout: 5m", "attempt-timeout: 5m"])("has no %s where it is used", (timing) => {
    const key = timing.slice(0, timing.indexOf(":"));
    expect(mistakesIn(use("", `, ${timing}`), { verify: VERIFY })).toEqual([
      `2 ${key} | "${key}" stands at the steps of a command and not where it is used; "defaults" there is for all of them`,
    ]);
  });

  it("is named like a step, and like no other", () => {
    expect(mistakesIn(`${use()}  - { id: verify, uses: test/call }\n`, { verify: VERIFY })).toEqual([
      '3 verify | there are two steps "verify"; an id names one step of the command',
    ]);
  });
});

describe("one command of many", () => {
  const part = (name: string, ...uses: readonly string[]): string =>
    `name: ${name}\nsummary: S\nsteps:\n  - { id: own, uses: test/call }\n${uses.map((used) => `  - { id: ${used}, uses: command/${used} }\n`).join("")}`;

  it("is shown with what it uses and what is wrong there, and with nothing else", () => {
    const set = loadAll({ a: part("A", "b"), b: part("B", "c"), c: part("C", "nothing"), d: part("D"), e: "name: [" });
    expect(commandsBehind(set, "a").diagnostics.map(({ file }) => file)).toEqual(["c.yaml"]);
    expect(commandsBehind(set, "d")).toMatchObject({ commands: [], subCommands: [{ id: "d" }], diagnostics: [] });
    expect(commandsBehind(set, "e").diagnostics.map(({ file }) => file)).toEqual(["e.yaml"]);
  });

  it("is listed by the report after what can be typed", () => {
    const set = loadAll({ x: TYPED + use(), verify: VERIFY });
    expect(validateReport(set)).toMatchObject({
      text: expect.stringMatching(
        /^2 commands, no mistakes:\n {2}\/x <service>.*\n {2}command\/verify {2}Looks at a revision$/u,
      ),
      json: { commands: ["x", "verify"] },
    });
  });
});

describe("commands that use one another", () => {
  const part = (name: string, ...uses: readonly string[]): string =>
    `name: ${name}\nsummary: S\nsteps:\n${["{ id: own, uses: test/call }", ...uses.map((used, index) => `{ id: u${index}, uses: command/${used} }`)].map((entry) => `  - ${entry}\n`).join("")}`;

  it("go round in no circle; each place where one closes is shown with the whole of it", () => {
    expect(mistakesOf({ a: part("A", "b"), b: part("B", "c"), c: part("C", "a"), d: part("D", "a") })).toEqual([
      "a.yaml:5 command/b | a command cannot use itself, also not by way of others: a uses b uses c uses a",
      "b.yaml:5 command/c | a command cannot use itself, also not by way of others: b uses c uses a uses b",
      "c.yaml:5 command/a | a command cannot use itself, also not by way of others: c uses a uses b uses c",
    ]);
  });

  it("are found in blocks, on-failure and finally too", () => {
    const self = `${TYPED}steps: [{ parallel: [{ id: a, uses: command/x }] }]\non-failure: [{ id: b, uses: command/x }]\nfinally: [{ id: c, uses: command/x }]\n`;
    expect(mistakesOf({ x: self }).map((mistake) => mistake.slice(0, 8))).toEqual(["x.yaml:1", "x.yaml:1", "x.yaml:1"]);
  });

  it("may be used by several, and twice by one", () => {
    const set = loadAll({ a: part("A", "b", "c", "c"), b: part("B", "c"), c: part("C") });
    expect(set.diagnostics).toEqual([]);
    expect(set.subCommands).toHaveLength(3);
  });

  it("go eight deep at most", () => {
    const chain = (length: number): Record<string, string> =>
      Object.fromEntries(
        Array.from({ length }, (_, index) => [
          `c${index}`,
          part(`C${index}`, ...(index + 1 < length ? [`c${index + 1}`] : [])),
        ]),
      );
    expect(mistakesOf(chain(9))).toEqual([]);
    expect(mistakesOf(chain(10))).toEqual(["c0.yaml:5 command/c1 | commands use one another 8 deep at most"]);
    expect(mistakesOf(chain(60)).length).toBeGreaterThan(45);
  });

  it("have no more steps together than one may have, and nobody counts what doubles with each of them", () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [
        `c${index}`,
        part(`C${index}`, ...(index < 8 ? [`c${index + 1}`, `c${index + 1}`, `c${index + 1}`] : [])),
      ]),
    );
    expect(mistakesOf(doubling)).toEqual([
      "c3.yaml:3 steps | a command has at most 200 steps, this one has 364, those of the commands that it uses among them",
    ]);
    expect(loadAll(doubling).subCommands.map(({ id }) => id)).toEqual(["c4", "c5", "c6", "c7", "c8"]);
  });
});
