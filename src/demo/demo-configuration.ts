/** What the demo's `quarterdeck.yaml` says; only addresses, names and short times are its own. */
export interface DemoAddresses {
  readonly argocdUrl: string;
  readonly repositoryUrl: string;
  /** How long an application has to stay healthy, `2s` when absent. */
  readonly settle?: string | undefined;
  /** How long people have to decide at a gate; an hour when absent. */
  readonly expires?: string | undefined;
  readonly mode?: "act" | "observe" | undefined;
}

/** The configuration of the demo, as a person would write it. */
export function demoConfiguration(settings: DemoAddresses): string {
  const { argocdUrl, repositoryUrl, settle = "2s", expires = "1h", mode } = settings;
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

services:
  - name: checkout
    environments: { staging: checkout-staging, prod: checkout-prod }
  - name: web
    environments: { staging: web-staging, prod: web-prod }
  - name: payments
    environments: { staging: payments-staging, qa: payments-qa, prod: payments-prod }

roles:
  team: [everyone]
grants:
  - { role: team, verbs: [promote, rollback, sync, lock, unlock], services: all, environments: all }

git:
  repositories:
    - url: ${repositoryUrl}
      branches: [main]

secrets:
  ARGOCD_TOKEN: { env: ARGOCD_TOKEN }

# The demo's pods start in seconds, so its proofs need not take minutes.
timing: { settle: ${settle}, degraded-grace: 4s, start-deadline: 20s, resync: 60s }
`;
}
