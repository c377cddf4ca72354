import { describe, expect, it } from "vitest";
import { Application } from "../../../src/argocd/application.ts";
import { sourcesOf } from "../../../src/argocd/application-facts.ts";
import { anApplication } from "./application-builder.ts";

describe("Application", () => {
  it("reads the null and the missing that Go writes for empty", () => {
    const application = Application.parse({
      metadata: { name: "a", labels: null, ownerReferences: null },
      operation: null,
      status: {
        history: null,
        resources: null,
        conditions: null,
        operationState: null,
        sync: { status: "", revisions: null },
      },
    });
    expect(application).toMatchObject({
      operation: undefined,
      status: { history: [], resources: [], operationState: undefined, sync: { revisions: [] } },
    });
  });

  it("does not take sources that are nested more deeply than the stack goes", () => {
    const helm: unknown = JSON.parse(`${'{"a":'.repeat(8000)}1${"}".repeat(8000)}`);
    const read = Application.safeParse({ metadata: { name: "a" }, spec: { source: { repoURL: "r", helm } } });
    expect(read.error?.message).toContain("nested more than 500 levels deep");
  });

  it("keeps sources whole, parameters and all, and drops what nobody reads", () => {
    const source = { repoURL: "r", path: "p", helm: { parameters: [{ name: "a", value: "1" }] } };
    const application = anApplication({ spec: { source, unknown: 1 }, status: { surprising: true } });
    expect(sourcesOf(application)).toEqual([source]);
    expect(application.spec).not.toHaveProperty("unknown");
  });

  it("refuses what has no name", () => {
    expect(Application.safeParse({ metadata: {} }).success).toBe(false);
  });
});
