import { describe, expect, it } from "vitest";

import { forecast, type Forecast } from "../../../src/app/plan-forecast.ts";
import { planInputs } from "../../../src/app/plan-inputs.ts";
import { planText } from "../../../src/app/plan-text.ts";
import type { Command, SubCommand } from "../../../src/commands/command.ts";
import { parseConfiguration } from "../../../src/config/load-configuration.ts";
import { Inventory } from "../../../src/inventory/inventory.ts";
import { loadAll } from "../commands/chain-rig.ts";

const CONFIGURATION = `
slack: { channel: C0DEPLOYS1 }
argocd: [{ name: main, url: https://argocd.example.com, token: "\${{ secrets.ARGOCD }}" }]
secrets: { ARGOCD: { env: ARGOCD_TOKEN }, TOKEN: { file: /run/secrets/token }, DEPLOY_KEY: { env: DEPLOY_KEY } }
environments:
  - { name: staging, approval: none }
  - { name: prod, approval: { from: [{ group: S0RELEASE1 }], quorum: 2, expires: 1d } }
services:
  - { name: checkout, environments: { staging: checkout-staging, prod: checkout-prod } }
  - { name: web, environments: { staging: web-staging } }
roles: { developers: [{ user: U0ANA00001 }] }
grants: [{ role: developers, verbs: [promote], services: all, environments: [staging] }]
`;

const PROMOTE = `
name: Promote
summary: Promotes
on: { slash: "/promote <service> <revision> to <environment> [--again]" }
inputs:
  service: { type: service }
  revision: { type: revision, of: service }
  environment: { type: environment, of: service }
  again: { type: boolean }
steps:
  - parallel:
      - { id: scan, uses: test/call, with: { token: "\${{ secrets.TOKEN }}" } }
      - { id: verify, uses: command/verify, with: { place: "\${{ environment }}", service: "\${{ service }}" } }
    fail-fast: false
  - for-each: \${{ upTo(service.environments, environment) }}
    as: target
    at-a-time: 50%
    steps:
      - id: gate
        if: \${{ has(target.approval) }}
        uses: approval
        with: { app: "\${{ target.app }}", revision: "\${{ revision.sha }}", prompt: Go? }
      - lock: \${{ service.name }}/\${{ target.name }}
        steps:
          - { id: sync, uses: argocd/sync, with: { app: "\${{ target.app }}", revision: "\${{ revision.sha }}" } }
  - { id: rest, uses: test/call, if: "\${{ steps.scan.outputs.status == 200 }}" }
on-failure: [{ id: alert, uses: slack/alert }]
finally: [{ id: end, uses: slack/alert, if: "\${{ run.status == 'failed' }}" }]
outputs: { name: { value: "\${{ steps.scan.outputs.name }}" } }
`;
const VERIFY = `
name: Verify
summary: Looks
inputs:
  service: { type: service }
  place: { type: environment, of: service }
  token: { type: string, optional: true }
steps: [{ id: look, uses: test/call }]
`;

interface Asked {
  readonly files?: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly configuration?: string;
}

function commandOf({
  files = { promote: PROMOTE, verify: VERIFY },
  id = "promote",
}: Asked): SubCommand & Partial<Command> {
  const { commands, subCommands, diagnostics } = loadAll(files);
  expect(diagnostics).toEqual([]);
  const command = [...commands, ...subCommands].find((each) => each.id === id);
  if (command === undefined) throw new Error(`no ${id}`);
  return command;
}

function inputsOf(given: Readonly<Record<string, string>>, asked: Asked = {}) {
  const command = commandOf(asked);
  const configuration = parseConfiguration({ text: asked.configuration ?? CONFIGURATION, file: "quarterdeck.yaml" });
  const inventory = new Inventory(configuration);
  const isDiscovered = configuration.discovery !== undefined;
  const planned = planInputs({
    inputs: command.inputs,
    given: new Map(Object.entries(given)),
    inventory,
    isDiscovered,
  });
  return { ...planned, command, configuration, inventory };
}

function forecastOf(given: Readonly<Record<string, string>>, asked: Asked = {}): Forecast {
  const { inputs, mistakes, command, configuration, inventory } = inputsOf(given, asked);
  expect(mistakes).toEqual([]);
  if (command.body.kind !== "plan") throw new Error("no plan");
  return forecast({ command, plan: command.body.plan, inputs, inventory, configuration });
}

const TO_PROD = { service: "checkout", revision: "abc123", environment: "prod" };

describe("what a command would do, told from files", () => {
  it("is a text with its inputs, steps in their blocks, approvers, locks and what could block it", () => {
    expect(planText(forecastOf(TO_PROD))).toBe(`Promote (promote): what would run. Nothing was done.

Inputs
  service      checkout, which is in staging, prod
  revision     abc123: which commit that is, only Git knows
  environment  prod: main/argocd/checkout-prod
  again        false, as nothing was given

Steps
  side by side, all of them also when one fails
    scan  test/call
    verify  command/verify
      look  test/call  main/argocd/checkout-prod
  for each target, one at a time
    staging
      gate  approval  main/argocd/checkout-staging  (skipped)
      with the lock checkout/staging
        sync  argocd/sync  main/argocd/checkout-staging
    prod
      gate  approval  main/argocd/checkout-prod
      with the lock checkout/prod
        sync  argocd/sync  main/argocd/checkout-prod
  rest  test/call  (decided when it is reached)

If it fails
  alert  slack/alert

At the end, whatever came of it
  end  slack/alert  (decided when it is reached)

Gives
  name

Approvals
  prod, asked by gate: group S0RELEASE1: 2 approvals, not by the person who asked, within 1 d

Locks
  checkout/staging: waits while another run has it
  checkout/prod: waits while another run has it

Secrets
  TOKEN, from file /run/secrets/token

Who may start it
  staging: user U0ANA00001
  prod: nobody

What could block it
  No grant allows anybody to promote in prod, so it would be refused.
  A lock may be held by another run or set by hand; /qd queue shows it on a running server.
  Git: the revision has to exist, on a branch that may be deployed, and not before what is live.
  Argo CD: what is live, sync windows and auto-sync are looked at when it runs.`);
  });

  it("finds what asks nobody before it changes an environment that asks for approval", () => {
    const files = { promote: PROMOTE.replace("has(target.approval)", "!has(target.approval)"), verify: VERIFY };
    expect(forecastOf(TO_PROD, { files }).blocks).toContain(
      'prod asks for approval and no step before "sync" asks anybody, so "sync" would not start.',
    );
    expect(forecastOf({ ...TO_PROD, environment: "staging" }, { files }).blocks.join(" ")).not.toContain(
      "asks for approval",
    );
  });

  it("says that nothing can be started where the configuration only observes", () => {
    const configuration = CONFIGURATION.replace("slack:", "mode: observe\nslack:");
    expect(forecastOf(TO_PROD, { configuration }).blocks[0]).toContain("mode: observe");
  });

  it("shows a command that only others use, and what it is that only Argo CD knows", () => {
    const asked = { id: "verify", configuration: `${CONFIGURATION}discovery: {}\n` };
    const found = forecastOf({ service: "payments", place: "prod" }, asked);
    expect(found.starters).toEqual([]);
    expect(found.inputs.map(({ says }) => says)).toEqual([
      "payments, found by labels: only Argo CD knows where it is",
      "prod: only Argo CD knows which application that is",
      "left out",
    ]);
    const promoted = planText(forecastOf({ ...TO_PROD, service: "payments" }, { configuration: asked.configuration }));
    expect(promoted).toContain(
      "for each target  (decided when it is reached)".replace("  (decided when it is reached)", ""),
    );
    expect(promoted).toContain("each of a list that is known when it is reached");
    expect(promoted).toContain("with the lock that is known when it is reached");
  });

  it("knows a full commit, and says what is looked up where nothing is given", () => {
    const sha = "a".repeat(40);
    expect(inputsOf({ ...TO_PROD, revision: sha }).inputs[1]).toMatchObject({ value: { sha, short: "aaaaaaa" } });
    const rollback = PROMOTE.replace("<revision> to <environment>", "to <environment> [at <revision>]").replace(
      "revision, of: service",
      "revision, of: service, from: proven, in: environment",
    );
    const files = { promote: rollback, verify: VERIFY };
    expect(inputsOf({ service: "checkout", environment: "prod" }, { files }).inputs[1]).toMatchObject({
      value: undefined,
      says: "the last one proven before what is live, which only Argo CD and the log know",
    });
  });

  it.each([
    [{ ...TO_PROD, servce: "x" }, 'there is no input "servce". Did you mean "service"?'],
    [{ ...TO_PROD, service: "chekout" }, 'there is no service "chekout". Did you mean "checkout"?'],
    [{ ...TO_PROD, environment: "prd" }, 'there is no environment "prd". Did you mean "prod"?'],
    [{ ...TO_PROD, service: "web" }, "web is not deployed in prod. It is in: staging"],
    [{ ...TO_PROD, again: "maybe" }, '"again": true or false is expected'],
    [{ service: "checkout", environment: "prod" }, '"revision" is missing: revision=..., a commit'],
  ])("explains what cannot be: %j", (given, mistake) => {
    expect(inputsOf(given).mistakes).toEqual([expect.stringContaining(mistake)]);
  });

  it("names everybody who may start and approve it", () => {
    const configuration = CONFIGURATION.replace(
      "{ group: S0RELEASE1 }",
      "{ group: S0RELEASE1, handle: release }, { user: U0BOB00001 }",
    )
      .replace("quorum: 2", "quorum: 1, requester-may-approve: true")
      .replace("[{ user: U0ANA00001 }]", "[everyone]")
      .replace("environments: [staging] }", "environments: all }");
    const text = planText(forecastOf(TO_PROD, { configuration }));
    expect(text).toContain("prod, asked by gate: @release or user U0BOB00001: one approval, within 1 d");
    expect(text).toContain("prod: every full member");
  });

  it("shows several at a time, blocks with a condition, and locks that are kept", () => {
    const promote = PROMOTE.replace("at-a-time: 50%", "at-a-time: 2\n    fail-fast: false")
      .replace(
        "- lock: ${{ service.name }}/${{ target.name }}",
        "- lock: ${{ service.name }}/${{ target.name }}\n        when-locked: refuse\n        hold: true",
      )
      .replace("  - { id: rest,", "  - if: ${{ again }}\n    steps: [{ id: more, uses: test/call }]\n  - { id: rest,");
    const text = planText(forecastOf(TO_PROD, { files: { promote, verify: VERIFY } }));
    expect(text).toContain("for each target, 2 at a time, all of them also when one fails\n");
    expect(text).toContain("together  (skipped)\n    more  test/call  (skipped)");
    expect(text).toContain("checkout/prod: fails while another run has it; held afterwards until somebody unlocks it");
  });

  it("names a lock once, with the strictest that is said of it", () => {
    const again =
      "  - lock: ${{ service.name }}/prod\n    when-locked: refuse\n    steps: [{ id: more, uses: test/call }]\n";
    const { locks } = forecastOf(TO_PROD, {
      files: { promote: PROMOTE.replace("  - { id: rest,", `${again}  - { id: rest,`), verify: VERIFY },
    });
    expect(locks).toEqual([
      { key: "checkout/staging", whenLocked: "queue", hold: false },
      { key: "checkout/prod", whenLocked: "refuse", hold: false },
    ]);
  });

  it("says how long a duration is that nobody gave", () => {
    const promote = PROMOTE.replace("inputs:\n", "inputs:\n  soak: { type: duration, default: 10m }\n");
    const text = planText(forecastOf(TO_PROD, { files: { promote, verify: VERIFY } }));
    expect(text).toMatch(/soak +10 min, as nothing was given/u);
  });

  it("takes no secret", () => {
    const files = {
      part: "name: P\nsummary: S\ninputs: { token: { type: string, secret: true } }\nsteps: [{ id: a, uses: test/call }]\n",
    };
    const asked = { files, id: "part" };
    expect(inputsOf({}, asked)).toMatchObject({
      mistakes: [],
      inputs: [{ value: undefined, says: "a secret, passed by the command that uses this one" }],
    });
    expect(inputsOf({ token: "x" }, asked).mistakes).toEqual([
      '"token" is a secret: leave it out here, nothing asks for its value',
    ]);
  });
});
