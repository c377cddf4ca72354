import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { ciDeployBlueprint } from "../../src/demo/blueprints/ci-deploy.ts";
import { DEMO_PUSH_TOKEN } from "../../src/demo/demo-git.ts";
import { forge, FORGE_REPOSITORY } from "../../src/demo/world-parts/forge.ts";
import { ANA, AppRig } from "../support/app-rig.ts";

const COMMAND = `name: Change
summary: Change a setting by a pull request, and deploy what came of it
verb: change
on:
  slash: /qd change <service> in <environment> to <value> at <repository>
inputs:
  service: { type: service }
  environment: { type: environment, of: service }
  value: { type: string }
  repository: { type: string }
steps:
  - id: commit
    uses: git/commit
    with:
      app: \${{ environment.app }}
      branch: change/\${{ run.id }}
      from: main
      changes:
        - file: \${{ service.name }}/\${{ environment.name }}/settings.json
          set: { data.PAYMENT_TIMEOUT: "\${{ value }}" }
      message: "\${{ service.name }}: time-out of \${{ value }}"
  - id: request
    uses: git/pull-request
    with:
      repository: \${{ repository }}
      head: \${{ steps.commit.outputs.branch }}
      base: main
      title: "\${{ service.name }}: time-out of \${{ value }}"
      token: \${{ secrets.GITHUB_TOKEN }}
  - id: merge
    uses: git/merge
    with:
      repository: \${{ repository }}
      number: \${{ steps.request.outputs.number }}
      sha: \${{ steps.request.outputs.sha }}
      token: \${{ secrets.GITHUB_TOKEN }}
    timeout: 5m
  - id: sync
    uses: argocd/sync
    with: { app: "\${{ environment.app }}", revision: "\${{ steps.merge.outputs.sha }}" }
  - id: healthy
    uses: argocd/wait
    with:
      app: \${{ environment.app }}
      revision: \${{ steps.merge.outputs.sha }}
      operation: \${{ steps.sync.outputs.operation }}
`;

async function open(): Promise<AppRig> {
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-change-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "change.yaml"), COMMAND);
  const app = await AppRig.open({
    blueprints: [ciDeployBlueprint],
    environment: { QUARTERDECK_COMMANDS: folder, DEPLOY_TOKEN: DEMO_PUSH_TOKEN },
    configure: (text) =>
      text
        .replace(/verbs: \[[^\]]*\]/u, "verbs: [change]")
        .replace(
          "branches: [main]\n",
          "branches: [main]\n      token: ${{ secrets.DEPLOY_TOKEN }}\n      write: true\n",
        )
        .replace("secrets:\n", "secrets:\n  DEPLOY_TOKEN: { env: DEPLOY_TOKEN }\n"),
  });
  onTestFinished(() => app[Symbol.asyncDispose]());
  return app;
}

describe("a change by a pull request", () => {
  it("goes from a branch of its own through the checks into main, and what came of it is deployed", async () => {
    const app = await open();
    const host = forge.of(app.world);
    // The answer of the merge is lost: it is found merged.
    host.faults.add({ kind: "reset-after", matching: "^PUT", times: 1 });
    await app.type(ANA, `/qd change checkout in staging to 7s at ${host.url}/${FORGE_REPOSITORY}`);
    const { events } = app.application.store;
    // The checks take seconds, and between two looks at them there are ten.
    await expect.poll(() => events.listRuns({ limit: 1 })[0]?.finishedAt, { timeout: 50_000 }).toBeDefined();
    const run = app.run();
    expect([run.status, run.failure]).toEqual(["succeeded", undefined]);
    const [pull] = await host.project(FORGE_REPOSITORY).requests.all();
    expect(pull).toMatchObject({ state: "merged", head: `change/${run.id}`, mergedBy: "quarterdeck" });
    const live = app.world.argocd.state().applications.find(({ name }) => name === "checkout-staging");
    expect(live).toMatchObject({ liveRevision: pull?.mergeSha, health: "Healthy" });
    expect(host.requests.filter((request) => request.startsWith("PUT"))).toHaveLength(1);
    expect(host.requests.filter((request) => request.startsWith("POST"))).toHaveLength(1);
    expect(JSON.stringify([app.events(), app.log])).not.toContain("demo-github-token");
  });
});
