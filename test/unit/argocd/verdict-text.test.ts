import { describe, expect, it } from "vitest";
import type { Application } from "../../../src/argocd/application.ts";
import { assess } from "../../../src/argocd/assess.ts";
import { verdictText } from "../../../src/argocd/verdict-text.ts";
import {
  anApplication,
  anExpectation,
  anOperation,
  aState,
  at,
  atMs,
  ours,
  SHA_A,
  SHA_B,
} from "./application-builder.ts";

describe("verdictText", () => {
  const text = (application: Application, second = 22): string =>
    verdictText(assess({ application, expectation: anExpectation(), nowMs: atMs(second) }).verdict);

  it.each([
    ["waiting for the Argo CD controller to start the sync", { operation: anOperation(SHA_B, ours) }],
    [
      "2 of 2 resources applied",
      { operation: anOperation(SHA_B, ours), status: { operationState: aState(SHA_B, ours, "Running") } },
    ],
    [
      "2 of 2 resources applied, waiting for healthy",
      {
        operation: anOperation(SHA_B, ours),
        status: { operationState: aState(SHA_B, ours, "Running", { message: "waiting for healthy state of x" }) },
      },
    ],
    [
      "held back by a sync window",
      {
        operation: anOperation(SHA_B, ours),
        status: {
          operationState: aState(SHA_B, ours, "Running", { message: "Sync operation blocked by sync window" }),
        },
      },
    ],
    [
      "waiting for try 2",
      {
        operation: anOperation(SHA_B, ours),
        status: { operationState: aState(SHA_B, ours, "Running", { finishedAt: at(12), retryCount: 1 }) },
      },
    ],
    [
      "synced; Argo CD compares the application anew",
      { status: { operationState: aState(SHA_B, ours, "Succeeded"), reconciledAt: at(20) } },
    ],
    [
      "healthy; watching whether it stays so",
      { status: { operationState: aState(SHA_B, ours, "Succeeded"), reconciledAt: at(21) } },
    ],
    ["an operation by ana has taken over", { operation: anOperation(SHA_A, "ana") }],
  ])("says %s", (expected, parts) => {
    expect(text(anApplication(parts))).toContain(expected.replace("waiting for healthy", "waiting for x"));
  });

  it("says that a pin is applied and healthy, and never that it is out of sync", () => {
    const application = anApplication({
      status: {
        operationState: aState(SHA_B, ours, "Succeeded"),
        reconciledAt: at(21),
        sync: { status: "OutOfSync", revision: SHA_A },
      },
    });
    const timing = { settleMs: 0, degradedGraceMs: 0, startDeadlineMs: 0 };
    const { verdict } = assess({ application, expectation: anExpectation({ timing }), nowMs: atMs(22) });
    expect(verdictText(verdict)).toBe("bbbbbbb applied and healthy");
  });

  it("names the first of the resources that are not healthy", () => {
    const application = anApplication({
      status: {
        operationState: aState(SHA_B, ours, "Succeeded"),
        reconciledAt: at(21),
        health: { status: "Progressing" },
        resources: [
          { kind: "Deployment", name: "web", health: { status: "Progressing", message: "1 of 2 replicas" } },
          { kind: "Service", name: "web", health: { status: "Healthy" } },
        ],
      },
    });
    expect(text(application)).toBe("1 of 2 resources healthy: Deployment/web Progressing: 1 of 2 replicas");
  });
});
