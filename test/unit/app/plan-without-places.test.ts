import { describe, expect, it } from "vitest";

import { forecast, type Forecast } from "../../../src/app/plan-forecast.ts";
import { planInputs } from "../../../src/app/plan-inputs.ts";
import { planText } from "../../../src/app/plan-text.ts";
import { loadCommands } from "../../../src/commands/load-commands.ts";
import { parseConfiguration } from "../../../src/config/load-configuration.ts";
import { Inventory } from "../../../src/inventory/inventory.ts";
import { allKinds } from "../../support/all-kinds.ts";

const CONFIGURATION = `
slack: { channel: C0DEPLOYS1 }
argocd: [{ name: main, url: https://argocd.example.com, token: "\${{ secrets.ARGOCD }}" }]
secrets: { ARGOCD: { env: ARGOCD_TOKEN } }
environments:
  - { name: staging, approval: none }
  - { name: prod, approval: { from: [{ group: S0RELEASE1 }], quorum: 2, expires: 1d } }
services:
  - { name: checkout, environments: { staging: checkout-staging, prod: checkout-prod } }
roles: { developers: [{ user: U0ANA00001 }], platform: [{ user: U0OLGA0001 }] }
grants:
  - { role: developers, verbs: [fleet, provision], services: [checkout], environments: all }
  - { role: platform, verbs: [provision], services: all, environments: [prod] }
`;

const STEPS = `steps:
  - id: plan
    uses: terraform/plan
    with: { directory: { local: /srv/infra } }
  - id: gate
    uses: approval
    with: { plan: "\${{ steps.plan.outputs.plan }}", prompt: Go?, from: [{ user: U0OLGA0001 }], expires: 2h }
`;
const FILES: Readonly<Record<string, string>> = {
  provision: `name: Provision\nsummary: S\non: { slash: /qd provision <place> }\ninputs: { place: { type: environment } }\n${STEPS}`,
  rebuild: `name: Rebuild\nsummary: S\non: { slash: /qd rebuild }\n${STEPS}`,
  fleet:
    "name: Fleet\nsummary: S\non: { slash: /qd fleet <service> }\ninputs: { service: { type: service } }\nsteps: [{ id: a, uses: delay, with: { for: 1s } }]\n",
};

function forecastOf(id: string, given: Readonly<Record<string, string>>): Forecast {
  const files = Object.entries(FILES).map(([name, text]) => ({ file: `${name}.yaml`, text }));
  const { commands, diagnostics } = loadCommands(files, { catalogue: allKinds, slashNames: {} });
  expect(diagnostics).toEqual([]);
  const command = commands.find((each) => each.id === id);
  if (command?.body.kind !== "plan") throw new Error(`no ${id}`);
  const configuration = parseConfiguration({ text: CONFIGURATION, file: "quarterdeck.yaml" });
  const inventory = new Inventory(configuration);
  const typed = new Map(Object.entries(given));
  const { inputs, mistakes } = planInputs({ inputs: command.inputs, given: typed, inventory, isDiscovered: false });
  expect(mistakes).toEqual([]);
  return forecast({ command, plan: command.body.plan, inputs, inventory, configuration });
}

describe("what a command would do that is for no service", () => {
  it("has the approvers of its environment, and is started by whoever may for all services", () => {
    const prod = forecastOf("provision", { place: "prod" });
    expect(prod.inputs[0]).toMatchObject({ says: "prod", value: { name: "prod", first: false, last: true } });
    expect(prod.approvals).toMatchObject([{ environment: "prod", rule: { quorum: 2 }, gates: ["gate"] }]);
    expect(prod.starters).toEqual([{ environment: "prod", from: [{ kind: "user", user: "U0OLGA0001" }] }]);
    expect(prod.blocks).toEqual([]);
    expect(planText(prod)).toContain("prod, asked by gate: group S0RELEASE1: 2 approvals");
  });

  it("has those whom the step names where its environment says nothing, and says when nobody may start it", () => {
    const staging = forecastOf("provision", { place: "staging" });
    expect(staging.approvals).toMatchObject([
      { environment: "staging", rule: { from: [{ kind: "user", user: "U0OLGA0001" }], expiresMs: 7_200_000 } },
    ]);
    expect(staging.blocks).toEqual(["No grant allows anybody to provision in staging, so it would be refused."]);
  });

  it("is for nothing at all", () => {
    const text = planText(forecastOf("rebuild", {}));
    expect(text).toContain(
      "Approvals\n  asked by gate: user U0OLGA0001: one approval, not by the person who asked, within 2 h",
    );
    expect(text).toContain("Who may start it\n  nobody");
    expect(text).toContain("No grant allows anybody to rebuild, so it would be refused.");
  });
});

describe("what a command would do that is for a service alone", () => {
  it("is started by whoever may in all of its environments", () => {
    const from = [{ kind: "user", user: "U0ANA00001" }];
    expect(forecastOf("fleet", { service: "checkout" }).starters).toEqual([
      { environment: "staging", from },
      { environment: "prod", from },
    ]);
  });
});
