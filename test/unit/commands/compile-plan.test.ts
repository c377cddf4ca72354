import { describe, expect, it } from "vitest";

import { loadCommands } from "../../../src/commands/load-commands.ts";
import type { Plan } from "../../../src/domain/plan.ts";
import { testCatalogue } from "./test-catalogue.ts";

const head = `name: X
summary: Something
on: { slash: "/x <service> <revision> in <environment> [--reason <reason>] [--share <share>] [--fast] [--wait <wait>]" }
inputs:
  service: { type: service }
  revision: { type: revision, of: service }
  environment: { type: environment, of: service }
  reason: { type: string, optional: true }
  share: { type: number, default: 1 }
  fast: { type: boolean }
  wait: { type: duration, default: 5m }
`;
const headLines = head.split("\n").length - 1;

function load(chain: string): ReturnType<typeof loadCommands> {
  return loadCommands([{ file: "x.yaml", text: head + chain.replace(/^\n/u, "") }], {
    catalogue: testCatalogue,
    slashNames: {},
  });
}

/** As `line part that is meant | message`; lines count from the first of the chain. */
function mistakes(chain: string): readonly string[] {
  return load(chain).diagnostics.map(({ line, column, excerpt, length, message }) => {
    return `${line - headLines} ${excerpt.slice(column - 1, column - 1 + length)} | ${message}`;
  });
}

function plan(chain: string): Plan | undefined {
  const { commands, diagnostics } = load(chain);
  expect(diagnostics).toEqual([]);
  const body = commands[0]?.body;
  return body?.kind === "plan" ? body.plan : undefined;
}

const SHA = "a".repeat(40);
const wait = (more: string): string => `steps:
  - { id: a, uses: argocd/wait, with: { app: a/b/c, revision: ${SHA}, ${more} } }
`;

describe("compiling a chain", () => {
  it("keeps that a command is urgent, and which of its locks leave a hold", () => {
    const locks = `
steps:
  - { lock: a, hold: true, steps: [{ id: one, uses: slack/alert }] }
  - { lock: b, steps: [{ id: two, uses: slack/alert }] }
`;
    expect(plan(locks)?.urgent).toBeUndefined();
    expect(plan(locks)?.steps.map((node) => node.type === "lock" && node.hold)).toEqual([true, undefined]);
    expect(plan(`${locks}urgent: true\n`)?.urgent).toBe(true);
    expect(mistakes(`${locks}urgent: at once\n`)).toEqual([expect.stringContaining("urgent")]);
  });

  it("keeps what ends the leftovers of a step, as its kind says", () => {
    const sync = testCatalogue.get("argocd/sync");
    if (sync === undefined) throw new Error("no sync");
    const kinds = new Map([["argocd/sync", { ...sync, stopWith: "argocd/terminate" }]]);
    const text = `${head}steps:\n  - { id: sync, uses: argocd/sync, with: { app: a/b/c, revision: ${SHA} } }\n`;
    const [command] = loadCommands([{ file: "x.yaml", text }], { catalogue: kinds, slashNames: {} }).commands;
    expect(command?.body).toMatchObject({ kind: "plan", plan: { steps: [{ stopWith: "argocd/terminate" }] } });
  });

  it("gives blocks keys that are unique among everything with the same beginning of its path", () => {
    const compiled = plan(`
steps:
  - lock: one
    steps:
      - lock: two
        steps:
          - for-each: \${{ service.environments }}
            as: target
            steps:
              - lock: \${{ target.name }}
                steps: [{ id: a, uses: slack/alert }]
  - if: \${{ fast }}
    steps:
      - lock: three
        when-locked: refuse
        steps: [{ id: b, uses: slack/alert }]
  - for-each: \${{ service.environments }}
    as: target
    steps: [{ id: c, uses: slack/alert }]
on-failure:
  - lock: four
    steps: [{ id: d, uses: slack/alert }]
`);
    expect(compiled).toMatchObject({
      steps: [
        {
          key: "lock",
          keys: "${{ 'one' }}",
          whenLocked: "queue",
          steps: [{ key: "lock-2", steps: [{ key: "for-each", steps: [{ key: "lock" }] }] }],
        },
        { type: "group", key: "group", if: "fast", steps: [{ key: "lock-3", whenLocked: "refuse" }] },
        { type: "for-each", key: "for-each-2", as: "target", items: "service.environments" },
      ],
      onFailure: [{ key: "lock" }],
    });
  });

  it("takes lists of lock keys, and texts with anything in them", () => {
    const compiled = plan(`
steps:
  - lock: ["\${{ service.name }}", "it's/\${{ environment.name }}"]
    steps: [{ id: a, uses: slack/alert }]
  - lock: \${{ service.environments.map(x, x.name) }}
    steps: [{ id: b, uses: slack/alert }]
`);
    expect(compiled).toMatchObject({
      steps: [
        { keys: "${{ [service.name, 'it\\'s/' + string(environment.name)] }}" },
        { keys: "${{ service.environments.map(x, x.name) }}" },
      ],
    });
  });

  it("reads times, retries and conditions", () => {
    const compiled = plan(`
timeout: 2h
steps:
  - id: a
    uses: slack/alert
    if: true
    retry: { attempts: 2 }
    timeout: 10m
    attempt-timeout: 90s
  - id: b
    uses: slack/alert
    if: fast && has(environment.approval)
    retry: { attempts: 20, delay: 1s, factor: 1.5, max-delay: 1m30s }
`);
    expect(compiled).toMatchObject({
      timeoutMs: 7_200_000,
      steps: [
        {
          if: "true",
          retry: { attempts: 2, delayMs: 5000, factor: 2, maxDelayMs: 300_000 },
          timeoutMs: 600_000,
          attemptTimeoutMs: 90_000,
        },
        {
          if: "fast && has(environment.approval)",
          retry: { attempts: 20, delayMs: 1000, factor: 1.5, maxDelayMs: 90_000 },
        },
      ],
    });
  });

  it("knows the outputs of earlier steps, also of those in locks and groups before", () => {
    expect(
      plan(`
steps:
  - lock: x
    steps:
      - if: \${{ fast }}
        steps:
          - { id: sync, uses: argocd/sync, with: { app: "\${{ environment.app }}", revision: "\${{ revision.sha }}" } }
  - id: healthy
    uses: argocd/wait
    with:
      app: \${{ environment.app }}
      revision: \${{ steps.sync.outputs.revision }}
      operation: \${{ steps.sync.outputs.operation }}
      labels: { run: "\${{ run.id }}", asked: "by \${{ run.requester }}, \${{ reason }}\${{ share }}\${{ wait }}" }
      names: ["\${{ service.name }}", plain]
      grace: \${{ wait }}
`),
    ).toBeDefined();
  });
});

it("gives the line and the column in the file", () => {
  const { diagnostics } = load("steps:\n  - id: a\n    uses: slack/alert\n    if: ${{ !servic.name }}\n");
  expect(diagnostics).toEqual([
    {
      file: "x.yaml",
      line: headLines + 4,
      column: 14,
      length: 6,
      excerpt: "    if: ${{ !servic.name }}",
      message: 'there is no variable "servic". Did you mean "service"?',
    },
  ]);
});

describe("the steps of a chain", () => {
  it.each([
    ["steps: [5]\n", "1 5 | a step is a map of keys such as id and uses, but this is the number 5"],
    [
      "steps: [{ id: a, use: approval }]\n",
      '1 { id: a, use: approval } | there is "use" here, but no "uses". Did you mean "uses"? a step has uses; a block has parallel, or steps with for-each or lock or if beside it',
    ],
    [
      "steps: [{ id: a }]\n",
      "1 { id: a } | this is neither a step nor a block: a step has uses; a block has parallel, or steps with for-each or lock or if beside it",
    ],
    ["steps: [{ uses: slack/alert }]\n", '1 { uses: slack/alert } | "id" is missing; a text is expected'],
    [
      "steps: [{ id: my-step, uses: slack/alert }]\n",
      "1 my-step | a name has letters, digits and _ and begins with a small letter, such as abcDef",
    ],
    [
      "steps: [{ id: a, uses: slack/alert, tiemout: 1m }]\n",
      '1 tiemout | unknown key "tiemout". Did you mean "timeout"?',
    ],
    [
      "steps: [{ id: a, uses: slack/alret }]\n",
      '1 slack/alret | no step kind "slack/alret". Did you mean "slack/alert"?',
    ],
    [
      "steps: [{ id: a, uses: terraform/apply }]\n",
      '1 terraform/apply | no step kind "terraform/apply". There is: approval, argocd/rollback, argocd/sync, argocd/wait, slack/alert',
    ],
    [
      "steps: [{ id: a, uses: slack/alert }, { id: a, uses: slack/alert }]\n",
      '1 a | there are two steps "a"; an id names one step of the command',
    ],
    [
      "steps: [{ id: a, uses: slack/alert }]\non-failure: [{ id: a, uses: slack/alert }]\n",
      '2 a | there are two steps "a"; an id names one step of the command',
    ],
    ["steps: [{ steps: [] }]\n", "1 [] | at least one step is expected"],
    [
      "steps: [{ for-each: x, steps: [{ id: a, uses: slack/alert }] }]\n",
      '1 { for-each: x, steps: [{ id: a, uses: slack/alert }] } | "as" is missing; a text is expected',
    ],
    [
      "steps: [{ id: a, uses: slack/alert, timeout: 0s }]\n",
      '1 0s | "0s" is no duration; write for example 30s, 15m, 2h or 7d',
    ],
    [
      "steps: [{ id: a, uses: slack/alert, timeout: 500d }]\n",
      '1 500d | "500d" is no duration; write for example 30s, 15m, 2h or 7d',
    ],
    [
      "steps: [{ id: a, uses: slack/alert, retry: { attempts: 21 } }]\n",
      '1 21 | "attempts" is too big or too long; the most is 20',
    ],
    [
      "steps: [{ id: a, uses: slack/alert, retry: { attempts: 2, delay: 10m } }]\n",
      '1 retry | "max-delay" is shorter than "delay"',
    ],
    [
      "steps: [{ id: a, uses: slack/alert, timeout: 1m, attempt-timeout: 2m }]\n",
      '1 attempt-timeout | one attempt may take longer than all of them ("timeout")',
    ],
    [
      `steps: [{ id: a, uses: approval, retry: { attempts: 2 }, with: { app: a/b/c, revision: ${SHA}, prompt: x } }]\n`,
      "1 retry | approval waits for people; there is nothing to try again",
    ],
    [
      `steps: [{ id: a, uses: approval, attempt-timeout: 2m, with: { app: a/b/c, revision: ${SHA}, prompt: x } }]\n`,
      '1 attempt-timeout | approval has one attempt; use "timeout"',
    ],
  ])("%s", (chain, mistake) => {
    expect(mistakes(chain)).toEqual([mistake]);
  });

  it("are not nested without end", () => {
    const nested = `${"{ steps: [".repeat(10)}{ id: a, uses: slack/alert }${"] }".repeat(10)}`;
    expect(mistakes(`steps: [${nested}]\n`)).toEqual([expect.stringContaining("steps may stand in 8 blocks at most")]);
  });

  it("are not too many", () => {
    const steps = Array.from({ length: 201 }, (_, index) => `  - { id: a${index}, uses: slack/alert }`).join("\n");
    expect(mistakes(`steps:\n${steps}\n`)).toEqual(["1 steps | a command has at most 200 steps, this one has 201"]);
  });
});

describe("the inputs of a step", () => {
  it.each([
    [wait("opertaion: 1"), '2 opertaion | argocd/wait: unknown key "opertaion". Did you mean "operation"?'],
    [wait("operation: 1"), '2 1 | "operation" is the number 1, but a map of keys and values is expected'],
    [wait("operation: { run: a, step: b, attempt: x }"), '2 x | "attempt" is the text "x", but a number is expected'],
    [
      wait('operation: "${{ service }}"'),
      '2 "${{ service }}" | "operation": a map with "run" is expected, but this is Service, which has none',
    ],
    [
      wait('operation: "${{ service.name }}"'),
      '2 "${{ service.name }}" | "operation": a map is expected, but this is text',
    ],
    [
      wait('operation: { run: "${{ fast }}", step: b, attempt: 1 }'),
      '2 "${{ fast }}" | "run": text is expected, but this is true or false',
    ],
    [wait('names: ["${{ wait }}"]'), '2 "${{ wait }}" | "0": text is expected, but this is a whole number'],
    [
      wait('names: "${{ service.environments }}"'),
      '2 "${{ service.environments }}" | "names": text is expected, but this is Target; its fields are name, app, first, last, approval',
    ],
    [wait('labels: { a: "${{ wait }}" }'), '2 "${{ wait }}" | "a": text is expected, but this is a whole number'],
    [wait('grace: "x ${{ wait }}"'), '2 "x ${{ wait }}" | "grace": a number is expected, but this is text'],
    [
      wait('labels: { a: "x ${{ environment }}" }'),
      "2 environment | Target cannot stand inside a text; name one of its fields: name, app, first, last, approval",
    ],
    [wait('labels: { a: "x ${{ environment" }'), '2 ${{ | this "${{" has no "}}" that closes it'],
    ["steps: [{ id: a, uses: argocd/sync }]\n", '1 argocd/sync | argocd/sync needs "app" and "revision" in "with"'],
    [
      "steps: [{ id: a, uses: argocd/sync, with: { app: x, revision: abc } }]\n",
      "1 x | an app is written server/namespace/name",
    ],
    ["steps: [{ id: a, uses: slack/alert, with: { channel: x } }]\n", '1 channel | slack/alert: unknown key "channel"'],
    ["steps: [{ id: a, uses: slack/alert, with: { __proto__: x } }]\n", '1 __proto__ | unknown key "__proto__"'],
  ])("%s", (chain, mistake) => {
    expect(mistakes(chain)[0]).toBe(mistake);
  });
});

describe("the expressions of a chain", () => {
  const step = "{ id: a, uses: slack/alert }";

  it.each([
    [
      `steps: [{ if: "\${{ service.name }}", steps: [${step}] }]\n`,
      '1 "${{ service.name }}" | "if" is true or false, but this is text',
    ],
    [
      `steps: [{ id: a, uses: slack/alert, if: "\${{ servic.x }}" }]\n`,
      '1 servic | there is no variable "servic". Did you mean "service"?',
    ],
    [
      `steps: [{ id: a, uses: slack/alert, if: servic.x }]\n`,
      '1 servic | there is no variable "servic". Did you mean "service"?',
    ],
    [
      `steps: [{ id: a, uses: slack/alert, if: "service.name + 1 == ''" }]\n`,
      "1 service.name + 1 | no such overload: string + int. To join other values to text, use string(...)",
    ],
    [
      `steps: [{ for-each: "\${{ service }}", as: t, steps: [${step}] }]\n`,
      '1 "${{ service }}" | "for-each" goes through a list, but this is Service',
    ],
    [
      `steps: [{ for-each: "\${{ service.environments }}", as: service, steps: [${step}] }]\n`,
      '1 service | there is a "service" already; give the loop\'s variable a name of its own',
    ],
    [
      `steps: [{ for-each: "\${{ service.environments }}", as: failure, steps: [${step}] }]\n`,
      '1 failure | there is a "failure" already; give the loop\'s variable a name of its own',
    ],
    [
      `steps: [{ for-each: "\${{ service.environments }}", as: t, if: "\${{ t.first }}", steps: [${step}] }]\n`,
      '1 t | there is no variable "t". There is: service, revision, environment, reason, share, fast, wait, run, secrets, steps',
    ],
    [
      `steps: [{ lock: "\${{ service }}", steps: [${step}] }]\n`,
      '1 "${{ service }}" | a lock\'s key is a text, or a list of texts, but this is Service',
    ],
    [
      `steps: [{ lock: "\${{ wait }}", steps: [${step}] }]\n`,
      '1 "${{ wait }}" | a lock\'s key is a text, or a list of texts, but this is a whole number',
    ],
    [
      `steps: [{ lock: ["x", "\${{ fast }}"], steps: [${step}] }]\n`,
      '1 "${{ fast }}" | a lock\'s key is a text, or a list of texts, but this is true or false',
    ],
    [
      `steps: [{ lock: "a/\${{ service }}", steps: [${step}] }]\n`,
      "1 service | Service cannot stand inside a text; name one of its fields: name, environments",
    ],
    [`steps: [{ lock: 5, steps: [${step}] }]\n`, '1 5 | "lock" is the number 5, which does not fit here'],
    [
      `steps: [{ id: a, uses: slack/alert, if: "\${{ failure.code == 'x' }}" }]\n`,
      '1 failure | there is no variable "failure". There is: service, revision, environment, reason, share, fast, wait, run, secrets, steps',
    ],
  ])("%s", (chain, mistake) => {
    expect(mistakes(chain)).toEqual([mistake]);
  });

  it("may not use steps that have not run, that run in a loop, or that do not exist", () => {
    expect(
      mistakes(`
steps:
  - { id: a, uses: slack/alert, if: "steps.b.outputs.revision == ''" }
  - for-each: \${{ service.environments }}
    as: target
    steps:
      - { id: b, uses: slack/alert, if: "steps.c.outputs.revision == ''" }
  - { id: c, uses: slack/alert, if: "steps.b.outputs.revision == ''" }
  - { id: d, uses: slack/alert, if: "steps.nothing.outputs.revision == ''" }
  - { id: e, uses: slack/alert, if: "steps.e.outputs.revision == ''" }
on-failure:
  - { id: f, uses: slack/alert, if: "steps.a.outputs.revision == failure.code" }
`),
    ).toEqual([
      '2 b | the outputs of step "b" are not known here: it runs later, in a loop, or in another branch',
      '6 c | the outputs of step "c" are not known here: it runs later, in a loop, or in another branch',
      '7 b | the outputs of step "b" are not known here: it runs later, in a loop, or in another branch',
      '8 nothing | steps has no "nothing". There is: a, c',
      '9 e | the outputs of step "e" are not known here: it runs later, in a loop, or in another branch',
      '11 a | the outputs of step "a" are not known here: it runs later, in a loop, or in another branch',
    ]);
  });

  it("may not use outputs that a kind does not declare", () => {
    const chain = `
steps:
  - { id: sync, uses: argocd/sync, with: { app: a/b/c, revision: ${SHA} } }
  - { id: b, uses: slack/alert, if: "steps.sync.outputs.revison == ''" }
  - { id: c, uses: slack/alert, if: "steps.sync.output.revision == ''" }
  - { id: d, uses: slack/alert, if: "steps.sync.outputs.operation.run == 1" }
`;
    expect(mistakes(chain)).toEqual([
      '3 revison | steps.sync.outputs has no "revison". Did you mean "revision"?',
      '4 output | steps.sync has no "output". Did you mean "outputs"?',
      "5 steps.sync.outputs.operation.run == 1 | no such overload: string == int. To join other values to text, use string(...)",
    ]);
  });

  it("are found in texts of several lines", () => {
    const chain = `
steps:
  - id: gate
    uses: approval
    with:
      app: a/b/c
      revision: ${SHA}
      prompt: |
        Really \${{ service.name }}?
        To \${{ enviroment.name }}?
  - id: folded
    uses: approval
    with:
      app: a/b/c
      revision: ${SHA}
      prompt: >-
        Really
        \${{ servic.name }}
`;
    expect(mistakes(chain)).toEqual([
      '9 enviroment | there is no variable "enviroment". Did you mean "environment"?',
      '17 servic | there is no variable "servic". Did you mean "service"?',
    ]);
  });
});
