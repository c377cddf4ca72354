import { describe, expect, it } from "vitest";
import {
  autoSyncOn,
  isMultiSource,
  newestDeployment,
  newestHistoryId,
  revisionList,
  sourcesOf,
} from "../../../src/argocd/application-facts.ts";
import { anApplication, SHA_A, SHA_B } from "./application-builder.ts";

describe("application facts", () => {
  it("takes one element of sources for several sources", () => {
    const application = anApplication({ spec: { sources: [{ repoURL: "x" }] } });
    expect(isMultiSource(application)).toBe(true);
    expect(sourcesOf(application)).toEqual([{ repoURL: "x" }]);
    expect(sourcesOf(anApplication({ spec: { source: null } }))).toEqual([]);
  });

  it("counts auto-sync as on unless it is switched off", () => {
    expect(autoSyncOn(anApplication({ spec: { syncPolicy: { automated: {} } } }))).toBe(true);
    expect(autoSyncOn(anApplication({ spec: { syncPolicy: { automated: { enabled: true } } } }))).toBe(true);
    expect(autoSyncOn(anApplication({ spec: { syncPolicy: { automated: { enabled: false } } } }))).toBe(false);
    expect(autoSyncOn(anApplication({ spec: { syncPolicy: { automated: null } } }))).toBe(false);
    expect(autoSyncOn(anApplication())).toBe(false);
  });

  it("finds the newest deployment by id, which begins at 0", () => {
    const application = anApplication({
      status: {
        history: [
          { id: 7, revision: SHA_B },
          { id: 0, revision: SHA_A },
        ],
      },
    });
    expect(newestHistoryId(application)).toBe(7);
    expect(newestDeployment(application)?.revision).toBe(SHA_B);
    expect(newestHistoryId(anApplication())).toBe(-1);
    expect(newestDeployment(anApplication())).toBeUndefined();
  });

  it("reads one revision for each source", () => {
    expect(revisionList({ revision: "a", revisions: [] })).toEqual(["a"]);
    expect(revisionList({ revision: "", revisions: ["a", "b"] })).toEqual(["a", "b"]);
    expect(revisionList({ revision: "", revisions: [] })).toEqual([]);
  });
});
