import { describe, expect, it, onTestFinished } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import { ArgocdError } from "../../../src/argocd/argocd-errors.ts";
import type { Answer } from "../../../src/engine/answer.ts";
import type { RunState } from "../../../src/domain/run-state.ts";
import { sourceDigest } from "../../../src/steps/live-revision.ts";
import { rightExcept } from "../../support/configured.ts";
import { settle } from "../../support/fake-clock.ts";
import { IntakeRig } from "../../support/intake-rig.ts";
import { anApplication, aState, SHA_A, SHA_B } from "../argocd/application-builder.ts";

const ALL_VERBS = rightExcept("verbs: [promote]", "verbs: [promote, rollback, sync]");
const LISTS = { added: { commits: [], touching: 0, others: 0 }, removed: { commits: [], touching: 0, others: 0 } };

function application(name: string, parts: Parameters<typeof anApplication>[0] = {}): Application {
  const history = [{ id: 1, revision: SHA_A }];
  return anApplication({ ...parts, metadata: { name, ...parts.metadata }, status: { history, ...parts.status } });
}

async function open(configuration = ALL_VERBS): Promise<IntakeRig> {
  const rig = await IntakeRig.open([application("checkout-staging"), application("checkout-prod")], configuration);
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

async function ask(rig: IntakeRig, text: string, user = "U1"): Promise<Extract<Answer, { kind: "notice" }>> {
  await rig.type(user, text);
  const answer = await rig.told(user);
  if (answer.kind === "notice") return answer;
  throw new Error(JSON.stringify(answer));
}

function theRun(rig: IntakeRig): RunState {
  const [row] = rig.store.events.listRuns({ limit: 2 });
  if (row === undefined) throw new Error("nothing was started");
  return rig.runs.state(row.id);
}

describe("a promotion that was asked for", () => {
  it("does not pass over an environment of which it is not known whether the service is there", async () => {
    const rig = await open();
    rig.process.inventory.discovered("checkout", { places: new Map(), contested: new Set(["qa"]) });
    expect(await rig.type("U1", "/promote checkout abc1234 to prod")).toMatchObject({
      code: "input.environment-in-doubt",
      message:
        "Whether checkout is deployed in qa too is not known: several applications claim it by their labels. Nothing was started, " +
        "because qa comes before prod and must not be passed over. Ask again in a moment; if it stays so, quarterdeck doctor says more.",
    });
    expect(await ask(rig, "/promote checkout abc1234 to staging")).toMatchObject({ code: "run.started" });
    expect(await ask(rig, "/qd sync checkout in prod at abc1234")).toMatchObject({ code: "run.started" });
  });

  it("begins with everything that must not move under it", async () => {
    const rig = await open();
    expect(await ask(rig, "/promote checkout abc1234 to prod --again")).toMatchObject({ code: "run.started" });
    const state = theRun(rig);
    const sha = "abc1234".padEnd(40, "0");
    expect(state.targets).toMatchObject([
      {
        environment: "staging",
        app: "main/argocd/checkout-staging",
        revision: { kind: "manifests", sha, digests: [] },
      },
      {
        environment: "prod",
        app: "main/argocd/checkout-prod",
        approval: { from: [{ group: "S0RELEASE" }], quorum: 1 },
      },
    ]);
    expect(state.targets[0]).not.toHaveProperty("approval");
    expect(state.inputs).toMatchObject({
      service: {
        name: "checkout",
        environments: [
          { name: "staging", first: true },
          { name: "prod", last: true },
        ],
      },
      environment: { name: "prod" },
      revision: { sha, text: "abc1234", author: "Ana" },
      again: true,
    });
    expect(state).toMatchObject({
      title: "Promote checkout abc1234 to prod",
      origin: { door: "slash", team: "T1", text: "/promote checkout abc1234 to prod --again" },
    });
    expect(rig.store.people.person(state.requester)?.user).toBe("U1");
  });

  it("goes no further than the environment that was named", async () => {
    const rig = await open();
    await ask(rig, "/promote checkout abc1234 to staging");
    expect(theRun(rig).targets.map(({ environment }) => environment)).toEqual(["staging"]);
  });

  it("needs a grant for every environment on the way", async () => {
    const rig = await open(rightExcept("environments: all }", "environments: [prod] }"));
    const { code, message } = await ask(rig, "/promote checkout abc1234 to prod");
    expect(code).toBe("access.not-granted");
    expect(message).toContain("staging");
    expect(rig.argocd.calls).toEqual([]);
  });

  it("is refused at once when a later environment could not be changed anyway", async () => {
    const rig = await open();
    rig.argocd.put(application("checkout-prod", { spec: { sourceHydrator: {} } }));
    expect(await ask(rig, "/promote checkout abc1234 to prod")).toMatchObject({
      code: "argocd.hydrator",
      message: expect.stringMatching(/^prod: /u),
    });
    expect(rig.store.events.listRuns({ limit: 1 })).toEqual([]);
  });

  it("is refused when the applications read different repositories, or none", async () => {
    const rig = await open();
    rig.argocd.put(
      application("checkout-prod", { spec: { source: { repoURL: "https://other.test/x.git", path: "x" } } }),
    );
    const differ = await ask(rig, "/promote checkout abc1234 to prod");
    expect(differ.code).toBe("argocd.repositories-differ");
    expect(differ.message).toContain("prod: https://other.test/x.git");
    const chart = { source: { repoURL: "https://charts.test", chart: "redis", targetRevision: "1" } };
    for (const name of ["checkout-staging", "checkout-prod"]) rig.argocd.put(application(name, { spec: chart }));
    expect((await ask(rig, "/promote checkout abc1234 to prod")).code).toBe("argocd.no-git-source");
  });

  it("is refused with Argo CD's reason when an application cannot be read", async () => {
    const rig = await open();
    rig.argocd.before = ({ path }) => {
      if (path.includes("checkout-prod")) throw new ArgocdError("The token may not read it.", { class: "rbac" });
    };
    expect(await ask(rig, "/promote checkout abc1234 to prod")).toMatchObject({
      code: "argocd.rbac",
      message: "prod: The token may not read it. Nothing was started.",
    });
  });

  it("is refused when it would go back, with the command that does", async () => {
    const rig = await open();
    rig.between = { kind: "backward", ...LISTS };
    expect(await ask(rig, "/promote checkout abc1234 to staging")).toMatchObject({
      code: "revision.older",
      suggestions: ["/rollback checkout in staging to abc1234 --unproven"],
    });
  });

  it("is refused with the reason when the revision cannot be had", async () => {
    const rig = await open();
    rig.revision = () => Promise.resolve({ kind: "unknown", suggestions: ["main"] });
    expect(await ask(rig, "/promote checkout mian to staging")).toMatchObject({
      code: "revision.unknown",
      suggestions: ["main"],
    });
  });
});

describe("a rollback that was asked for", () => {
  it("goes back to what was proven, in that environment alone, and asks there", async () => {
    const rig = await open();
    await prove(rig, SHA_B);
    expect((await ask(rig, "/rollback checkout in staging")).code).toBe("run.started");
    const state = theRun(rig);
    expect(state).toMatchObject({
      title: "Roll back checkout in staging to bbbbbbb",
      inputs: { revision: { sha: SHA_B } },
    });
    expect(state.targets.map(({ environment }) => environment)).toEqual(["staging"]);
  });

  it("may name a commit that lies before what is live", async () => {
    const rig = await open();
    rig.between = { kind: "backward", ...LISTS };
    expect((await ask(rig, "/rollback checkout in prod to abc1234 --unproven")).code).toBe("run.started");
  });

  it("has nowhere to go back to where nothing was proven", async () => {
    const rig = await open();
    expect((await ask(rig, "/rollback checkout in prod")).code).toBe("rollback.nothing-proven");
  });
});

describe("a sync that was asked for", () => {
  it("is at what is live unless another revision is named", async () => {
    const rig = await open();
    rig.argocd.put(application("checkout-staging", { status: { operationState: aState(SHA_B, "ana", "Succeeded") } }));
    await ask(rig, "/qd sync checkout in staging");
    expect(theRun(rig)).toMatchObject({
      title: "Sync checkout in staging at bbbbbbb",
      inputs: { revision: { sha: SHA_B } },
    });
  });

  it("cannot be had where nothing is known to be live", async () => {
    const rig = await open();
    rig.argocd.put(anApplication({ metadata: { name: "checkout-staging" }, status: { sync: { status: "Unknown" } } }));
    expect((await ask(rig, "/qd sync checkout in staging")).code).toBe("revision.nothing-live");
  });
});

describe("words that name nothing", () => {
  async function at(text: string): Promise<{ code: string; suggestions?: readonly string[] | undefined }> {
    const answer = await (await open()).type("U1", text);
    if (answer?.kind === "notice") return answer;
    throw new Error(JSON.stringify(answer));
  }

  it("are answered at once, with the whole command that was probably meant", async () => {
    expect(await at("/promote chekout abc1234 to prod")).toMatchObject({
      code: "input.service",
      suggestions: ["/promote checkout abc1234 to prod"],
    });
    expect(await at("/promote checkout abc1234 to prd")).toMatchObject({
      code: "input.environment",
      suggestions: ["/promote checkout abc1234 to prod"],
    });
    expect(await at("/promote abc1234 checkout to prod")).toMatchObject({
      suggestions: ["/promote checkout abc1234 to prod"],
    });
    expect(await at("/promote checkout abc1234 to qa")).toMatchObject({ code: "input.environment" });
  });
});

/** A run that has proven `sha` in staging stands in the log. */
async function prove(rig: IntakeRig, sha: string): Promise<void> {
  rig.argocd.put(application("checkout-staging", { status: { operationState: aState(sha, "ana", "Succeeded") } }));
  await ask(rig, `/promote checkout ${sha} to staging`);
  const { id } = theRun(rig);
  const before = { uid: "uid-1", historyId: 1 };
  const path = "promote/for-each[staging]/sync";
  const operation = { run: id, step: path, attempt: 1, skipped: false, postedAtMs: rig.clock.now(), before };
  const proof = {
    applicationUid: "uid-1",
    revision: sha,
    sourceDigest: sourceDigest(application("checkout-staging")),
    provenAt: rig.clock.now(),
  };
  for (const [name, output] of [
    ["sync", { operation }],
    ["healthy", proof],
  ] as const) {
    const step = rig.runs.state(id).steps.get(`promote/for-each[staging]/${name}`);
    const { attempt, token } = step ?? { attempt: 0, token: 0 };
    const outcome = { status: "succeeded", output } as const;
    await rig.runs.apply(id, { type: "outcome", path: step?.path ?? "", attempt, token, outcome });
  }
  await settle();
  rig.argocd.put(application("checkout-staging"));
}
