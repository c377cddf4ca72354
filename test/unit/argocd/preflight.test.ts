import { describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import { preflight } from "../../../src/argocd/preflight.ts";
import { anApplication, anOperation, aState, at, ours, SHA_B } from "./application-builder.ts";
import { seenIn } from "./recording.ts";

const kinds = (application: Application): readonly string[] => preflight(application, ours).map(({ kind }) => kind);

describe("preflight", () => {
  it("finds nothing about a quiet application that is synced by hand", () => {
    expect(preflight(anApplication())).toEqual([]);
  });

  it.each([
    ["deleting", { metadata: { deletionTimestamp: at(0) } }],
    ["skip-reconcile", { metadata: { annotations: { "argocd.argoproj.io/skip-reconcile": "true" } } }],
    ["operation-by-others", { operation: anOperation(SHA_B, "ana") }],
    ["operation-by-others", { status: { operationState: aState(SHA_B, "ana", "Running") } }],
    ["own-operation", { operation: anOperation(SHA_B, ours) }],
    ["own-operation", { status: { operationState: aState(SHA_B, ours, "Succeeded") } }],
    ["error-condition", { status: { conditions: [{ type: "InvalidSpecError", message: "no such project" }] } }],
    ["error-condition", { status: { conditions: [{ type: "ComparisonError", message: "cannot render" }] } }],
    ["auto-sync", { spec: { syncPolicy: { automated: {} } } }],
    ["application-set", { metadata: { ownerReferences: [{ kind: "ApplicationSet", name: "voice" }] } }],
    ["hydrator", { spec: { sourceHydrator: { drySource: {} } } }],
  ])("finds %s", (kind, parts) => {
    expect(kinds(anApplication(parts))).toEqual([kind]);
  });

  it.each([
    ["an operation of others that has ended", { status: { operationState: aState(SHA_B, "ana", "Succeeded") } }],
    ["auto-sync that is switched off", { spec: { syncPolicy: { automated: { enabled: false } } } }],
    [
      "warnings, and the error of an earlier sync",
      { status: { conditions: [{ type: "OrphanedResourceWarning" }, { type: "SyncError" }] } },
    ],
  ])("is silent about %s", (_case, parts) => {
    expect(kinds(anApplication(parts))).toEqual([]);
  });

  it("takes another attempt of the same step for someone else's while it runs", () => {
    const earlier = { ...ours, attempt: 0 };
    expect(kinds(anApplication({ operation: anOperation(SHA_B, earlier) }))).toEqual(["operation-by-others"]);
  });

  it("says what auto-sync is set to and who runs an operation since when", () => {
    const automated = anApplication({ spec: { syncPolicy: { automated: { selfHeal: true } } } });
    const running = anApplication({ status: { operationState: aState(SHA_B, "ana", "Running") } });
    expect(preflight(automated)).toMatchObject([{ targetRevisions: ["main"], selfHeal: true }]);
    expect(preflight(running)[0]?.message).toContain(`by ana is in progress since ${at(10)}`);
  });

  it("knows an automated application and one that an ApplicationSet made from what a real server sends", () => {
    const automated = seenIn("auto-sync", "payments-prod").find(({ how }) => how === "refresh")?.application;
    const generated = seenIn("applicationset-rolling-sync", "voice-prod-1").findLast(
      ({ how }) => how === "GET",
    )?.application;
    expect(automated === undefined ? [] : kinds(automated)).toEqual(["auto-sync"]);
    expect(generated === undefined ? [] : kinds(generated)).toContain("application-set");
  });
});
