import { describe, expect, it } from "vitest";

import { loadAll, mistakesIn, planOf, TYPED } from "./chain-rig.ts";

const call = (id: string, more = ""): string => `{ id: ${id}, uses: test/call${more} }`;

describe("steps side by side", () => {
  it("are branches below one path, blocks among them", () => {
    const plan = planOf(`
steps:
  - parallel:
      - ${call("scan")}
      - lock: one
        steps: [${call("verify")}]
      - lock: two
        steps: [${call("other")}]
      - if: \${{ fast }}
        steps: [${call("a")}, ${call("b")}]
    fail-fast: false
    if: \${{ fast }}
  - parallel: [${call("last")}]
`);
    expect(plan.steps).toMatchObject([
      {
        type: "parallel",
        key: "parallel",
        failFast: false,
        if: "fast",
        branches: [
          { type: "step", key: "scan" },
          { type: "lock", key: "lock" },
          { type: "lock", key: "lock-2" },
          { type: "group", key: "group", steps: [{ key: "a" }, { key: "b" }] },
        ],
      },
      { type: "parallel", key: "parallel-2" },
    ]);
    expect(plan.steps[1]).not.toHaveProperty("failFast");
  });

  it("give their outputs to what follows, and in one branch from step to step, but not to one another", () => {
    const chain = (other: string): string => `
steps:
  - parallel:
      - steps: [${call("a")}, ${call("b", ", with: { url: '${{ steps.a.outputs.name }}' }")}]
      - ${call("c", `, with: { url: "\${{ ${other} }}" }`)}
  - ${call("d", ", with: { url: '${{ steps.b.outputs.name + steps.c.outputs.name }}' }")}
`;
    expect(mistakesIn(chain("service.name"))).toEqual([]);
    expect(mistakesIn(chain("steps.a.outputs.name"))).toEqual([
      '4 a | the outputs of step "a" are not known here: it runs later, in a loop, or in another branch',
    ]);
  });

  it.each([
    ["steps: [{ parallel: [] }]", '1 [] | "parallel": at least one branch is expected'],
    ["steps: [{ parallel: 5 }]", '1 5 | "parallel" is the number 5, but a list is expected'],
    ["steps: [{ parallel: [5] }]", "1 5 | a step is a map of keys such as id and uses, but this is the number 5"],
    [`steps: [{ paralell: [${call("a")}] }]`, 'there is "paralell" here, but no "parallel". Did you mean "parallel"?'],
    [
      `steps: [{ parallel: [${call("a")}], failfast: true }]`,
      '1 failfast | unknown key "failfast". Did you mean "fail-fast"?',
    ],
    [
      `steps: [{ parallel: [${call("a")}], fail-fast: maybe }]`,
      '1 maybe | "fail-fast" is the text "maybe", but true or false is expected',
    ],
    [`steps: [{ parallel: [${call("a")}], steps: [${call("b")}] }]`, '1 steps | unknown key "steps"'],
    [
      `steps: [{ parallel: [${call("a")}, ${call("a")}] }]`,
      '1 a | there are two steps "a"; an id names one step of the command',
    ],
    [
      `steps: [{ parallel: [{ steps: [{ parallel: [{ id: a, uses: test/cal }] }] }] }]`,
      '1 test/cal | no step kind "test/cal". Did you mean "test/call"?',
    ],
  ])("have mistakes that are explained: %s", (chain, mistake) => {
    expect(mistakesIn(chain)).toEqual([expect.stringContaining(mistake.replace('"parallel": at', "at"))]);
  });

  it("stand in eight blocks at most, of whatever sort", () => {
    const deep = (depth: number): string =>
      depth === 0
        ? call("a")
        : depth % 2 === 0
          ? `{ parallel: [${deep(depth - 1)}] }`
          : `{ steps: [${deep(depth - 1)}] }`;
    expect(mistakesIn(`steps: [${deep(7)}]`)).toEqual([]);
    expect(mistakesIn(`steps: [${deep(8)}]`)).toEqual([expect.stringContaining("steps may stand in 8 blocks at most")]);
  });
});

describe("a loop that runs several at a time", () => {
  const loop = (atATime: string): string => `
steps:
  - for-each: \${{ service.environments }}
    as: target
    at-a-time: ${atATime}
    fail-fast: false
    steps: [${call("a")}]
`;

  it.each([
    ["3", 3],
    ["20%", "20%"],
    ["100%", "100%"],
    ["${{ share }}", "${{ share }}"],
    ["'${{ fast ? 1 : 5 }}'", "${{ fast ? 1 : 5 }}"],
    ["${{ share }}%", "${{ share }}%"],
  ])("runs %s", (written, atATime) => {
    expect(planOf(loop(written)).steps).toMatchObject([{ type: "for-each", atATime, failFast: false }]);
  });

  const WHAT = '"at-a-time" is a whole number such as 3, or a share such as 20%';

  it.each([
    ["0", '3 0 | "at-a-time" is too small or too short; the least is 1'],
    ["1.5", '3 1.5 | "at-a-time" is the number 1.5, which does not fit here'],
    ["[1]", '3 [1] | "at-a-time" is a list, which does not fit here'],
    ["0%", `3 0% | ${WHAT}, but this is the text "0%"`],
    ["101%", `3 101% | ${WHAT}, but this is the text "101%"`],
    ["all", `3 all | ${WHAT}, but this is the text "all"`],
    ["${{ fast }}", `3 \${{ fast }} | ${WHAT}, but this is true or false`],
    ["${{ target.name }}", '3 target | there is no variable "target".'],
  ])("does not run %s", (written, mistake) => {
    expect(mistakesIn(loop(written).replace(/^\n/u, ""))[0]).toContain(mistake.replace(/^3/u, "4"));
  });
});

describe("what is done at the end whatever came of it", () => {
  it("is a branch of its own that knows how the run ended", () => {
    const plan = planOf(`
steps: [${call("a")}]
finally:
  - ${call("b", ", if: \"${{ run.status != 'succeeded' }}\"")}
  - lock: x
    steps: [${call("c")}]
`);
    expect(plan.finally).toMatchObject([{ key: "b", if: "run.status != 'succeeded'" }, { key: "lock" }]);
    expect(planOf(`steps: [${call("a")}]`)).not.toHaveProperty("finally");
  });

  it.each([
    [`steps: [${call("a", ", if: run.status == 'failed'")}]`, '1 status | run has no "status"'],
    [
      `steps: [${call("a")}]\nfinally: [${call("b", ", if: failure.code == 'x'")}]`,
      '2 failure | there is no variable "failure"',
    ],
    [
      `steps: [${call("a")}]\nfinally: [${call("b", ", with: { url: '${{ steps.a.outputs.name }}' }")}]`,
      '2 a | the outputs of step "a" are not known here: it runs later, in a loop, or in another branch',
    ],
    [`steps: [${call("a")}]\nfinally: [${call("a")}]`, '2 a | there are two steps "a"'],
    [
      `steps: [${call("finally")}]`,
      '1 finally | "finally" names the steps at the end of a run; give this one another id',
    ],
    [`steps: [${call("a")}]\nfinaly: []`, '2 finaly | unknown key "finaly". Did you mean "finally"?'],
    [`steps: [${call("a")}]\nfinally: 5`, '2 5 | "finally" is the number 5, but a list is expected'],
  ])("has mistakes that are explained: %s", (chain, mistake) => {
    expect(mistakesIn(chain)).toEqual([expect.stringContaining(mistake)]);
  });
});

describe("what holds for every step", () => {
  const defaults = (text: string, steps: string): string => `defaults: ${text}\nsteps: [${steps}]\n`;
  const approval = "{ id: gate, uses: approval, with: { app: a/b/c, revision: '${{ revision.sha }}', prompt: Go? } }";

  it("fills in what a step does not say itself", () => {
    const own =
      ", retry: { attempts: 2, delay: 1s, max-delay: 2s }, timeout: 1m, attempt-timeout: 10s, with: { url: own }";
    const plan = planOf(
      defaults(
        "{ retry: { attempts: 5 }, timeout: 15m, attempt-timeout: 5m, with: { test/call: { url: '${{ service.name }}', share: 2 } } }",
        [call("a"), call("b", own), call("c", ", timeout: 2m"), approval].join(", "),
      ),
    );
    expect(plan.steps).toMatchObject([
      {
        key: "a",
        with: { url: "${{ service.name }}", share: 2 },
        retry: { attempts: 5, delayMs: 5000, factor: 2, maxDelayMs: 300_000 },
        timeoutMs: 900_000,
        attemptTimeoutMs: 300_000,
      },
      { key: "b", with: { url: "own", share: 2 }, retry: { attempts: 2 }, timeoutMs: 60_000, attemptTimeoutMs: 10_000 },
      { key: "c", timeoutMs: 120_000 },
      { key: "gate" },
    ]);
    // An attempt never gets longer than the step has.
    expect(plan.steps[2]).not.toHaveProperty("attemptTimeoutMs");
    // A gate waits for people, for as long as its environment says.
    for (const key of ["retry", "timeoutMs", "attemptTimeoutMs"]) expect(plan.steps[3]).not.toHaveProperty(key);
  });

  it("is found in blocks, on-failure and finally too", () => {
    const plan = planOf(`
defaults: { timeout: 1m }
steps: [{ parallel: [${call("a")}] }]
on-failure: [${call("b")}]
finally: [${call("c")}]
`);
    expect(plan).toMatchObject({
      steps: [{ branches: [{ timeoutMs: 60_000 }] }],
      onFailure: [{ timeoutMs: 60_000 }],
      finally: [{ timeoutMs: 60_000 }],
    });
  });

  it.each([
    [
      "{ with: { approval: { stored: true } } }",
      '1 approval | no step of this command uses "approval", so nothing takes this',
    ],
    ["{ with: { test/cal: {} } }", '1 test/cal | no step kind "test/cal". Did you mean "test/call"?'],
    ["{ with: { command/y: {} } }", '1 command/y | no step of this command uses "command/y", so nothing takes this'],
    ["{ with: { test/call: { ulr: x } } }", '1 ulr | test/call: unknown key "ulr". Did you mean "url"?'],
    ["{ with: { test/call: { share: x } } }", '1 x | "share" is the text "x", but a number is expected'],
    ["{ with: { test/call: { url: '${{ servic.name }}' } } }", '1 servic | there is no variable "servic".'],
    ["{ with: { test/call: 5 } }", '1 5 | "test/call" is the number 5, but a map of keys and values is expected'],
    [
      "{ attempt-timeout: 2m, timeout: 1m }",
      '1 attempt-timeout | one attempt may take longer than all of them ("timeout")',
    ],
    ["{ retry: { attempts: 2, delay: 2s, max-delay: 1s } }", '1 retry | "max-delay" is shorter than "delay"'],
    ["{ timeout: soon }", '1 soon | "soon" is no duration'],
    ["{ retries: 3 }", '1 retries | unknown key "retries"'],
  ])("has mistakes that are explained once, however many steps take it: %s", (text, mistake) => {
    expect(mistakesIn(defaults(text, `${call("a")}, ${call("b")}`))).toEqual([expect.stringContaining(mistake)]);
  });
});

describe("what a command gives", () => {
  it("is typed by what it is made of", () => {
    const outputs =
      "outputs: { name: { value: '${{ steps.a.outputs.name }}', summary: Its name }, all: { value: { n: '${{ service.name }}' } } }";
    expect(planOf(`steps: [${call("a")}]\n${outputs}\n`).outputs).toEqual({
      name: "${{ steps.a.outputs.name }}",
      all: { n: "${{ service.name }}" },
    });
  });

  it.each([
    ["{ name: { value: '${{ steps.b.outputs.name }}' } }", '2 b | the outputs of step "b" are not known here'],
    ["{ name: { value: '${{ steps.a.outputs.nam }}' } }", '2 nam | steps.a.outputs has no "nam". Did you mean "name"?'],
    [
      "{ name: '${{ steps.a.outputs.name }}' }",
      '"name" is the text "${{ steps.a.outputs.name }}", but a map of keys and values is expected',
    ],
    ["{ name: { summary: What } }", '"value" is missing'],
    ["{ the-name: { value: 1 } }", '2 the-name | "the-name" is no name here: a name has letters, digits and _'],
    [
      "{ all: { value: ['${{ steps.a.outputs.key }}'] } }",
      "a secret is passed on as a whole, and is no member of anything",
    ],
    ["{ all: { value: { n: '${{ servic }}' } } }", '2 servic | there is no variable "servic"'],
  ])("has mistakes that are explained: %s", (outputs, mistake) => {
    const chain = `steps: [${call("a")}, { for-each: "\${{ [1] }}", as: n, steps: [${call("b")}] }]\noutputs: ${outputs}\n`;
    expect(mistakesIn(chain)).toEqual([expect.stringContaining(mistake)]);
  });

  it("is nothing for a command that only answers", () => {
    const answering = "name: Y\nsummary: Z\non: { slash: /y }\nanswers: help\n";
    const set = loadAll({ y: `${answering}outputs: {}\ndefaults: {}\nfinally: []\n` });
    expect(set.diagnostics.map(({ message }) => message)).toEqual([
      'a command that answers has no run, and so no "finally"',
      'a command that answers has no run, and so no "outputs"',
      'a command that answers has no run, and so no "defaults"',
    ]);
  });
});

describe("the key of a block", () => {
  it("is not that of a step beside it", () => {
    const plan = planOf(
      `steps: [{ lock: k, steps: [${call("lock")}] }, { parallel: [${call("group")}, { steps: [${call("a")}] }] }]`,
    );
    expect(plan.steps).toMatchObject([{ key: "lock-2" }, { key: "parallel", branches: [{}, { key: "group-2" }] }]);
  });
});

it("what is typed is what stands above every chain here", () => {
  expect(mistakesIn(`steps: [${call("a")}]`)).toEqual([]);
  expect(TYPED).toContain("/x <service>");
});
