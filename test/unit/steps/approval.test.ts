import { describe, expect, it } from "vitest";

import { ArgocdError } from "../../../src/argocd/argocd-errors.ts";
import { changedFields } from "../../../src/domain/gate.ts";
import type { RunTarget } from "../../../src/domain/run-event.ts";
import type { ApprovalRule } from "../../../src/domain/target.ts";
import { noArtifacts } from "../../../src/engine/artifacts.ts";
import type { GateContext, GateOpening, Proof, StepKind } from "../../../src/engine/step-kind.ts";
import type { CommitsAnswer } from "../../../src/git/commits-between.ts";
import { approval } from "../../../src/steps/approval.ts";
import { sourceDigest } from "../../../src/steps/live-revision.ts";
import { planEvidence } from "../../../src/steps/terraform/plan-evidence.ts";
import { appErrorOf } from "../../support/app-error-of.ts";
import { FakeArgocd } from "../../support/fake-argocd.ts";
import { RULE } from "../../support/run-spec.ts";
import { anApplication, atMs, SHA_A, SHA_B } from "../argocd/application-builder.ts";
import { aPlan } from "./terraform/sample-plan.ts";

const APP = "main/argocd/checkout-prod";
const PROD: RunTarget = { service: "checkout", environment: "prod", app: APP, approval: RULE };
const STAGING: RunTarget = { service: "checkout", environment: "staging", app: "main/argocd/checkout-staging" };
const LIVE = { status: { history: [{ id: 1, revision: SHA_A }], health: { status: "Degraded" } } };
const LISTS = { added: { commits: [], touching: 0, others: 2 }, removed: { commits: [], touching: 0, others: 0 } };

type Gate = Extract<StepKind, { sort: "gate" }>;

class GateRig {
  readonly argocd = new FakeArgocd(anApplication(LIVE), anApplication({ metadata: { name: "checkout-staging" } }));
  rule: ApprovalRule | undefined = RULE;
  place: GateContext["facts"]["place"] = { target: PROD, previous: STAGING };
  environment: GateContext["facts"]["environment"];
  proof: Proof | undefined;
  planBefore: GateContext["facts"]["planBefore"];
  between: CommitsAnswer = { kind: "forward", ...LISTS };
  signal = new AbortController().signal;

  get gate(): Gate {
    const kind = approval({
      servers: this.argocd.servers,
      git: { commitsBetween: () => Promise.resolve(this.between) },
      ruleOf: () => this.rule,
      proofs: () => this.proof,
    });
    if (kind.sort !== "gate") throw new Error("not a gate");
    return kind;
  }

  get context(): GateContext {
    return {
      effect: { run: "run_1", path: "promote/gate", attempt: 1 },
      facts: {
        runTitle: "t",
        requester: "p_ana",
        requesterUser: "U1",
        ...(this.place !== undefined && { place: this.place }),
        ...(this.environment !== undefined && { environment: this.environment }),
        ...(this.planBefore !== undefined && { planBefore: this.planBefore }),
      },
      signal: this.signal,
      startedAt: 1,
      planDigest: "plan",
      artifacts: noArtifacts,
      progress: () => undefined,
    };
  }

  async open(input: Record<string, unknown> = {}): Promise<GateOpening> {
    return await this.gate.open({ app: APP, revision: SHA_B, prompt: "Promote?", ...input }, this.context);
  }
}

describe("what an approval is of", () => {
  it("is everything that must not move: plan, application, sources, from, to, and the rule", async () => {
    const { subject, rule } = await new GateRig().open();
    expect(rule).toEqual(RULE);
    expect(subject).toEqual({
      planDigest: "plan",
      path: "promote/gate",
      requester: "p_ana",
      service: "checkout",
      environment: "prod",
      app: APP,
      serverUrl: "https://argocd.test",
      applicationUid: "uid-1",
      fromRevision: SHA_A,
      toRevision: SHA_B,
      repository: "https://git.example.com/deploy.git",
      sourceDigest: sourceDigest(anApplication()),
      imageDigests: [],
      planFileDigest: "",
      checks: [],
      rule: RULE,
    });
  });

  it("is the same at the click while nothing has changed, and another one as soon as something has", async () => {
    const rig = new GateRig();
    const input = { app: APP, revision: SHA_B, prompt: "Promote?" };
    const { subject } = await rig.open();
    expect(await rig.gate.subject(input, rig.context)).toEqual(subject);
    rig.argocd.put(anApplication({ ...LIVE, metadata: { uid: "uid-2" } }));
    expect(await rig.gate.subject(input, rig.context)).toMatchObject({ applicationUid: "uid-2" });
  });

  it("has the rule as it is now, and the one the run began with where the configuration has none any more", async () => {
    const rig = new GateRig();
    rig.rule = { ...RULE, quorum: 2 };
    expect((await rig.open()).rule.quorum).toBe(2);
    rig.rule = undefined;
    expect((await rig.open()).rule).toEqual(RULE);
  });

  it("cannot be told for an application of another run, or where nobody is named who may approve", async () => {
    const rig = new GateRig();
    rig.place = undefined;
    expect((await appErrorOf(rig.open())).code).toBe("target.unknown");
    expect((await appErrorOf(new GateRig().open({ app: "checkout-prod" }))).code).toBe("step.input");
    const unruled = new GateRig();
    unruled.rule = undefined;
    unruled.place = { target: { service: "checkout", environment: "prod", app: APP } };
    expect((await appErrorOf(unruled.open())).code).toBe("approval.no-rule");
  });
});

describe("what a gate shows", () => {
  it("is the question, the commits, the rendering, the health, and the environment before", async () => {
    const rig = new GateRig();
    rig.proof = {
      run: "r",
      app: STAGING.app,
      applicationUid: "uid-1",
      revision: SHA_A,
      sourceDigest: "",
      provenAt: atMs(5),
    };
    const { evidence } = await rig.open();
    expect(evidence).toMatchObject({
      prompt: "Promote?",
      direction: "forward",
      otherCommits: 2,
      rendering: { changesNothing: true },
      currentHealth: "Degraded",
      link: "https://argocd.test/applications/argocd/checkout-prod",
      previous: { environment: "staging", health: "Healthy", revision: SHA_A, healthySince: atMs(5) },
      warnings: [],
    });
  });

  it("is not called healthy since a proof of something else", async () => {
    const rig = new GateRig();
    const proof = { run: "r", app: STAGING.app, applicationUid: "uid-1", sourceDigest: "", provenAt: 1 };
    for (const other of [
      { ...proof, revision: SHA_B },
      { ...proof, revision: SHA_A, applicationUid: "uid-0" },
    ]) {
      rig.proof = other;
      expect((await rig.open()).evidence.previous).not.toHaveProperty("healthySince");
    }
  });

  it("says what could not be read, and is shown all the same", async () => {
    const rig = new GateRig();
    rig.argocd.before = ({ path }) => {
      if (path.includes("/manifests") || path.includes("/syncwindows") || path.includes("checkout-staging"))
        throw new ArgocdError("the repo-server is away", { class: "rbac" });
    };
    const { evidence } = await rig.open();
    expect(evidence.rendering).toBeUndefined();
    expect(evidence.renderingNote).toContain("the repo-server is away");
    expect(evidence.previous).toMatchObject({ revision: "", health: "not known (the repo-server is away)" });
    expect(evidence.warnings).toEqual(["Whether a sync window is closed could not be read."]);
  });

  it("warns of a closed window, of an ApplicationSet and of going back", async () => {
    const rig = new GateRig();
    rig.argocd.canSync = false;
    rig.between = { kind: "backward", ...LISTS };
    const ownerReferences = [{ kind: "ApplicationSet", name: "fleet", apiVersion: "v1" }];
    rig.argocd.put(anApplication({ ...LIVE, metadata: { ownerReferences } }));
    const { warnings } = (await rig.open()).evidence;
    expect(warnings.map((warning) => /goes back|window|fleet/u.exec(warning)?.[0])).toEqual([
      "goes back",
      "window",
      "fleet",
    ]);
  });

  it("compares with nothing where nothing is live, and has no environment before the first", async () => {
    const rig = new GateRig();
    rig.argocd.put(anApplication({ status: { sync: { status: "OutOfSync" } } }));
    rig.place = { target: PROD };
    const { evidence, subject } = await rig.open();
    expect(subject.fromRevision).toBe("");
    expect(evidence).toMatchObject({ renderingNote: "There is nothing live to compare with.", direction: "unknown" });
    expect(evidence.previous).toBeUndefined();
    expect(rig.argocd.calls.filter((call) => call.includes("manifests"))).toEqual([]);
  });

  it("is not gathered any further once the gate is given up", async () => {
    const rig = new GateRig();
    const stop = new AbortController();
    rig.signal = stop.signal;
    rig.argocd.before = ({ path }) => {
      if (path.includes("/manifests")) stop.abort(new Error("the server ends"));
    };
    await expect(rig.open()).rejects.toThrow("the server ends");
  });
});

describe("a gate for a plan", () => {
  const plan = aPlan();
  const only = { plan, revision: undefined };

  it("is of the plan alone, needs no application and is not void when another one is deployed", async () => {
    const rig = new GateRig();
    rig.argocd.before = () => {
      throw new Error("nobody asks Argo CD");
    };
    const { subject, evidence } = await rig.open(only);
    expect(subject).toMatchObject({
      environment: "prod",
      app: APP,
      planFileDigest: plan.digest,
      applicationUid: "",
      fromRevision: "",
      toRevision: "",
      rule: RULE,
    });
    expect(evidence).toMatchObject({ prompt: "Promote?", plan: { destroy: 3, drift: ["aws_x.b"] }, commits: [] });
    expect(evidence.warnings).toEqual(["Deprecated (main.tf:7): Use another."]);
    expect(await rig.gate.subject({ app: APP, prompt: "Promote?", plan }, rig.context)).toEqual(subject);
  });

  it("may be of a revision as well, and shows both", async () => {
    const { subject, evidence } = await new GateRig().open({ plan });
    expect(subject).toMatchObject({ planFileDigest: plan.digest, toRevision: SHA_B, applicationUid: "uid-1" });
    expect(evidence).toMatchObject({ plan: { add: 3 }, rendering: { changesNothing: true }, otherCommits: 2 });
  });

  it("asks a second group when it destroys more than it may without", async () => {
    const from = ["S0GUARD", "S0BOSSES"];
    const guarded = await new GateRig().open({ ...only, "destroy-guard": { above: 2, from } });
    const also = [from.map((group) => ({ kind: "group", group }))];
    expect(guarded.rule).toEqual({ ...RULE, also });
    expect(guarded.subject.rule).toEqual({ ...RULE, also });
    const within = await new GateRig().open({ ...only, "destroy-guard": { above: 3, from } });
    expect(within.rule).toEqual(RULE);
  });

  it("does not show a plan that is not what its step put out", async () => {
    const error = await appErrorOf(new GateRig().open({ plan: { ...plan, destroy: 0 }, revision: undefined }));
    expect(error.code).toBe("terraform.plan-altered");
  });

  it("says in what the plan differs from the one that was shown before", async () => {
    const rig = new GateRig();
    rig.planBefore = planEvidence(aPlan({ resources: [] }), undefined);
    expect((await rig.open(only)).evidence.plan?.difference).toEqual([
      "now also: replace aws_x.a[0]",
      "now also: update aws_x.b",
    ]);
  });

  it("is not opened for nothing", async () => {
    await expect(new GateRig().open({ revision: undefined })).rejects.toThrow("say what is approved");
  });
});

describe("the images and checks that are approved", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const other = `sha256:${"b".repeat(64)}`;
  const image = `registry.test/checkout@${digest}`;
  const checks = [{ name: "trivy/image checkout", result: "1 high; 2 ignored" }];
  const manifest = (text: string): string =>
    JSON.stringify({ kind: "Deployment", spec: { containers: [{ image: text }] } });

  it("are under the digest of the approval, by their digests alone", async () => {
    const rig = new GateRig();
    rig.argocd.manifests = () => [manifest(image)];
    const { subject } = await rig.open({ images: [image, digest], checks });
    expect(subject).toMatchObject({ imageDigests: [digest], checks });
  });

  it("are not asked for where the manifests have another image, which is named", async () => {
    const rig = new GateRig();
    rig.argocd.manifests = () => [manifest(`registry.test/checkout@${other}`)];
    const { code, message } = await appErrorOf(rig.open({ images: [image] }));
    expect(code).toBe("custody.broken");
    expect(message).toContain(digest);
  });

  it("are others at the click when the manifests have another image by then", async () => {
    const rig = new GateRig();
    rig.argocd.manifests = () => [manifest(image)];
    const input = { app: APP, revision: SHA_B, prompt: "Promote?", images: [image] };
    const before = await rig.gate.subject(input, rig.context);
    rig.argocd.manifests = () => [manifest(`registry.test/checkout@${other}`)];
    const after = await rig.gate.subject(input, rig.context);
    expect(changedFields(before, after)).toEqual(["imageDigests"]);
  });

  it("are never images by their tags", async () => {
    const { code } = await appErrorOf(new GateRig().open({ images: ["registry.test/checkout:1.4.2"] }));
    expect(code).toBe("image.no-digest");
  });
});

describe("an approval of a plan in a run without targets", () => {
  const from = [{ group: "S0PLATFORM", handle: "platform" }, { user: "U0OLGA" }];
  const own = {
    from: [
      { kind: "group", group: "S0PLATFORM", handle: "platform" },
      { kind: "user", user: "U0OLGA" },
    ],
    quorum: 2,
    expiresMs: 7_200_000,
    requesterMayApprove: false,
  };
  const ask = { app: undefined, revision: undefined, plan: aPlan() };

  function rigIn(environment: GateContext["facts"]["environment"], rule?: ApprovalRule): GateRig {
    const rig = new GateRig();
    rig.place = undefined;
    rig.environment = environment;
    rig.rule = rule;
    return rig;
  }

  it("is asked of those whom the environment names that the run is for, whoever the step names", async () => {
    const prod = { name: "prod", service: "", approval: RULE };
    const strict = { ...RULE, quorum: 3 };
    for (const [now, rule] of [
      [strict, strict],
      [undefined, RULE],
    ] as const) {
      const { subject } = await rigIn(prod, now).open({ ...ask, from });
      expect(subject).toMatchObject({ service: "", environment: "prod", app: "", toRevision: "", rule });
      expect(subject.planFileDigest).toBe(aPlan().digest);
    }
  });

  it("is asked of those whom the step names where no environment says anything", async () => {
    for (const environment of [undefined, { name: "staging", service: "" }]) {
      const rig = rigIn(environment);
      const { subject, rule } = await rig.open({ ...ask, from, quorum: 2, expires: "2h" });
      expect(rule).toEqual(own);
      expect(subject).toMatchObject({ environment: environment?.name ?? "", app: "", rule: own });
    }
  });

  it("asks the second group for what destroys much as well", async () => {
    const guard = { above: 0, from: ["S0ONCALL01"] };
    const { rule } = await rigIn(undefined).open({ ...ask, from, "destroy-guard": guard });
    expect(rule).toMatchObject({ quorum: 1, also: [[{ kind: "group", group: "S0ONCALL01" }]] });
  });

  it("does not count whom the step leaves out, and says nothing of it where there is nobody", async () => {
    const { rule, subject } = await rigIn(undefined).open({ ...ask, from, "not-by": ["p_priya"] });
    expect(rule).toMatchObject({ notBy: ["p_priya"] });
    expect(subject.rule).toEqual(rule);
    const nobody = await rigIn(undefined).open({ ...ask, from, "not-by": [] });
    expect(nobody.rule).not.toHaveProperty("notBy");
  });

  it("is not asked of nobody", async () => {
    const nowhere = await appErrorOf(rigIn(undefined).open(ask));
    expect([nowhere.code, nowhere.message]).toEqual([
      "approval.no-rule",
      "This run is for no environment, so nobody is named who may approve. Give the step who may in `from`.",
    ]);
    const staging = await appErrorOf(rigIn({ name: "staging", service: "" }).open(ask));
    expect(staging.message).toContain("staging names nobody who may approve.");
  });

  it.each([
    [{ ...ask, revision: SHA_B }, "a revision is approved for an application"],
    [{ ...ask, app: APP, from }, "who approves for an application is said at its environment"],
    [{ ...ask, from: [{ user: "U0OLGA" }, { user: "U0OLGA" }], quorum: 2 }, "more people must approve than are named"],
    [{ ...ask, from: [{ user: "olga" }] }, "the id of a Slack user"],
    [{ ...ask, from, expires: "10y" }, "is no duration"],
  ])("is refused where it could not be understood: %#", async (input, message) => {
    await expect(rigIn(undefined).open(input)).rejects.toThrow(message);
  });
});
