import { type AccountDefinition, accountToken, type Policy } from "./argocd-accounts.ts";
import type { ApplicationDefinition } from "./argocd-application-store.ts";
import type { ImageBehaviour } from "./cluster-object.ts";
import { DEMO_ENVIRONMENTS } from "./git-demo-history.ts";
import { demoImage } from "./git-demo-manifests.ts";
import { DEMO_COMMITS } from "./git-demo-repository.ts";

/** The project of all of the demo's Applications. */
export const DEMO_PROJECT = "shop";

/** The token of the account that Quarterdeck uses in the demo; it works nowhere else. */
export const DEMO_TOKEN = accountToken("quarterdeck");

const LIVE = {
  checkout: DEMO_COMMITS.checkoutLive,
  web: DEMO_COMMITS.webLive,
  payments: DEMO_COMMITS.paymentsLive,
} as const;

/**
 * `checkout-staging`, `checkout-prod`, `web-staging`...: each live and healthy at an older commit, and synced by hand but for those
 * of `autoSync`.
 */
export function demoApplications(repoURL: string, autoSync: readonly string[] = []): readonly ApplicationDefinition[] {
  const services = ["checkout", "web", "payments"] as const;
  return services.flatMap((service) =>
    DEMO_ENVIRONMENTS[service].map((environment) => ({
      name: `${service}-${environment}`,
      labels: { "quarterdeck.dev/service": service, "quarterdeck.dev/environment": environment },
      spec: {
        project: DEMO_PROJECT,
        source: { repoURL, path: `${service}/${environment}`, targetRevision: "main" },
        destination: { server: "https://kubernetes.default.svc", namespace: `${service}-${environment}` },
        syncPolicy: {
          syncOptions: ["CreateNamespace=true"],
          ...(autoSync.includes(`${service}-${environment}`) && { automated: {} }),
        },
      },
      liveRevisions: [LIVE[service]],
    })),
  );
}

/** `quarterdeck` with exactly the rights that it needs and those of `more`, and `viewer`, who may only look. */
export function demoAccounts(more: readonly Policy[] = []): readonly AccountDefinition[] {
  const looks = [right("applications", "get"), { ...right("projects", "get"), object: DEMO_PROJECT }];
  return [
    { name: "quarterdeck", token: DEMO_TOKEN, policies: [...looks, right("applications", "sync"), ...more] },
    { name: "viewer", token: accountToken("viewer"), policies: looks },
  ];
}

/** How the demo's images behave: most need a moment to start, checkout 1.6.0 never gets there, payments 2.4.0 takes long. */
export const DEMO_IMAGES: Readonly<Record<string, ImageBehaviour>> = {
  [demoImage("checkout", "1.6.0")]: { kind: "crashes", afterMs: 800 },
  [demoImage("payments", "2.4.0")]: { kind: "starts", afterMs: 8000 },
  [demoImage("web-migrate", "")]: { kind: "starts", afterMs: 1500 },
  [demoImage("web-warm-up", "")]: { kind: "starts", afterMs: 1000 },
};

/** What every other image of the demo does. */
export const DEMO_OTHER_IMAGES: ImageBehaviour = { kind: "starts", afterMs: 1200 };

function right(resource: string, action: string): Policy {
  return { resource, action, object: `${DEMO_PROJECT}/*`, effect: "allow" };
}
