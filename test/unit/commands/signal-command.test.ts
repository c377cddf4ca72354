import { describe, expect, it } from "vitest";

import { grantedVerbs } from "../../../src/commands/granted-verbs.ts";
import { loadCommands } from "../../../src/commands/load-commands.ts";
import { matchCommand } from "../../../src/commands/match-command.ts";
import { validateReport } from "../../../src/commands/validate-report.ts";
import { allKinds } from "../../support/all-kinds.ts";

const SEND = `
name: Signal
summary: Tell a run something
on: { slash: "/qd signal <run> <name> [<values...>]" }
inputs:
  run: { type: run }
  name: { type: string }
  values: { type: string, optional: true }
acts: signal
`;

function chain(step: string): string {
  return `
name: Wait
summary: Waits for somebody
on: { slash: "/qd wait <service> in <environment>" }
inputs:
  service: { type: service }
  environment: { type: environment, of: service }
steps:
  - id: tests
    uses: signal
    with: ${step}
    timeout: 1h
finally:
  - lock: x
    steps:
      - { id: told, uses: signal, with: { name: told, verb: tell } }
`;
}

function load(text: string): ReturnType<typeof loadCommands> {
  return loadCommands([{ file: "commands/wait.yaml", text }], { catalogue: allKinds, slashNames: {} });
}

describe("a command that sends a signal", () => {
  const { commands } = load(SEND);

  it.each([
    ["run_7FQ2 tests-done", null],
    ["7fq2 tests-done passed=true", "passed=true"],
    ['7fq2 tests-done passed=true note="all green"', 'passed=true note="all green"'],
  ])("is typed as /qd signal %s", (text, values) => {
    const match = matchCommand(commands, { slash: "/qd", text: `signal ${text}` });
    expect(match).toMatchObject({ kind: "matched", values: { run: "7FQ2", name: "tests-done", values } });
  });

  it("can be granted", () => {
    expect(commands.flatMap(({ body }) => grantedVerbs(body))).toEqual(["signal"]);
  });
});

describe("a step that waits for a signal, in a command file", () => {
  it("is known to the core as such, and its verb can be granted", () => {
    const { commands } = load(chain("{ name: tests-done, payload: { build: { type: number } } }"));
    const [command] = commands;
    expect(command?.body).toMatchObject({ plan: { steps: [{ uses: "signal", sort: "wait", awaits: "signal" }] } });
    expect(command && grantedVerbs(command.body)).toEqual(["wait", "tell"]);
  });

  it.each([
    ['{ name: "${{ service.name }}" }', '"name" has to be known before the run begins'],
    [
      '{ name: a, payload: { build: { type: text, summary: "${{ service.name }}" } } }',
      '"payload" has to be known before the run begins',
    ],
    ["{ name: Tests Done }", "a name has small letters"],
    ["{ name: a, from: [{ group: testers }] }", "the id of a Slack user group"],
    ["{ name: a, payload: { build: { type: date } } }", "type"],
    ["{}", 'signal needs "name" in "with"'],
  ])("is not written as %s", (step, problem) => {
    const report = validateReport(load(chain(step)));
    expect(report.exitStatus).toBe(1);
    expect(report.text).toContain(problem);
  });
});
