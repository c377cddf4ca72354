import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { planSummary, PlanSummary } from "../../../../src/steps/terraform/plan-summary.ts";
import { recordedLines } from "../../../support/fake-terraform.ts";
import { complaint, line, messagesOf, planned, summary } from "./recorded-stream.ts";

const read = (lines: readonly string[], exitCode: 0 | 2 = 2) => planSummary({ messages: messagesOf(lines), exitCode });

describe("what a plan does", () => {
  it("is told from the stream of a plan that creates", () => {
    expect(read(recordedLines("plan-create.jsonl"))).toMatchObject({
      add: 4,
      change: 0,
      destroy: 0,
      replace: 0,
      isChange: true,
      outputs: ["cluster_endpoint", "db_password"],
      resources: [
        { address: "terraform_data.cluster", action: "create" },
        { address: "terraform_data.nodes[0]", action: "create" },
        { address: "terraform_data.nodes[1]", action: "create" },
        { address: "terraform_data.nodes[2]", action: "create" },
      ],
    });
  });

  it("names what is replaced first, with the reason", () => {
    const { resources, ...counts } = read(recordedLines("plan-replace.jsonl"));
    expect(counts).toMatchObject({ add: 3, change: 1, destroy: 3, replace: 3 });
    expect(resources.slice(0, 1)).toEqual([
      { address: "terraform_data.nodes[0]", action: "replace", reason: "cannot_update" },
    ]);
    expect(resources.at(-1)).toEqual({ address: "terraform_data.cluster", action: "update" });
  });

  it("is a destruction where everything is deleted, and nothing where nothing changes", () => {
    expect(read(recordedLines("plan-destroy.jsonl"))).toMatchObject({ add: 0, destroy: 4, replace: 0 });
    expect(read(recordedLines("plan-nochange.jsonl"), 0)).toMatchObject({
      add: 0,
      destroy: 0,
      isChange: false,
      resources: [],
    });
  });

  it("is a change where only outputs change, or only addresses", () => {
    const outputs = line("outputs", { outputs: { host: { sensitive: false, action: "update" } } });
    expect(read([summary(0, 0, 0), outputs])).toMatchObject({ isChange: true, outputs: ["host"] });
    const moved = planned("aws_x.b", "move", { previous_resource: { addr: "aws_x.a" } });
    expect(read([moved, summary(0, 0, 0)]).resources).toEqual([
      { address: "aws_x.b", action: "move", from: "aws_x.a" },
    ]);
    const forgotten = planned("aws_x.c", "remove", { reason: "delete_because_no_resource_config" });
    expect(read([forgotten, summary(0, 0, 0)]).resources[0]).toMatchObject({ action: "forget" });
    const imported = planned("aws_x.d", "noop", { importing: { id: "i-1" } });
    expect(read([imported, summary(0, 0, 0, { import: 1 })])).toMatchObject({ import: 1, isChange: true });
  });

  it("names drift and warnings with file and line", () => {
    const drift = line("resource_drift", { change: { resource: { addr: "aws_x.a" }, action: "update" } });
    const range = { filename: "main.tf", start: { line: 7, column: 1, byte: 1 } };
    const warning = complaint("Deprecated", "Use another.", { severity: "warning", range });
    const found = read([drift, warning, planned("aws_x.a", "update"), summary(0, 1, 0)]);
    expect(found.drift).toEqual(["aws_x.a"]);
    expect(found.warnings).toEqual(["Deprecated (main.tf:7): Use another."]);
  });

  it("names the first of a thousand resources, and counts the others", () => {
    const many = Array.from({ length: 1000 }, (_, index) => planned(`aws_x.n[${index}]`, "create"));
    const found = read([...many, planned("aws_x.gone", "delete"), summary(1000, 0, 1)]);
    expect(found.resources).toHaveLength(100);
    expect(found.resources[0]?.address).toBe("aws_x.gone");
    expect(found.otherResources).toBe(901);
  });

  it("passes over types of messages that are not known", () => {
    const news = line("action_planned", { change: "anything" });
    expect(read([news, planned("a.b", "create"), summary(1, 0, 0)])).toMatchObject({ add: 1 });
  });
});

describe("a plan of which nobody knows what it does", () => {
  it.each<readonly [string, readonly string[], 0 | 2]>([
    ["ends without its summary", [planned("a.b", "create")], 2],
    ["has printed nothing", [], 0],
    ["has two summaries", [summary(0, 0, 0), summary(0, 0, 0)], 0],
    ["has the summary of an apply", [summary(0, 0, 0, { operation: "apply" })], 0],
    ["names fewer resources than it counts", [planned("a.b", "create"), summary(2, 0, 0)], 2],
    ["counts fewer resources than it names", [planned("a.b", "delete"), summary(0, 0, 0)], 2],
    ["counts an import that it does not name", [summary(0, 0, 0, { import: 1 })], 0],
    ["does something that is not known", [planned("a.b", "explode"), summary(0, 0, 0)], 2],
    ["has changes, and an exit code that says there are none", [planned("a.b", "create"), summary(1, 0, 0)], 0],
    ["has none, and an exit code that says there are changes", [summary(0, 0, 0)], 2],
  ])("is refused when it %s", (_, lines, exitCode) => {
    expect(() => read(lines, exitCode)).toThrow(/cannot be understood/u);
  });

  it("is refused when a message of a known type is not as it should be", () => {
    expect(() =>
      read([line("change_summary", { changes: { add: -1, change: 0, remove: 0, operation: "plan" } })]),
    ).toThrow(/change_summary/u);
    expect(() => read([line("version", { ui: "2.0" })])).toThrow(/version "2.0"/u);
  });
});

describe("the stream of a plan", () => {
  const lines = recordedLines("plan-replace.jsonl");

  it("that lost any lines of its end, or one that counts, is never taken for less", () => {
    const whole = read(lines);
    fc.assert(
      fc.property(fc.nat({ max: lines.length - 1 }), fc.boolean(), (at, isCut) => {
        const left = isCut ? lines.slice(0, at) : lines.toSpliced(at, 1);
        let found: ReturnType<typeof read> | undefined;
        try {
          found = read(left);
        } catch {
          return;
        }
        expect({ ...found, outputs: [] }).toEqual({ ...whole, outputs: [] });
      }),
    );
  });

  it("gives what passes through its own schema", () => {
    const { isChange: _, ...found } = read(lines);
    expect(PlanSummary.parse(found)).toEqual(found);
  });
});
