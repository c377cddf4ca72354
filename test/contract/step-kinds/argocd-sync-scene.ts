import { argocdSync } from "../../../src/steps/argocd-sync.ts";
import { FakeArgocd } from "../../support/fake-argocd.ts";
import { anApplication, anOperation, atMs, SHA_B } from "../../unit/argocd/application-builder.ts";
import type { ActionScene } from "../step-kind.contract.ts";

const NONE = { commits: [], touching: 0, others: 0 };

/** An application that takes on the operation of a sync as soon as it has arrived. */
export async function syncScene(): Promise<ActionScene> {
  const argocd = new FakeArgocd(anApplication());
  argocd.onSync = (_name, { infos }) => {
    const own = Object.fromEntries(infos.map(({ name, value }) => [name, value]));
    const identity = {
      run: own["quarterdeck.run"] ?? "",
      step: own["quarterdeck.step"] ?? "",
      attempt: Number(own["quarterdeck.attempt"]),
    };
    argocd.put(anApplication({ operation: anOperation(SHA_B, identity) }));
  };
  const kind = argocdSync({
    servers: argocd.servers,
    clock: { now: () => atMs(30), sleep: async () => undefined, monotonic: () => 30 },
    preparation: {
      ruleOf: () => undefined,
      git: { commitsBetween: async () => ({ kind: "forward", added: NONE, removed: NONE }) },
    },
  });
  return {
    kind,
    input: { app: "main/argocd/checkout-prod", revision: SHA_B },
    effects: () => argocd.syncs.length,
    hold: () => {
      const asked = Promise.withResolvers<void>();
      argocd.before = ({ signal }) => {
        asked.resolve();
        return new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
        });
      };
      return asked.promise;
    },
  };
}
