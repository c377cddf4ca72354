import { describe, expect, it } from "vitest";

import { applicableConfiguration } from "../../../src/config/applicable-configuration.ts";
import { configurationChanges } from "../../../src/config/configuration-changes.ts";
import { configured, rightConfiguration, rightExcept } from "../../support/configured.ts";

const changes = (after: string, before = rightConfiguration): readonly string[] =>
  configurationChanges(configured(before), configured(after));

describe("what changed in a configuration", () => {
  it.each([
    ["nothing but a remark", rightExcept("roles:", "# remark\nroles:"), []],
    [
      "the approval of an environment",
      rightExcept("approval: none", "approval: { from: [{ user: U0A1 }] }"),
      ['environments: "qa" changed (approval)'],
    ],
    [
      "a service more",
      rightExcept("roles:", "  - name: web\n    environments: { prod: web }\nroles:"),
      ['services: "web" added'],
    ],
    ["a name", rightExcept("- name: payments", "- name: billing"), ['services: "billing" added, "payments" removed']],
    [
      "the order",
      rightExcept("  - name: qa\n    approval: none\n", "").replace(
        "  - name: staging\n",
        "  - name: qa\n    approval: none\n  - name: staging\n    approval: none\n",
      ),
      ['environments: "staging" changed (approval), order changed'],
    ],
    ["the channel", rightExcept('"#deploys"', '"#releases"'), ["slack: channel"]],
    ["a section more", rightExcept("roles:", "discovery: {}\nroles:"), ["discovery changed"]],
    ["grants", rightExcept("verbs: [promote]", "verbs: [promote, sync]"), ["grants changed"]],
    [
      "a role",
      rightExcept("developers: [{ group: S0DEV }]", "developers: [{ group: S0DEV }]\n  more: [everyone]"),
      ["roles: more added"],
    ],
    ["a time", rightExcept("roles:", "timing: { settle: 1m }\nroles:"), ["timing: settleMs"]],
  ])("is said in words: %s", (_, after, said) => {
    expect(changes(after)).toEqual(said);
  });

  it("is said of the order where nothing else is different", () => {
    const services = configured().services.toReversed();
    expect(configurationChanges(configured(), { ...configured(), services })).toEqual(["services: order changed"]);
  });

  it("never repeats a value", () => {
    const said = changes(rightExcept("{ env: ARGOCD_TOKEN }", "{ env: SOMETHING_ELSE }"));
    expect(said).toEqual(["secrets: ARGOCD_TOKEN"]);
  });
});

const eu = `  - name: eu
    url: https://eu.example.com
    token: \${{ secrets.ARGOCD_TOKEN }}
`;

describe("what a running program takes over", () => {
  it("is everything where no connection changes", () => {
    const next = configured(rightExcept('"#deploys"', '"#releases"'));
    expect(applicableConfiguration(next, configured())).toEqual({ configuration: next, atNextStart: [] });
    // What is started with is what workers are told to look up their tokens by.
    const elsewhere = configured(rightExcept("{ env: ARGOCD_TOKEN }", "{ file: token }"));
    expect(applicableConfiguration(elsewhere, configured()).configuration.secrets).toEqual(configured().secrets);
  });

  it("leaves the connections as they are, and out what only later ones reach", () => {
    const text = rightExcept("environments:\n", `${eu}environments:\n`)
      .replace("  - name: staging\n", "  - name: staging\n    server: main\n")
      .replace("approval: none\n", "approval: none\n    server: main\n")
      .replace("from: [{ group: S0RELEASE }]", "from: [{ group: S0RELEASE }]\n    server: main")
      .replace("prod: checkout-prod", "prod: { app: checkout-prod, server: eu }")
      .replace('"#deploys"', '"#releases"');
    const { configuration, atNextStart } = applicableConfiguration(configured(text), configured());
    expect(atNextStart).toEqual(["the Argo CD servers"]);
    expect(configuration.argocd).toEqual(configured().argocd);
    expect(configuration.slack.channel).toBe("#releases");
    expect(configuration.services[0]?.environments).toEqual({
      staging: { app: "checkout-staging", namespace: "argocd", server: "main" },
    });
    expect(Object.keys(configuration.services[1]?.environments ?? {})).toEqual(["staging", "qa", "prod"]);
  });

  it("keeps an application in its namespace when the server's first one changes", () => {
    const text = rightExcept("    token:", "    namespaces: [gitops, argocd]\n    token:").replace(
      "prod: checkout-prod",
      "prod: { app: checkout-prod, namespace: argocd }",
    );
    const { configuration } = applicableConfiguration(configured(text), configured());
    expect(configuration.services[0]?.environments).toEqual({
      prod: { app: "checkout-prod", namespace: "argocd", server: "main" },
    });
  });

  it.each([
    ["secrets", rightExcept("{ env: ARGOCD_TOKEN }", "{ file: token }"), ["where secrets are kept"]],
    [
      "credentials of repositories",
      rightExcept("roles:", "git: { repositories: [{ url: 'https://git.test/a' }] }\nroles:"),
      ["how the Git repositories are read"],
    ],
    [
      "the way in",
      rightExcept('channel: "#deploys"', 'channel: "#deploys"\n  receive: http'),
      ["how Slack reaches Quarterdeck"],
    ],
    ["a limit", rightExcept("roles:", "git: { timeout: 1m }\nroles:"), ["the limits of Git repositories"]],
    ["branches", rightExcept("roles:", "git: { branches: [release] }\nroles:"), []],
  ])("says what waits for the next start: %s", (_, text, words) => {
    expect(applicableConfiguration(configured(text), configured()).atNextStart).toEqual(words);
  });
});
