import { describe, expect, it } from "vitest";

import { loadCommands } from "../../../src/commands/load-commands.ts";
import { allKinds } from "../../support/all-kinds.ts";

const head = (inputs: string, slash: string): string => `name: X
summary: Something
on: { slash: "${slash}" }
inputs: { ${inputs} }
`;
const NOTHING = head("", "/x");
const PLACE = head("place: { type: environment }", "/x <place>");
const SERVICE = head("service: { type: service }", "/x <service>");
const SYNC = `steps: [{ id: sync, uses: argocd/sync, with: { app: a/b/c, revision: ${"a".repeat(40)} } }]\n`;
const PLAN = "  - { id: plan, uses: terraform/plan, with: { directory: { local: /srv/infra } } }\n";
const gate = (more: string): string =>
  `steps:\n${PLAN}  - id: gate\n    uses: approval\n    with: { plan: "\${{ steps.plan.outputs.plan }}", prompt: Go?${more} }\n`;
const APPLY = `  - { id: apply, uses: terraform/apply, with: { plan: "\${{ steps.plan.outputs.plan }}", app: a/b/c } }\n`;
const used = (steps: string): string => `name: Part\nsummary: A part\n${steps}`;
const USES = `steps: [{ id: part, uses: command/part }]\n`;

function mistakes(text: string, part?: string): readonly string[] {
  const files = [
    { file: "commands/x.yaml", text },
    ...(part === undefined ? [] : [{ file: "commands/part.yaml", text: part }]),
  ];
  return loadCommands(files, { catalogue: allKinds, slashNames: {} }).diagnostics.map(
    ({ file, line, message }) => `${file}:${line} ${message}`,
  );
}

describe("a step that could never begin", () => {
  const noService = (name: string): string =>
    `${name} changes an environment of a service, and this command is for no service: give it an input of type service`;
  const nobody = (name: string): string =>
    `${name} would ask nobody: this command is for no environment that says who may approve, so name them in "from"`;

  it("is one that changes an environment of a service in a command that is for none, also in what that uses", () => {
    expect(mistakes(`${NOTHING}${SYNC}`)).toEqual([`commands/x.yaml:5 ${noService("argocd/sync")}`]);
    expect(mistakes(`${PLACE}${SYNC}`)).toEqual([`commands/x.yaml:5 ${noService("argocd/sync")}`]);
    expect(mistakes(`${SERVICE}${SYNC}`)).toEqual([]);
    expect(mistakes(`${PLACE}${USES}`, used(SYNC))).toEqual([
      `commands/x.yaml:5 ${noService("argocd/sync in command/part")}`,
    ]);
    expect(mistakes(used(SYNC))).toEqual([]);
  });

  it("is one that asks for an approval, of nobody", () => {
    expect(mistakes(`${NOTHING}${gate("")}`)).toEqual([`commands/x.yaml:8 ${nobody("approval")}`]);
    expect(mistakes(`${NOTHING}${USES}`, used(gate("")))).toEqual([
      `commands/x.yaml:5 ${nobody("approval in command/part")}`,
    ]);
    for (const text of [
      `${NOTHING}${gate(", from: [{ user: U0ANA }]")}`,
      `${PLACE}${gate("")}`,
      `${SERVICE}${gate("")}`,
    ]) {
      expect(mistakes(text)).toEqual([]);
    }
  });

  it("is none that is let through by the approval of a plan", () => {
    expect(mistakes(`${PLACE}${gate("")}${APPLY}`)).toEqual([]);
  });
});

describe("who approves", () => {
  it("stands in the file as it is, so that nobody who asks can choose it", () => {
    const text = `${head("who: { type: person }", "/x <who>")}${gate(', from: [{ user: "${{ who }}" }]')}`;
    expect(mistakes(text)).toEqual([
      expect.stringContaining('commands/x.yaml:9 "from" has to be known before the run begins'),
    ]);
  });
});
