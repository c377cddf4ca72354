import { expect, it } from "vitest";

import { argocdClusters } from "../../../src/doctor/argocd-clusters.ts";

function ask(granted: readonly string[]): ReturnType<typeof argocdClusters> {
  const client = {
    canI: async ({ resource, action }: { readonly resource: string; readonly action: string }) =>
      resource === "clusters" && granted.includes(action),
  };
  return argocdClusters({ server: "main", account: "quarterdeck", client, signal: new AbortController().signal });
}

it("says that the account may register clusters", async () => {
  expect(await ask(["get", "create", "update"])).toMatchObject([{ level: "ok", subject: "main clusters" }]);
});

it("says which lines of the policy are missing", async () => {
  expect(await ask(["get"])).toMatchObject([
    {
      level: "warning",
      what: expect.stringContaining("may not create, update any cluster"),
      mend: expect.stringContaining(
        "p, quarterdeck, clusters, create, *, allow; p, quarterdeck, clusters, update, *, allow",
      ),
    },
  ]);
});
