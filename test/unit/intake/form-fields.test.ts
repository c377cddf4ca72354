import { describe, expect, it } from "vitest";

import { loadCommands } from "../../../src/commands/load-commands.ts";
import { InventoryForms } from "../../../src/intake/command-forms.ts";
import { formFields } from "../../../src/intake/form-fields.ts";
import { Inventory } from "../../../src/inventory/inventory.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { configured } from "../../support/configured.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { testCatalogue } from "../commands/test-catalogue.ts";

const SERVICE = "service: { type: service }";
const COMMIT = "commit: { type: revision, of: service }";
const PLACE = "place: { type: environment }";
const OF = "place: { type: environment, of: service }";

const file = (name: string, inputs: string, slash: string): { file: string; text: string } => ({
  file: `${name}.yaml`,
  text: `name: ${name}\nsummary: S\non: { slash: "${slash}" }\ninputs: { ${inputs} }\nsteps: [{ id: a, uses: slack/alert }]\n`,
});

const { commands, diagnostics } = loadCommands(
  [
    file("fleet", `${SERVICE}, ${COMMIT}`, "/fleet <service> <commit>"),
    file("provision", PLACE, "/provision <place>"),
    file("look", SERVICE, "/look <service>"),
    file("ship", `${SERVICE}, ${COMMIT}, ${OF}`, "/ship <service> <commit> to <place>"),
    file("back", `${SERVICE}, ${OF}`, "/back <service> in <place>"),
    file("drift", "", "/drift"),
    file("note", `${PLACE}, note: { type: string }`, "/note <place> <note>"),
  ],
  { catalogue: testCatalogue, slashNames: {} },
);

function fieldsOf(id: string): object | undefined {
  const command = commands.find((each) => each.id === id);
  if (command === undefined) throw new Error(`no ${id}: ${JSON.stringify(diagnostics)}`);
  return formFields(command);
}

describe("a form", () => {
  it.each([
    ["fleet", { service: "service", revision: "commit" }],
    ["provision", { environment: "place" }],
    ["look", { service: "service" }],
    ["ship", { service: "service", revision: "commit", environment: "place" }],
  ])("asks for all that %s cannot do without", (id, fields) => {
    expect(fieldsOf(id)).toEqual(fields);
  });

  it.each(["back", "drift", "note"])("is not there for %s", (id) => {
    expect(fieldsOf(id)).toBeUndefined();
  });

  it("offers every environment of the configuration where no service is asked for", () => {
    const asked = (): never => {
      throw new Error("nobody is asked");
    };
    const forms = new InventoryForms({
      commands,
      inventory: new Inventory(configured()),
      servers: new Map(),
      events: {
        listRuns: asked,
        findRuns: asked,
        readRun: asked,
        claims: asked,
        pastIntents: asked,
        intentResult: asked,
      },
      machines: asked,
      refusedBy: asked,
      proofs: () => [],
      operations: asked,
      people: { pseudonymOf: asked, tryPseudonym: asked, person: asked },
      mode: "act",
      git: { resolveRevision: asked, commitsBetween: asked, recentCommits: asked },
      branchesOf: asked,
      runs: { tryState: asked, view: asked },
      check: { granted: asked, memberCounts: asked, isApprover: asked, mayAct: asked },
      locks: { on: asked, locks: asked },
      pageOf: asked,
      clock: new FakeClock(),
      logger: silentLogger,
    });
    const state = forms.state({ command: "provision", environment: "prod" });
    expect(state).toMatchObject({ fields: ["environment"], service: undefined, environment: "prod" });
    expect(state?.environments.map(({ value }) => value)).toEqual(["staging", "qa", "prod"]);
    expect(state?.environments.at(-1)?.description).toBe("asks for approval");
    expect(forms.state({ command: "fleet" })).toMatchObject({ fields: ["service", "revision"], environments: [] });
    const chosen = { command: "fleet", service: "checkout", revision: "abc1234", environment: "prod" };
    expect(forms.values(chosen)).toEqual({ service: "checkout", commit: "abc1234" });
  });
});
