import type { Configuration } from "../../src/config/configuration.ts";
import { checkConfiguration } from "../../src/config/load-configuration.ts";
import { diagnosticText } from "../../src/platform/diagnostic.ts";

/** A configuration that is right in every part, to be changed by the tests. */
export const rightConfiguration = `
slack:
  channel: "#deploys"
argocd:
  - name: main
    url: https://argocd.example.com
    token: \${{ secrets.ARGOCD_TOKEN }}
environments:
  - name: staging
  - name: qa
    approval: none
  - name: prod
    approval:
      from: [{ group: S0RELEASE }]
services:
  - name: checkout
    environments: { staging: checkout-staging, prod: checkout-prod }
  - name: payments
    environments: { staging: payments-staging, qa: payments-qa, prod: payments-prod }
roles:
  developers: [{ group: S0DEV }]
grants:
  - { role: developers, verbs: [promote], services: all, environments: all }
secrets:
  ARGOCD_TOKEN: { env: ARGOCD_TOKEN }
`;

/** The configuration that `text` says; throws when it is not right. */
export function configured(text = rightConfiguration): Configuration {
  const result = checkConfiguration({ text, file: "/etc/quarterdeck/quarterdeck.yaml" });
  if (result.kind === "valid") return result.configuration;
  throw new Error(result.diagnostics.map((diagnostic) => diagnosticText(diagnostic)).join("\n"));
}

/** The right configuration with one piece of text replaced; throws when that piece is not in it. */
export function rightExcept(piece: string, by: string): string {
  if (!rightConfiguration.includes(piece)) throw new Error(`the configuration has no ${piece}`);
  return rightConfiguration.replace(piece, by);
}
