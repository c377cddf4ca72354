import { describe, expect, it } from "vitest";

import { ApplyWatch } from "../../../../src/steps/terraform/apply-watch.ts";
import { planSummary } from "../../../../src/steps/terraform/plan-summary.ts";
import { type EndedBadly, earlyEnd, isStale } from "../../../../src/steps/terraform/stopped-early.ts";
import { parseStreamLine } from "../../../../src/steps/terraform/stream-message.ts";
import { FakeTerraform, recordedLines } from "../../../support/fake-terraform.ts";
import { TerraformBench } from "../../../support/terraform-bench.ts";
import { messagesOf } from "./recorded-stream.ts";

const recorded = (name: string): readonly string[] => recordedLines(name, "tofu");
const messages = (name: string) => messagesOf(recorded(name));

function badEndOf(name: string): EndedBadly {
  const diagnostics = messages(name).flatMap((message) => (message.type === "diagnostic" ? [message.diagnostic] : []));
  return { diagnostics, lastWords: "", exitCode: 1, endedBy: undefined };
}

describe("the stream of OpenTofu", () => {
  it("says by its own name which version it is of", () => {
    expect(messages("plan-create.jsonl")[0]).toMatchObject({ type: "version", tofu: "1.10.7" });
  });

  it("tells what a plan does, as that of Terraform does", () => {
    expect(planSummary({ messages: messages("plan-create.jsonl"), exitCode: 2 })).toMatchObject({
      add: 4,
      change: 0,
      destroy: 0,
      isChange: true,
      outputs: ["cluster_endpoint", "db_password"],
      resources: [
        { address: "terraform_data.cluster", action: "create" },
        { address: "terraform_data.nodes[0]", action: "create" },
        { address: "terraform_data.nodes[1]", action: "create" },
        { address: "terraform_data.nodes[2]", action: "create" },
      ],
    });
    const { resources, ...counts } = planSummary({ messages: messages("plan-replace.jsonl"), exitCode: 2 });
    expect(counts).toMatchObject({ add: 3, change: 1, destroy: 3, replace: 3 });
    expect(resources[0]).toEqual({ address: "terraform_data.nodes[0]", action: "replace", reason: "cannot_update" });
  });

  it("tells what is forgotten, imported and moved", () => {
    const { resources, ...counts } = planSummary({ messages: messages("plan-forget.jsonl"), exitCode: 2 });
    expect(counts).toMatchObject({ add: 0, change: 0, destroy: 0, import: 1 });
    expect(counts.warnings).toEqual([expect.stringMatching(/^Resource going to be removed from the state: /u)]);
    expect(resources.map(({ address, action }) => [action, address])).toEqual([
      ["forget", "terraform_data.cluster"],
      ["import", "terraform_data.found"],
      ["move", "terraform_data.machines[0]"],
      ["move", "terraform_data.machines[1]"],
      ["move", "terraform_data.machines[2]"],
    ]);
  });

  it("tells what is forgotten and made anew, for which it has no word", () => {
    const { resources, ...counts } = planSummary({ messages: messages("plan-keep.jsonl"), exitCode: 2 });
    expect(counts).toMatchObject({ add: 1, change: 1, destroy: 0, replace: 0 });
    expect(resources).toEqual([
      { address: "terraform_data.kept", action: "forget-and-create", reason: "cannot_update" },
      { address: "terraform_data.other", action: "update" },
    ]);
    const { isChange: _, ...plan } = planSummary({ messages: messages("plan-keep.jsonl"), exitCode: 2 });
    const watch = new ApplyWatch(plan);
    expect(watch.applied().notBegun).toEqual(["terraform_data.kept", "terraform_data.other"]);
    const said = messages("apply-keep.jsonl").flatMap((message) => watch.see(message)?.text ?? []);
    expect(said.at(-1)).toBe("2 of 2");
  });

  it.each(["plan-forget.jsonl", "plan-keep.jsonl"])("is refused when it loses what is forgotten in %s", (name) => {
    const lines = recorded(name).filter((text) => !/"action":"(?:remove|noop)"/u.test(text));
    expect(() => planSummary({ messages: messagesOf(lines), exitCode: 2 })).toThrow(/cannot be understood/u);
  });

  it("follows an apply to its end", () => {
    const { isChange: _, ...plan } = planSummary({ messages: messages("plan-create.jsonl"), exitCode: 2 });
    const watch = new ApplyWatch(plan);
    const said = messages("apply-create.jsonl").flatMap((message) => watch.see(message)?.text ?? []);
    expect(said.at(0)).toBe("0 of 4: terraform_data.cluster creating");
    expect(said.at(-1)).toBe("4 of 4");
    expect(watch.applied()).toMatchObject({ failed: [], unfinished: [], notBegun: [] });
    const summary = messages("apply-create.jsonl").find(({ type }) => type === "change_summary");
    expect(summary).toMatchObject({ changes: { add: 4, change: 0, remove: 0, operation: "apply" } });
  });

  it("says file and line of what is wrong, who holds a lock, and that a plan is stale", () => {
    expect(earlyEnd(badEndOf("plan-error.jsonl"), "tofu plan")).toMatchObject({
      kind: "failed",
      failure: { message: expect.stringContaining("Unclosed configuration block (bad.tf:1)") },
    });
    expect(earlyEnd(badEndOf("plan-locked.jsonl"), "tofu plan")).toMatchObject({
      kind: "locked",
      message: expect.stringMatching(/locked by ana@laptop for apply since 2026-/u),
    });
    expect(isStale(badEndOf("apply-stale-plan.jsonl"))).toBe(true);
  });

  it("has messages without a type, which are told by what they say", () => {
    const lines = recorded("init.jsonl").map(parseStreamLine);
    expect(lines.filter(({ kind }) => kind === "text")).toEqual([]);
    expect(lines.map(({ text }) => text)).toContain("- terraform.io/builtin/terraform is built in to OpenTofu");
    const newer = recorded("init-1.12.jsonl").map(parseStreamLine);
    expect(newer.map(({ kind }) => kind)).toEqual(["message", "other", "other", "other", "other"]);
    const [error] = recorded("init-unreachable.jsonl").map(parseStreamLine).slice(-1);
    expect(error).toEqual({
      kind: "text",
      text: expect.stringMatching(/^Error refreshing state: Failed to get state: GET .* connection refused$/u),
    });
  });
});

describe("a step with what OpenTofu prints", () => {
  async function openWith(answers: Readonly<Record<string, readonly [number, string]>>): Promise<TerraformBench> {
    const tofu = new FakeTerraform();
    for (const [subcommand, [exitCode, name]] of Object.entries(answers)) {
      tofu.answers.set(subcommand, { exitCode, stdout: recorded(name) });
    }
    return await TerraformBench.open(() => tofu, "tofu");
  }

  it("plans, and logs what was said without its frame", async () => {
    await using bench = await openWith({ init: [0, "init.jsonl"], plan: [2, "plan-create.jsonl"] });
    expect(bench.planOf(await bench.plan())).toMatchObject({ program: "tofu", version: "1.10.7", add: 4 });
    expect(bench.artifacts.text("log")?.split("\n").slice(0, 7)).toEqual([
      "OpenTofu 1.10.7",
      "Initializing the backend...",
      "Initializing provider plugins...",
      "- terraform.io/builtin/terraform is built in to OpenTofu",
      "OpenTofu has been successfully initialized!",
      "OpenTofu 1.10.7",
      "terraform_data.cluster: Plan to create",
    ]);
  });

  it("says what is to be done where the lock file in Git is one of Terraform", async () => {
    await using bench = await openWith({ init: [1, "init-other-lock.jsonl"] });
    expect(await bench.plan()).toMatchObject({
      status: "failed",
      failure: {
        code: "terraform.failed",
        message: expect.stringMatching(
          /^tofu init failed: Provider dependency changes detected: .* Write \.terraform\.lock\.hcl anew .* different registries$/u,
        ),
      },
    });
  });

  it("waits where its backend is away, and says which in its words", async () => {
    await using bench = await openWith({ init: [1, "init-unreachable.jsonl"] });
    expect(await bench.plan()).toMatchObject({
      status: "postponed",
      code: "terraform.unreachable",
      message:
        "tofu init could not reach something that it needs: Error refreshing state: Failed to get state: " +
        'GET http://127.0.0.1:9/state giving up after 1 attempt(s): Get "http://127.0.0.1:9/state": ' +
        "dial tcp 127.0.0.1:9: connect: connection refused",
    });
  });
});
