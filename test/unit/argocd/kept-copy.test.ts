import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { keptCopy } from "../../../src/argocd/kept-copy.ts";
import { anApplication, SHA_A, SHA_B } from "./application-builder.ts";

const resource = (name: string, health = "Healthy"): Readonly<Record<string, unknown>> => ({
  kind: "Deployment",
  name,
  namespace: "web",
  status: "Synced",
  health: { status: health },
});

describe("a newer copy of an application", () => {
  it("takes over what did not change, and only that", () => {
    const older = anApplication({ version: 1, status: { resources: [resource("api"), resource("web")] } });
    const newer = anApplication({ version: 2, status: { resources: [resource("api"), resource("web", "Degraded")] } });
    const shared = keptCopy(newer, older);
    expect(shared).toEqual(newer);
    expect(shared.spec).toBe(older.spec);
    expect(shared.status.history).toBe(older.status.history);
    expect(shared.status.resources[0]).toBe(older.status.resources[0]);
    expect(shared.status.resources[1]).not.toBe(older.status.resources[1]);
  });

  it("takes over the list of resources as a whole when none of them changed", () => {
    const older = anApplication({ version: 1, status: { resources: [resource("api")] } });
    const newer = anApplication({ version: 2, status: { resources: [resource("api")] } });
    expect(keptCopy(newer, older).status.resources).toBe(older.status.resources);
  });

  it("is what it was, whatever the older one was", () => {
    const aCopy = fc
      .record({
        version: fc.nat(9),
        names: fc.array(fc.constantFrom("api", "web", "jobs"), { maxLength: 4 }),
        health: fc.constantFrom("Healthy", "Degraded"),
        revision: fc.constantFrom(SHA_A, SHA_B),
        source: fc.constantFrom({ repoURL: "a", path: "b" }, { repoURL: "a", chart: "b", extra: [1] }),
        operation: fc.constantFrom(undefined, { sync: { revision: SHA_A } }),
      })
      .map(({ version, names, health, revision, source, operation }) =>
        anApplication({
          version,
          spec: { source },
          ...(operation !== undefined && { operation }),
          status: {
            resources: names.map((name) => resource(name, health)),
            sync: { status: "Synced", revision },
            conditions: names.map((type) => ({ type, message: health })),
          },
        }),
      );
    fc.assert(
      fc.property(aCopy, aCopy, (older, newer) => {
        expect(keptCopy(newer, older)).toEqual(newer);
      }),
    );
  });
});
