import { describe, expect, it } from "vitest";

import { loadCommands, readCommandFolder } from "../../../src/commands/load-commands.ts";
import { usageOf } from "../../../src/commands/usage.ts";
import { validateReport } from "../../../src/commands/validate-report.ts";
import { Plan } from "../../../src/domain/plan.ts";
import { testCatalogue } from "./test-catalogue.ts";

const folder = new URL("../../../commands", import.meta.url).pathname;
const texts = await readCommandFolder(folder);
const shipped = loadCommands(texts, { catalogue: testCatalogue, slashNames: {} });

describe("the commands that are shipped", () => {
  it("have no mistakes", () => {
    expect(validateReport(shipped).text).toMatch(/^18 commands, no mistakes:/u);
  });

  it("are typed like this", () => {
    expect(shipped.commands.map(usageOf).toSorted()).toEqual([
      "/promote <service> <revision> to <environment> [--again]",
      "/qd cancel <run> [because <reason...>]",
      "/qd diff <service> <revision> in <environment>",
      "/qd help [<topic>]",
      "/qd history [<service>] [in <environment>] [by <person>]",
      "/qd lock <service> in <environment> because <reason...> [for <duration>]",
      "/qd page <run>",
      "/qd plan <command...>",
      "/qd queue [<service>]",
      "/qd retry <run> [from <step>]",
      "/qd signal <run> <name> [<values...>]",
      "/qd status [<service>]",
      "/qd sync <service> in <environment> [at <revision>]",
      "/qd triggers [<name>]",
      "/qd unlock <service> in <environment>",
      "/qd where <service> [<revision>]",
      "/qd who [<service>] [in <environment>]",
      "/rollback <service> in <environment> [to <revision>] [--stored] [--unproven]",
    ]);
  });

  it("have verbs that grants can name", () => {
    const verbs = shipped.commands.flatMap(({ id, body }) => (body.kind === "plan" ? [[id, body.plan.verb]] : []));
    expect(Object.fromEntries(verbs)).toEqual({
      promote: "promote",
      rollback: "rollback",
      sync: "sync",
    });
  });

  it("compile promote to a plan that asks where an environment asks for approval, and works under a lock", () => {
    const promote = shipped.commands.find(({ id }) => id === "promote");
    expect(promote?.body).toEqual({
      kind: "plan",
      plan: {
        engine: 1,
        command: "promote",
        title: "Promote",
        verb: "promote",
        steps: [
          {
            type: "for-each",
            key: "for-each",
            items: "upTo(service.environments, environment)",
            as: "target",
            steps: [
              {
                type: "step",
                key: "gate",
                uses: "approval",
                sort: "gate",
                protects: false,
                if: "has(target.approval)",
                with: {
                  app: "${{ target.app }}",
                  revision: "${{ revision.sha }}",
                  prompt: "Promote ${{ service.name }} ${{ revision.short }} to ${{ target.name }}?",
                },
              },
              {
                type: "lock",
                key: "lock",
                keys: "${{ string(service.name) + '/' + string(target.name) }}",
                whenLocked: "queue",
                steps: [
                  {
                    type: "step",
                    key: "sync",
                    uses: "argocd/sync",
                    sort: "action",
                    protects: true,
                    with: { app: "${{ target.app }}", revision: "${{ revision.sha }}", again: "${{ again }}" },
                    retry: { attempts: 3, delayMs: 5000, factor: 2, maxDelayMs: 60_000 },
                    timeoutMs: 900_000,
                  },
                  {
                    type: "step",
                    key: "healthy",
                    uses: "argocd/wait",
                    sort: "wait",
                    protects: false,
                    with: {
                      app: "${{ target.app }}",
                      revision: "${{ revision.sha }}",
                      operation: "${{ steps.sync.outputs.operation }}",
                    },
                    timeoutMs: 900_000,
                  },
                ],
              },
            ],
          },
        ],
        onFailure: [{ type: "step", key: "alert", uses: "slack/alert", sort: "action", protects: false, with: {} }],
      },
    });
  });

  it("compile to plans that survive being stored", () => {
    const plans = shipped.commands.flatMap(({ body }) => (body.kind === "plan" ? [body.plan] : []));
    expect(plans).toHaveLength(3);
    for (const plan of plans) expect(Plan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it("take other slash names from the configuration", () => {
    const renamed = loadCommands(texts, { catalogue: testCatalogue, slashNames: { promote: "ship", qd: "quarter" } });
    expect(renamed.diagnostics).toEqual([]);
    expect(new Set(renamed.commands.map(({ pattern }) => pattern.slash))).toEqual(
      new Set(["ship", "quarter", "rollback"]),
    );
    expect(renamed.commands.find(({ id }) => id === "promote")?.body).toMatchObject({ plan: { verb: "promote" } });
  });
});
