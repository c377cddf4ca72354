import { describe, expect, it } from "vitest";
import type { Application } from "../../../src/argocd/application.ts";
import {
  findOwnOperation,
  identityOf,
  infosOf,
  isOwn,
  operationFingerprint,
  summarizeOperation,
} from "../../../src/argocd/operation-identity.ts";
import { anApplication, anOperation, aState, at, ours, SHA_A, SHA_B } from "./application-builder.ts";

const operationOf = (application: Application) => {
  if (application.operation === undefined) throw new Error("no operation");
  return application.operation;
};
describe("operation identity", () => {
  it("travels in the infos and back", () => {
    const operation = operationOf(anApplication({ operation: anOperation(SHA_B, ours) }));
    expect(infosOf(ours)).toEqual([
      { name: "quarterdeck.run", value: "run_1" },
      { name: "quarterdeck.step", value: "promote/sync" },
      { name: "quarterdeck.attempt", value: "1" },
    ]);
    expect(identityOf(operation)).toEqual(ours);
    expect(identityOf(operationOf(anApplication({ operation: anOperation(SHA_B, "ana") })))).toBeUndefined();
  });

  it("compares the parts that are asked for", () => {
    const operation = operationOf(anApplication({ operation: anOperation(SHA_B, ours) }));
    expect(isOwn(operation, { run: "run_1" })).toBe(true);
    expect(isOwn(operation, { run: "run_1", step: "promote/sync" })).toBe(true);
    expect(isOwn(operation, { run: "run_1", step: "other" })).toBe(false);
    expect(isOwn(operation, { ...ours, attempt: 2 })).toBe(false);
    expect(isOwn(operation, { run: "run_2" })).toBe(false);
  });

  it.each([
    ["requested", { operation: anOperation(SHA_B, ours) }],
    ["active", { operation: anOperation(SHA_B, ours), status: { operationState: aState(SHA_B, ours, "Running") } }],
    ["active", { operation: anOperation(SHA_B, ours), status: { operationState: aState(SHA_B, ours, "Terminating") } }],
    ["finished", { status: { operationState: aState(SHA_B, ours, "Succeeded") } }],
    ["finished", { status: { operationState: aState(SHA_B, ours, "Error") } }],
    [undefined, { status: { operationState: aState(SHA_B, "ana", "Succeeded") } }],
    [undefined, { operation: anOperation(SHA_B, "ana"), status: { operationState: aState(SHA_B, ours, "Succeeded") } }],
    [undefined, {}],
  ])("finds our operation %s", (kind, parts) => {
    expect(findOwnOperation(anApplication(parts), ours)?.kind).toBe(kind);
  });

  it("sums up the operation that is shown, not the one before it", () => {
    const queued = anApplication({
      operation: anOperation(SHA_A, "ana"),
      status: { operationState: aState(SHA_B, ours, "Succeeded") },
    });
    expect(summarizeOperation(queued)).toMatchObject({
      phase: "Pending",
      initiatedBy: "ana",
      revisions: [SHA_A],
    });
    expect(
      summarizeOperation(anApplication({ status: { operationState: aState(SHA_B, ours, "Succeeded") } })),
    ).toMatchObject({ phase: "Succeeded", revisions: [SHA_B] });
    expect(summarizeOperation(anApplication())).toBeUndefined();
  });

  it("tells two operations at the same revision apart by their start", () => {
    const first = anApplication({ status: { operationState: aState(SHA_B, "ana", "Succeeded") } });
    const second = anApplication({
      status: { operationState: aState(SHA_B, "ana", "Succeeded", { startedAt: at(11) }) },
    });
    expect(operationFingerprint(first)).not.toBe(operationFingerprint(second));
    expect(operationFingerprint(anApplication())).toBeUndefined();
  });
});
