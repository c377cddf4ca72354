import { describe, expect, it } from "vitest";

import { subjectDigest } from "../../../../src/domain/gate.ts";
import type { Outcome } from "../../../../src/domain/outcome.ts";
import type { StepApproval } from "../../../../src/engine/step-kind.ts";
import { AppError } from "../../../../src/platform/errors.ts";
import { planSubject } from "../../../../src/steps/gate-subject.ts";
import { SecretMask } from "../../../../src/platform/masking.ts";
import { isWhole, type SavedPlan } from "../../../../src/steps/terraform/saved-plan.ts";
import { FakeTerraform, recordedLines } from "../../../support/fake-terraform.ts";
import { RULE } from "../../../support/run-spec.ts";
import { TerraformBench } from "../../../support/terraform-bench.ts";
import { complaint, line, planned, summary } from "./recorded-stream.ts";

const APP = "main/argocd/checkout-prod";
const PLACE = { target: { service: "checkout", environment: "prod", app: APP, approval: RULE } };

interface Rig extends AsyncDisposable {
  readonly bench: TerraformBench;
  readonly terraform: FakeTerraform;
}

async function open(): Promise<Rig> {
  const terraform = new FakeTerraform();
  const bench = await TerraformBench.open(() => terraform);
  return { bench, terraform, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

function failure(outcome: Outcome) {
  if (outcome.status !== "failed") throw new Error(JSON.stringify(outcome));
  return outcome.failure;
}

function hook(type: string, addr: string, more: Readonly<Record<string, unknown>> = {}): string {
  return line(type, { hook: { resource: { addr }, action: "create", ...more } });
}

/** What people approved: exactly this plan. */
function approvalOf(plan: SavedPlan, more: Partial<StepApproval> = {}): StepApproval {
  const gate = "provision/gate";
  const facts = { requester: "p_ana", place: PLACE };
  const subject = planSubject({ facts, planDigest: "d", gate, app: APP, rule: RULE, planFileDigest: plan.digest });
  const asked = JSON.parse(JSON.stringify({ app: APP, plan, prompt: "Apply?" }));
  return { subject, digest: subjectDigest(subject), gate, asked, planDigest: "d", isUsed: false, ...more };
}

describe("terraform/plan", () => {
  it("runs the program as a vector of arguments, with the lock file read only and its data in a folder of its own", async () => {
    await using rig = await open();
    await rig.bench.write({ ".terraform.lock.hcl": "", "prod.tfvars": "", "main.tf": "" });
    const input = {
      workspace: "prod",
      "var-files": ["prod.tfvars"],
      parallelism: 3,
      "lock-timeout": "1m",
      "refresh-only": true,
      variables: { size: 3 },
    };
    const { folder } = rig.bench.planOf(await rig.bench.plan(input));
    expect(rig.terraform.argsOf("init")).toEqual(["init", "-input=false", "-no-color", "-json", "-lockfile=readonly"]);
    expect(rig.terraform.argsOf("plan")).toEqual([
      "plan",
      "-input=false",
      "-no-color",
      "-json",
      "-detailed-exitcode",
      `-out=${folder.path}/plan.tfplan`,
      "-lock-timeout=1m",
      "-parallelism=3",
      "-refresh-only",
      `-var-file=${rig.bench.config}/prod.tfvars`,
      `-var-file=${folder.path}/variables.tfvars.json`,
    ]);
    expect(rig.terraform.envOf("plan")).toEqual({
      HOME: folder.path,
      TF_DATA_DIR: `${folder.path}/data`,
      TF_IN_AUTOMATION: "1",
      TF_INPUT: "0",
      TF_WORKSPACE: "prod",
      CHECKPOINT_DISABLE: "1",
    });
    expect(rig.terraform.orders.map(({ folder: cwd, stop }) => [cwd, stop?.signal])).toEqual([
      [rig.bench.config, "SIGINT"],
      [rig.bench.config, "SIGINT"],
    ]);
  });

  it("gives secrets in the environment and in a file that is gone afterwards, never as an argument", async () => {
    await using rig = await open();
    rig.bench.settings = { pluginCache: "/cache", cliConfig: "/etc/terraform.rc" };
    const secret = "correct-horse-battery";
    await rig.bench.plan({
      program: "tofu",
      "backend-config": { token: secret },
      "secret-variables": { password: secret },
      env: { CLOUD_KEY: secret },
    });
    expect(rig.terraform.orders.map(({ program }) => program)).toEqual(["tofu", "tofu"]);
    expect(JSON.stringify(rig.terraform.orders.map(({ args }) => args))).not.toContain(secret);
    expect(rig.terraform.argsOf("init").at(-1)).toMatch(/^-backend-config=\/.*\/backend\.tfbackend\.json$/u);
    expect(rig.terraform.envOf("plan")).toMatchObject({
      CLOUD_KEY: secret,
      TF_VAR_password: secret,
      TF_PLUGIN_CACHE_DIR: "/cache",
      TF_CLI_CONFIG_FILE: "/etc/terraform.rc",
    });
    expect(await rig.bench.leftovers()).toEqual([]);
    const sealed = rig.bench.artifacts.kept.map(({ artifact }) => [artifact.name, artifact.sealed]);
    expect(sealed).toEqual([
      ["plan.tfplan", true],
      ["plan-setup.json", true],
      ["plan.txt", false],
      ["log", false],
    ]);
  });

  it("lets no step set what decides about the program itself", async () => {
    await using rig = await open();
    for (const name of ["TF_CLI_ARGS", "TF_VAR_x", "PATH", "LD_PRELOAD", "TF_DATA_DIR"]) {
      expect(failure(await rig.bench.plan({ env: { [name]: "x" } })).code).toBe("internal");
    }
    expect(rig.terraform.calls).toEqual([]);
  });

  it("does not take a stream for a plan that has a line that is no message", async () => {
    await using rig = await open();
    const [first = "", ...rest] = recordedLines("plan-create.jsonl");
    rig.terraform.answers.set("plan", { exitCode: 2, stdout: [first, "panic: oh no", ...rest] });
    expect(failure(await rig.bench.plan())).toMatchObject({
      code: "terraform.unreadable-output",
      message: expect.stringContaining('"panic: oh no"'),
    });
  });

  it("says which program is missing and where it is had", async () => {
    const terraform = new FakeTerraform();
    terraform.run = () => Promise.reject(new AppError("not here", { code: "program.missing" }));
    await using bench = await TerraformBench.open(() => terraform);
    expect(failure(await bench.plan({ program: "tofu" }))).toMatchObject({
      code: "program.missing",
      message: expect.stringMatching(/"tofu" is not installed .* OpenTofu 1\.9 or newer: https:/u),
    });
  });

  it("has a digest of all that it shows and applies", async () => {
    await using rig = await open();
    const plan = rig.bench.planOf(await rig.bench.plan());
    rig.terraform.answers.set("plan", { exitCode: 2, stdout: recordedLines("plan-replace.jsonl") });
    const other = rig.bench.planOf(await rig.bench.plan());
    expect(other.artifact).toEqual(plan.artifact);
    expect(other.digest).not.toBe(plan.digest);
  });
});

describe("the digest of a plan", () => {
  it("is of what leaves the execution, also where a resource is named after a secret", async () => {
    await using rig = await open();
    const [secret, other] = ["correct-horse-battery", "another-secret-elsewhere"];
    const stdout = [secret, other].map((name) => planned(`aws_x.y["${name}"]`, "create"));
    rig.terraform.answers.set("plan", { exitCode: 2, stdout: [...stdout, summary(2, 0, 0)] });
    const mask = new SecretMask();
    mask.add(other);
    rig.bench.masked = (value) => mask.deep(value);
    const plan = rig.bench.planOf(await rig.bench.plan({ "secret-variables": { name: secret } }));
    expect(isWhole(plan)).toBe(true);
    expect(JSON.stringify(plan)).not.toMatch(new RegExp(`${secret}|${other}`, "u"));
    expect(mask.deep(plan)).toEqual(plan);
  });
});

describe("terraform/apply", () => {
  it("applies the plan file that was saved, which only it can read, and says what came of it", async () => {
    await using rig = await open();
    const plan = rig.bench.planOf(await rig.bench.plan({ workspace: "prod" }));
    const applied = await rig.bench.apply(plan, { parallelism: 2, env: { CLOUD_KEY: "k" } });
    expect(applied).toEqual({
      status: "succeeded",
      output: {
        added: 4,
        changed: 0,
        destroyed: 0,
        notes: ["4 added, 0 changed, 0 destroyed"],
        values: { cluster_endpoint: "https://prod.example.com" },
        secrets: { db_password: "hunter2" },
        state: { lineage: "abc", serial: 7 },
      },
    });
    expect(rig.terraform.planFile).toEqual({ content: "the plan", mode: 0o600 });
    expect(rig.terraform.argsOf("apply").slice(0, -1)).toEqual([
      "apply",
      "-input=false",
      "-no-color",
      "-json",
      "-lock-timeout=20s",
      "-parallelism=2",
    ]);
    expect(rig.terraform.envOf("apply")).toMatchObject({ TF_WORKSPACE: "prod", CLOUD_KEY: "k" });
    expect(rig.bench.said.map(({ text }) => text)).toContain("3 of 4: terraform_data.nodes[0] creating");
    expect(rig.bench.checkpoints).toEqual([
      { plan: plan.digest, phase: "applying" },
      { plan: plan.digest, phase: "applied", counts: { added: 4, changed: 0, destroyed: 0 } },
    ]);
    expect(await rig.bench.leftovers()).toEqual([]);
  });

  it("is let through by the approval of exactly this plan, and void by that of another one or under another rule", async () => {
    await using rig = await open();
    const plan = rig.bench.planOf(await rig.bench.plan());
    const { facts } = rig.bench;
    rig.bench.preparation = { ruleOf: () => RULE };
    rig.bench.facts = { ...facts, approved: approvalOf(plan) };
    expect(await rig.bench.apply(plan)).toMatchObject({ status: "succeeded" });
    rig.bench.facts = { ...facts, approved: approvalOf({ ...plan, digest: "other" }) };
    expect(failure(await rig.bench.apply(plan))).toMatchObject({
      code: "approval.void",
      details: { changed: ["planFileDigest"], anew: "plan" },
    });
    rig.bench.facts = { ...facts, approved: approvalOf(plan, { digest: "forged" }) };
    expect(failure(await rig.bench.apply(plan)).code).toBe("approval.void");
    rig.bench.facts = { ...facts, approved: approvalOf(plan) };
    rig.bench.preparation = { ruleOf: () => ({ ...RULE, quorum: 2 }) };
    expect(failure(await rig.bench.apply(plan))).toMatchObject({
      code: "approval.void",
      details: { changed: ["rule"] },
    });
    expect(rig.terraform.calls.filter((call) => call === "apply")).toHaveLength(1);
  });

  it("is not begun where people are to be asked, and nobody was", async () => {
    await using rig = await open();
    const plan = rig.bench.planOf(await rig.bench.plan());
    rig.bench.preparation = { ruleOf: () => RULE };
    rig.bench.facts = { ...rig.bench.facts, place: PLACE };
    expect(failure(await rig.bench.apply(plan, { app: APP })).code).toBe("approval.missing");
    expect(rig.terraform.calls).not.toContain("apply");
  });

  it("is not begun a second time with the same plan: it is planned anew", async () => {
    await using rig = await open();
    const plan = rig.bench.planOf(await rig.bench.plan());
    const details = { anew: "plan" };
    rig.bench.checkpointed = { plan: plan.digest, phase: "applying" };
    expect(failure(await rig.bench.apply(plan))).toMatchObject({ code: "terraform.plan-stale", details });
    rig.bench.checkpointed = undefined;
    rig.bench.facts = { ...rig.bench.facts, approved: approvalOf(plan, { isUsed: true }) };
    expect(failure(await rig.bench.apply(plan))).toMatchObject({ code: "approval.void", details });
    expect(rig.terraform.calls).not.toContain("apply");
  });

  it("only reads what it puts out when it was applied and its process was gone", async () => {
    await using rig = await open();
    const plan = rig.bench.planOf(await rig.bench.plan());
    const counts = { added: 4, changed: 0, destroyed: 0 };
    rig.bench.checkpointed = { plan: plan.digest, phase: "applied", counts };
    expect(await rig.bench.apply(plan)).toMatchObject({ status: "succeeded", output: counts });
    expect(rig.terraform.calls).not.toContain("apply");
  });

  it("says that it was applied where its outputs cannot be read, and waits where that passes", async () => {
    await using rig = await open();
    const plan = rig.bench.planOf(await rig.bench.plan());
    rig.terraform.answers.set("output", { exitCode: 1, stderr: ["Error: no such output"] });
    expect(failure(await rig.bench.apply(plan))).toMatchObject({ code: "terraform.outputs-unread", retry: "never" });
    rig.terraform.answers.set("output", { exitCode: 1, stderr: ["dial tcp: connection refused"] });
    expect(await rig.bench.apply(plan)).toMatchObject({ status: "postponed", code: "terraform.unreachable" });
    expect(rig.terraform.calls.filter((call) => call === "apply")).toHaveLength(1);
  });

  it("is put off while somebody else holds the state, and may then be begun", async () => {
    await using rig = await open();
    const plan = rig.bench.planOf(await rig.bench.plan());
    rig.terraform.answers.set("apply", {
      exitCode: 1,
      stdout: [complaint("Error acquiring the state lock", "Lock Info:\n  Who: ana@laptop\n")],
    });
    expect(await rig.bench.apply(plan)).toMatchObject({ status: "postponed", code: "terraform.state-locked" });
    rig.terraform.answers.set("apply", { exitCode: 0, stdout: recordedLines("apply-create.jsonl") });
    expect(await rig.bench.apply(plan)).toMatchObject({ status: "succeeded" });
  });

  it("is void when the state was changed since, and planned anew", async () => {
    await using rig = await open();
    const plan = rig.bench.planOf(await rig.bench.plan());
    rig.terraform.answers.set("apply", { exitCode: 1, stdout: recordedLines("apply-stale-plan.jsonl") });
    expect(failure(await rig.bench.apply(plan))).toMatchObject({
      code: "terraform.plan-stale",
      details: { anew: "plan" },
    });
    rig.bench.checkpointed = undefined;
    rig.bench.facts = { ...rig.bench.facts, approved: approvalOf(plan) };
    expect(failure(await rig.bench.apply(plan))).toMatchObject({ code: "approval.void", details: { anew: "plan" } });
  });

  it("names what was applied and what was not when it ends in the middle", async () => {
    await using rig = await open();
    const plan = rig.bench.planOf(await rig.bench.plan());
    const stdout = [
      hook("apply_start", "terraform_data.cluster"),
      hook("apply_complete", "terraform_data.cluster"),
      hook("apply_start", "terraform_data.nodes[0]"),
      hook("apply_errored", "terraform_data.nodes[0]"),
      hook("apply_start", "terraform_data.nodes[1]"),
      complaint("No room", "The zone is full.", { address: "terraform_data.nodes[0]" }),
    ];
    rig.terraform.answers.set("apply", { exitCode: 1, stdout });
    const { code, message, details } = failure(await rig.bench.apply(plan));
    expect(code).toBe("terraform.partial-apply");
    expect(message).toContain(
      "1 applied (terraform_data.cluster), 1 failed (terraform_data.nodes[0]), " +
        "1 begun without an end (terraform_data.nodes[1]), 1 not begun (terraform_data.nodes[2]). " +
        "No room (terraform_data.nodes[0]): The zone is full.",
    );
    expect(details).toMatchObject({ anew: "plan", unfinished: ["terraform_data.nodes[1]"] });
  });

  it("does not take an end without a summary for success", async () => {
    await using rig = await open();
    const plan = rig.bench.planOf(await rig.bench.plan());
    const begun = [hook("apply_start", "a.b"), hook("apply_complete", "a.b")];
    rig.terraform.answers.set("apply", { exitCode: 0, stdout: [...begun, summary(4, 0, 0)] });
    expect(failure(await rig.bench.apply(plan)).code).toBe("terraform.partial-apply");
  });

  it("says no variable with which the plan was made, whatever the provider says of it", async () => {
    await using rig = await open();
    const secret = "correct-horse-battery";
    const plan = rig.bench.planOf(await rig.bench.plan({ "secret-variables": { token: secret } }));
    const said = complaint(`Not allowed with ${secret}`, `Authorization: Bearer ${secret}`);
    for (const stdout of [[said], [hook("apply_start", `a.b["${secret}"]`), said]]) {
      rig.terraform.answers.set("apply", { exitCode: 1, stdout });
      const { message, details } = failure(await rig.bench.apply(plan));
      expect(message).toContain("Not allowed with ");
      expect(JSON.stringify([message, details, rig.bench.said])).not.toContain(secret);
      rig.bench.checkpointed = undefined;
    }
    const stdout = [
      hook("apply_start", "a.b"),
      hook("apply_complete", "a.b"),
      summary(1, 0, 0, { operation: "apply" }),
    ];
    rig.terraform.answers.set("apply", { exitCode: 0, stdout });
    const own = { sensitive: true, value: secret };
    rig.terraform.answers.set("output", {
      exitCode: 0,
      stdout: [JSON.stringify({ shown: { sensitive: false, value: `token ${secret}` }, own })],
    });
    const outcome = await rig.bench.apply(plan);
    expect(outcome).toMatchObject({ status: "succeeded", output: { secrets: { own: secret } } });
    expect(JSON.stringify(outcome).split(secret)).toHaveLength(2);
  });
});

describe("terraform/output", () => {
  it("keeps what the configuration calls sensitive apart, and what it printed out of the log", async () => {
    await using rig = await open();
    const nested = { sensitive: true, type: ["map", "string"], value: { user: "u" } };
    rig.terraform.answers.set("output", {
      exitCode: 0,
      stdout: [JSON.stringify({ size: { sensitive: false, type: "number", value: 3 }, nested })],
    });
    expect(await rig.bench.output()).toEqual({
      status: "succeeded",
      output: { values: { size: 3 }, secrets: { nested: '{"user":"u"}' }, state: { lineage: "abc", serial: 7 } },
    });
    expect(rig.bench.artifacts.text("log")).not.toContain("user");
  });

  it("takes nothing that it cannot read for no outputs", async () => {
    await using rig = await open();
    for (const stdout of [[], ["[]"], ['{"a": 1}'], ['{"a": {"value": 1}}']]) {
      rig.terraform.answers.set("output", { exitCode: 0, stdout });
      expect(failure(await rig.bench.output()).code).toBe("terraform.unreadable-output");
    }
    rig.terraform.answers.set("output", { exitCode: 0, stdout: ["{}"] });
    rig.terraform.answers.set("state", { exitCode: 0, stdout: [] });
    expect(await rig.bench.output()).toMatchObject({ output: { state: { lineage: "", serial: 0 } } });
  });
});
