import type { ConfigurationPart } from "./world-part.ts";

/** What the demo's `quarterdeck.yaml` says; only addresses, names and short times are its own. */
export interface DemoAddresses {
  readonly argocdUrl: string;
  readonly repositoryUrl: string;
  /** How long an application has to stay healthy, `2s` when absent. */
  readonly settle?: string | undefined;
  /** How long people have to decide at a gate; an hour when absent. */
  readonly expires?: string | undefined;
  readonly mode?: "act" | "observe" | undefined;
  /** What the parts of the world add. */
  readonly parts?: Required<ConfigurationPart> | undefined;
  /** What people may do besides what comes with Quarterdeck. */
  readonly verbs?: readonly string[] | undefined;
}

const VERBS = ["promote", "rollback", "sync", "signal", "lock", "unlock"];

/** The configuration of the demo, as a person would write it. */
export function demoConfiguration(settings: DemoAddresses): string {
  const { argocdUrl, repositoryUrl, settle = "2s", expires = "1h", mode, parts, verbs = [] } = settings;
  return `# The configuration of the demo. A real one differs in its addresses, people and times; see quarterdeck.example.yaml.
${mode === undefined ? "" : `mode: ${mode}\n\n`}slack:
  channel: C0DEPLOYS1
  alerts:
    channel: C0DEPLOYS1
    mention: { group: S0ONCALL01, handle: oncall }

argocd:
  - name: main
    url: ${argocdUrl}
    token: \${{ secrets.ARGOCD_TOKEN }}

environments:
  - name: staging
  - name: qa
    approval:
      from: [{ group: S0APPROVE1, handle: release-approvers }]
      quorum: 1
      expires: ${expires}
  - name: prod
    approval:
      from: [{ group: S0APPROVE1, handle: release-approvers }]
      quorum: 1
      expires: ${expires}
${entries(parts?.environments)}
services:
  - name: checkout
    environments: { staging: checkout-staging, prod: checkout-prod }
  - name: web
    environments: { staging: web-staging, prod: web-prod }
  - name: payments
    environments: { staging: payments-staging, qa: payments-qa, prod: payments-prod }
${entries(parts?.services)}
${rights(verbs, parts)}
git:
  repositories:
    - url: ${repositoryUrl}
      branches: [main]
${entries(parts?.repositories, "    ")}
secrets:
  ARGOCD_TOKEN: { env: ARGOCD_TOKEN }
  # "demo-hook-secret", for triggers that you try.
  DEMO_HOOK: { env: DEMO_HOOK }
${(parts?.secrets ?? []).map((name) => `  ${name}: { env: ${name} }\n`).join("")}
# The demo's pods start in seconds, so its proofs need not take minutes.
timing: { settle: ${settle}, degraded-grace: 4s, start-deadline: 20s, resync: 60s }
${parts === undefined ? "" : partKeys(parts)}`;
}

/** Everything outside is on this machine, and steps may call nothing there unless it is allowed. */
function partKeys({ programs, others }: Required<ConfigurationPart>): string {
  const network = { "private-addresses": "deny", allow: ["127.0.0.0/8"] };
  const keys = Object.entries({ network, programs, ...others });
  return `\n${keys.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join("")}`;
}

/** Who may do what: the team, and what the parts name. */
function rights(verbs: readonly string[], { roles = {}, grants }: Partial<ConfigurationPart> = {}): string {
  const named = Object.entries(roles).map(([role, list]) => `  ${role}: ${JSON.stringify(list)}\n`);
  return `roles:
  team: [everyone]
${named.join("")}grants:
  - { role: team, verbs: [${[...VERBS, ...verbs].join(", ")}], services: all, environments: all }
${entries(grants)}`;
}

/** Entries of a list; what is JSON is YAML, too. */
function entries(list: readonly object[] = [], indent = "  "): string {
  return list.map((entry) => `${indent}- ${JSON.stringify(entry)}\n`).join("");
}
