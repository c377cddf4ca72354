import { describe, expect, it } from "vitest";

import { symptomOf } from "../../../src/observe/symptom.ts";
import { anApplication, aState, at, resource, SHA_A } from "../argocd/application-builder.ts";

function symptom(health: string, more: Readonly<Record<string, unknown>> = {}): string {
  return symptomOf(anApplication({ status: { health: { status: health }, ...more } })).kind;
}

const history = [{ id: 1, revision: SHA_A }];

describe("the symptom of an application", () => {
  it.each([
    ["Healthy", "well"],
    ["Suspended", "well"],
    ["Degraded", "ill"],
    ["Progressing", "between"],
    ["Unknown", "between"],
    ["", "between"],
    ["SomethingNew", "between"],
  ])("that is %j is %s", (health, kind) => {
    expect(symptom(health)).toBe(kind);
  });

  it("that is being deleted is nothing that anybody is called for", () => {
    const application = anApplication({
      metadata: { deletionTimestamp: at(5) },
      status: { health: { status: "Degraded" } },
    });
    expect(symptomOf(application)).toEqual({ kind: "between" });
  });

  it("that is Missing is ill only when something had been deployed", () => {
    const resources = [resource("Deployment", "checkout", "Missing")];
    expect(symptom("Missing", { resources })).toBe("between");
    expect(symptom("Missing", { resources, history })).toBe("ill");
  });

  it("that is pinned is not ill for an object that only its branch has, as up to Argo CD 3.3", () => {
    const resources = [
      resource("Service", "checkout", "Healthy"),
      resource("Deployment", "checkout", "Healthy", { group: "apps" }),
      resource("Deployment", "only-in-the-branch", "Missing", { group: "apps" }),
    ];
    const operationState = aState(SHA_A, { run: "run_1" }, "Succeeded");
    expect(symptom("Missing", { resources, history, operationState })).toBe("well");
  });
});
