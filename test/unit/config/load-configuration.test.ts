import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { assert, constantFrom, nat, oneof, property, string } from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { checkConfiguration, loadConfiguration } from "../../../src/config/load-configuration.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";
import { configured, rightConfiguration, rightExcept } from "../../support/configured.ts";

function mistakes(text: string): readonly string[] {
  const result = checkConfiguration({ text, file: "quarterdeck.yaml" });
  if (result.kind === "valid") return [];
  return result.diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

/** A name of a test, the piece of the right configuration that is replaced, by what, and what is said of it. */
type Mistake = readonly [what: string, piece: string, by: string, said: string];

describe("a configuration with more mistakes than anybody reads", () => {
  // The times of the faults: 5 s, 0.6 s and 0.3 s. A busy machine gets more than the 50 ms that are promised.
  it.each([
    ["unknown keys of services", rightExcept("services:", `services:\n${"  - { x: 1 }\n".repeat(4500)}`)],
    ["tags in one line", `${rightConfiguration}a: [${"!t x, ".repeat(10_000)}]`],
    ["unknown keys", rightConfiguration + Array.from({ length: 6000 }, (_, index) => `k${index}: 1\n`).join("")],
  ])("is refused without looking for all of them: %s", (_what, text) => {
    const started = cpuTimeMs();
    const found = mistakes(text).length;
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThanOrEqual(100);
    expect(cpuTimeMs() - started).toBeLessThan(700);
  });
});

describe("a right configuration", () => {
  it("is read with the defaults of everything that it leaves out", () => {
    const { slack, argocd, git, timing, people } = configured();
    expect(slack).toMatchObject({ channel: "#deploys", commands: { promote: "/promote", main: "/qd" }, teams: [] });
    expect(argocd[0]).toMatchObject({ insecure: false, namespaces: ["argocd"], projects: [] });
    expect(git).toEqual({
      repositories: [],
      branches: ["main", "master"],
      timeoutMs: 120_000,
      author: { name: "Quarterdeck", email: "quarterdeck@localhost" },
      largestBytes: 2_000_000_000,
    });
    expect(timing).toEqual({
      settleMs: 20_000,
      degradedGraceMs: 90_000,
      startDeadlineMs: 120_000,
      resyncMs: 120_000,
      shutdownGraceMs: 10_000,
    });
    expect(people).toEqual([]);
  });

  it("keeps secrets as references", () => {
    expect(configured().argocd[0]?.token).toEqual({ secret: "ARGOCD_TOKEN" });
  });

  it("counts relative paths from its own folder", () => {
    const text = `${rightExcept("{ env: ARGOCD_TOKEN }", "{ file: token }").replace("name: main", "name: main\n    ca: ../ca.pem")}
git:
  repositories:
    - url: git@github.com:acme/deploy.git
      ssh: { key: keys/deploy, known-hosts: /etc/ssh/known_hosts }
      ca: ca.pem
`;
    const { argocd, git, secrets } = configured(text);
    expect(argocd[0]?.ca).toBe("/etc/ca.pem");
    expect(git.repositories[0]?.ssh).toEqual({
      keyFile: "/etc/quarterdeck/keys/deploy",
      knownHostsFile: "/etc/ssh/known_hosts",
    });
    expect(git.repositories[0]?.ca).toBe("/etc/quarterdeck/ca.pem");
    expect(secrets["ARGOCD_TOKEN"]).toEqual({ file: "/etc/quarterdeck/token" });
  });

  it("may read repositories by token, GitHub App, SSH key, from a folder, or without anything", () => {
    const text = `${rightConfiguration.replace("secrets:", "secrets:\n  APP_KEY: { file: app.pem }")}
git:
  repositories:
    - { url: "https://gitlab.example.com/", token: "\${{ secrets.ARGOCD_TOKEN }}", user: oauth2, branches: ["release/*"] }
    - { url: "https://github.com/acme", github-app: { app-id: 12, installation-id: "34", key: "\${{secrets.APP_KEY}}" } }
    - { url: "ssh://git@git.example.com:2222/deploy.git", ssh: { key: key, known-hosts: hosts } }
    - { url: "file:///srv/git/deploy" }
    - { url: "https://github.com/argoproj" , branches: [master] }
`;
    const [gitlab, github] = configured(text).git.repositories;
    expect(gitlab).toMatchObject({
      url: "https://gitlab.example.com",
      user: "oauth2",
      token: { secret: "ARGOCD_TOKEN" },
    });
    expect(github?.githubApp).toEqual({
      appId: "12",
      installationId: "34",
      key: { secret: "APP_KEY" },
      apiUrl: "https://api.github.com",
    });
  });

  it("may speak plain http to this machine, and elsewhere when it says so", () => {
    expect(mistakes(rightExcept("https://argocd.example.com", "http://127.0.0.1:8443"))).toEqual([]);
    expect(mistakes(rightExcept("https://argocd.example.com", "http://argocd.test\n    insecure: true"))).toEqual([]);
  });
});

describe("a mistake in the configuration", () => {
  const mistakesOfForm: readonly Mistake[] = [
    ["an unknown key", "channel:", "chanel:", '3:3 slack: there is no key "chanel" here; did you mean `channel`?'],
    [
      "an unknown key unlike any",
      "channel:",
      "zzz: 1\n  channel:",
      '3:3 slack: there is no key "zzz" here; known are `channel`, `approvals`, `alerts`, `commands`, `receive`, `teams`',
    ],
    [
      "something that is missing",
      "    url: https://argocd.example.com\n",
      "",
      "5:5 argocd[0].url: is missing; it is an address such as https://argocd.example.com",
    ],
    [
      "text where a list belongs",
      "verbs: [promote]",
      "verbs: promote",
      '23:32 grants[0].verbs: "promote" does not fit; a list belongs here',
    ],
    [
      "a channel that YAML takes for a remark",
      'channel: "#deploys"',
      "channel: #deploys",
      "3:12 slack.channel: is empty; text belongs here, in quotes where it begins with #",
    ],
    [
      "a number where a name belongs",
      "name: qa",
      "name: 2024",
      "10:11 environments[1].name: 2024 is a number; write it in quotes",
    ],
    [
      "an empty list",
      "[{ group: S0RELEASE }]",
      "[]",
      "14:13 environments[2].approval.from: is empty; at least one entry belongs here",
    ],
    [
      "a name with spaces",
      "name: checkout",
      "name: check out",
      '16:11 services[0].name: "check out" is no name; a name has up to 63 lower-case letters, digits, dots, dashes and underscores, and begins and ends with a letter or digit',
    ],
    [
      "a handle for a group",
      "S0RELEASE",
      '"@release"',
      '14:23 environments[2].approval.from[0].group: "@release" is no Slack user group id; open the group under People > User groups, take "Copy group ID", and write it as S0123ABCD',
    ],
    [
      "neither person nor group",
      "{ group: S0RELEASE }",
      "{ handle: release }",
      "14:14 environments[2].approval.from[0]: say either who (`user: U0123ABCD`) or which group (`group: S0123ABCD`)",
    ],
    [
      "a channel without its sign",
      '"#deploys"',
      "deploys",
      '3:12 slack.channel: "deploys" is no channel; write "#deploys" in quotes, or the channel\'s id such as C0123ABCD',
    ],
    [
      "another word than none",
      "approval: none",
      "approval: nobody",
      '11:15 environments[1].approval: "nobody" does not fit; `none`, or a block of keys belongs here',
    ],
    [
      "a wrong duration",
      "approval: none",
      "approval: none\n    settle: 3 hours",
      '12:13 environments[1].settle: "3 hours" is no duration; write one such as 30s, 15m or 2h',
    ],
    [
      "a duration out of range",
      "approval: none",
      "approval: none\n    settle: 2h",
      '12:13 environments[1].settle: "2h" is out of range; it goes from 0 s to 1 h',
    ],
    [
      "a password in an address",
      "https://argocd",
      "https://bot:hunter22@argocd",
      "6:10 argocd[0].url: an address has no user or password in it here; the credential has its own field, with a reference to a secret",
    ],
    [
      "an address of another sort",
      "https://argocd.example.com",
      "argocd.example.com",
      '6:10 argocd[0].url: "argocd.example.com" is no address; it begins with https:// or http://',
    ],
    [
      "one of Slack's own commands",
      '"#deploys"',
      '"#deploys"\n  commands: { main: /status }',
      '4:21 slack.commands.main: "/status" is one of Slack\'s own commands; choose another name',
    ],
    [
      "a role with a bad name",
      "  developers: [",
      "  Developers: [",
      '21:3 roles: "Developers" is no name; a name has up to 63 lower-case letters, digits, dots, dashes and underscores, and begins and ends with a letter or digit',
    ],
    [
      "an application without its name",
      "prod: checkout-prod",
      "prod: { ap: checkout-prod }",
      '17:56 services[0].environments.prod: there is no key "ap" here; did you mean `app`?',
    ],
  ];

  it.each(mistakesOfForm)("is found: %s", (_, piece, by, said) => {
    expect(mistakes(rightExcept(piece, by)).join("\n")).toContain(said);
  });

  const mistakesOfSense: readonly Mistake[] = [
    [
      "an environment that is not declared",
      "prod: checkout-prod",
      "prd: checkout-prod",
      '17:48 services[0].environments: there is no environment "prd"; did you mean "prod"?',
    ],
    [
      "an application in two places",
      "payments-qa",
      "payments-prod",
      '19:73 services[1].environments.prod: the application main/argocd/payments-prod is already "payments" in "qa"; an application belongs to one service in one environment',
    ],
    [
      "one label for both",
      "roles:",
      "discovery: { service: app, environment: app }\nroles:",
      "20:41 discovery.environment: one label cannot name both the service and the environment; choose another key",
    ],
    [
      "a label that is none",
      "roles:",
      "discovery: { service: 'a b' }\nroles:",
      '20:23 discovery.service: "a b" is no key of a label; write one such as quarterdeck.dev/service',
    ],
    [
      "discovery on a server that is not declared",
      "roles:",
      "discovery: { servers: [mian] }\nroles:",
      '20:24 discovery.servers[0]: there is no Argo CD server "mian"; did you mean "main"?',
    ],
    [
      "discovery in a namespace that nobody watches",
      "roles:",
      "discovery: { namespaces: [teams] }\nroles:",
      '20:27 discovery.namespaces[0]: no Argo CD server watches the namespace "teams"; add it to the `namespaces` of its server',
    ],
    [
      "no services and no discovery",
      /services:\n(?: .*\n)+/u.exec(rightConfiguration)?.[0] ?? "",
      "services: []\n",
      "15:11 services: is empty; name the services, or find them by labels on the Applications: `discovery: {}`",
    ],
    [
      "a service twice",
      "name: payments",
      "name: checkout",
      '18:11 services[1].name: the name "checkout" is taken by entry 1 of `services`; choose another',
    ],
    [
      "a later environment that does not say who lets a run in",
      "    approval: none\n",
      "",
      '10:5 environments[1]: "qa" comes after "staging" and does not say who lets a run into it; add `approval:` with `from:`, or `approval: none` if nobody is to be asked',
    ],
    [
      "more approvers than there are",
      "[{ group: S0RELEASE }]",
      "[{ user: U0ANA }]\n      quorum: 2",
      "15:15 environments[2].approval.quorum: 2 people must approve, but only 1 may; lower the quorum or name more people",
    ],
    [
      "a service that is nowhere",
      "{ staging: checkout-staging, prod: checkout-prod }",
      "{}",
      '17:19 services[0].environments: "checkout" is deployed nowhere; name an environment and its application',
    ],
    [
      "a service that is called help",
      "name: checkout",
      "name: help",
      '16:11 services[0].name: "help" is a word of the commands; choose another name',
    ],
    [
      "a server that is not declared",
      "prod: checkout-prod",
      "prod: { app: checkout-prod, server: man }",
      '17:84 services[0].environments.prod.server: there is no Argo CD server "man"; did you mean "main"?',
    ],
    [
      "a namespace that the server does not serve",
      "prod: checkout-prod",
      "prod: { app: checkout-prod, namespace: apps }",
      '17:87 services[0].environments.prod.namespace: "apps" is not among the namespaces of the server "main" (argocd); add it there',
    ],
    [
      "a role that is not declared",
      "role: developers",
      "role: developer",
      '23:13 grants[0].role: there is no role "developer"; did you mean "developers"?',
    ],
    [
      "a grant for an unknown service",
      "services: all",
      "services: [chekout]",
      '23:54 grants[0].services[0]: there is no service "chekout"; did you mean "checkout"?',
    ],
    [
      "a secret that is not declared",
      "secrets.ARGOCD_TOKEN",
      "secrets.ARGO_TOKEN",
      '7:12 argocd[0].token: there is no secret "ARGO_TOKEN"; did you mean "ARGOCD_TOKEN"? Declare it: `secrets: { ARGO_TOKEN: { env: ARGO_TOKEN } }`',
    ],
    [
      "a secret that is like none",
      "secrets.ARGOCD_TOKEN",
      "secrets.HOOK",
      '7:12 argocd[0].token: there is no secret "HOOK"; there is ARGOCD_TOKEN. Declare it: `secrets: { HOOK: { env: HOOK } }`',
    ],
    [
      "a secret in two places",
      "{ env: ARGOCD_TOKEN }",
      "{ env: A, file: b }",
      "25:17 secrets.ARGOCD_TOKEN: say where the value is: either `env: VARIABLE` or `file: PATH`",
    ],
    [
      "a token over plain http",
      "https://argocd",
      "http://argocd",
      "6:10 argocd[0].url: the token would travel unencrypted; use https://, or say `insecure: true` if this network is only a trial",
    ],
    [
      "a certificate authority that is not used",
      "name: main",
      "name: main\n    ca: ca.pem\n    insecure: true",
      "7:15 argocd[0].insecure: `ca` has no effect beside `insecure: true`; keep one of them",
    ],
    [
      "one name for both commands",
      '"#deploys"',
      '"#deploys"\n  commands: { main: /promote }',
      "4:21 slack.commands.main: /promote is the name of the promote command already; the two need different names",
    ],
  ];

  it.each(mistakesOfSense)("is found: %s", (_, piece, by, said) => {
    expect(mistakes(rightExcept(piece, by))).toEqual([said]);
  });

  it.each([
    [
      "people: [{ slack: ana }]",
      '"ana" is no Slack user id; open the person\'s profile, take "Copy member ID", and write it as U0123ABCD',
    ],
    ["people: [{ slack: U0ANA, emails: [ana] }]", "people[0].emails[0]: this is no e-mail address"],
    ["git: { largest: lots }", 'git.largest: "lots" is no size; write one such as 500MB or 2GB'],
    ["git: { largest: 5 }", "git.largest: 5 is not a size such as 500MB or 2GB"],
    ["git: { timeout: 5 }", "git.timeout: 5 is not a duration such as 30s, 15m or 2h"],
    ["git: { branches: ['a b'] }", "git.branches[0]: a branch is a name or a pattern such as release/*"],
    ["git: { repositories: [{ url: 'https://a.example/b?ref=c' }] }", "an address has no query or fragment here"],
    [
      "git: { repositories: [{ url: 'ssh://git:hunter22@a.example/b' }] }",
      "an address has no user or password in it here",
    ],
    [
      "git: { repositories: [{ url: 'a@b@c' }] }",
      "this is no address that begins with https:// or http:// or ssh:// or file://",
    ],
    ["timing: { settle: [] }", "timing.settle: a list is not a duration such as 30s, 15m or 2h"],
  ])("is found in what may be left out: %s", (section, said) => {
    expect(mistakes(`${rightConfiguration}\n${section}\n`).join("\n")).toContain(said);
  });

  it.each([
    ['"#deploys"', '"#deploys"\n  teams: [harbor]', '"harbor" is no Slack workspace id'],
    ['"#deploys"', '"#deploys"\n  commands: { main: Deploy }', '"Deploy" is no slash command'],
    ["prod: checkout-prod", "prod: Checkout_Prod", '"Checkout_Prod" is no Kubernetes name'],
    [
      "environments: all }",
      "environments: [nowhere] }",
      'there is no environment "nowhere"; there is staging, qa, prod',
    ],
    ["\nsecrets:\n  ARGOCD_TOKEN: { env: ARGOCD_TOKEN }", "", 'there is no secret "ARGOCD_TOKEN"; none is declared'],
  ])("is found where %s became %s", (piece, by, said) => {
    expect(mistakes(rightExcept(piece, by)).join("\n")).toContain(said);
  });

  it("is found: several servers and no word on which of them", () => {
    const second =
      "  - name: eu\n    url: https://eu.example.com\n    token: ${{ secrets.ARGOCD_TOKEN }}\nenvironments:\n";
    expect(mistakes(rightExcept("environments:\n", second))).toContain(
      '20:30 services[0].environments.staging: there are several Argo CD servers (main, eu); say `server:` here or at the environment "staging"',
    );
  });

  it("is found: one person in two entries", () => {
    const people =
      "\npeople:\n  - { slack: U0ANA, emails: [Ana@example.com] }\n  - { slack: [U0BEN, U0ANA], emails: [ana@example.com] }\n";
    expect(mistakes(rightConfiguration + people)).toEqual([
      '29:14 people[1].slack: "U0ANA" stands in entry 1 of `people` already; one entry holds everything about one person',
      '29:38 people[1].emails: "ana@example.com" stands in entry 1 of `people` already; one entry holds everything about one person',
    ]);
  });

  it.each([
    [
      '{ url: "https://a.example", ssh: { key: k, known-hosts: h } }',
      "`ssh` is for addresses such as git@github.com:acme/deploy.git; an https address takes `token` or `github-app`",
    ],
    ['{ url: "git@a.example:b" }', "an SSH address needs `ssh:` with `key` and `known-hosts`, and no other credential"],
    ['{ url: "https://a.example", user: me }', "`user` goes with `token`; remove it or add the token"],
    [
      '{ url: "http://a.example", token: "${{ secrets.ARGOCD_TOKEN }}" }',
      "the credential would travel unencrypted; use https://",
    ],
    [
      '{ url: "file:///srv/x", token: "${{ secrets.ARGOCD_TOKEN }}" }',
      "a folder of this machine is read without a credential; remove it",
    ],
    [
      '{ url: "https://a.example", token: "${{ secrets.ARGOCD_TOKEN }}", ssh: { key: k, known-hosts: h } }',
      "a repository is read in one way: keep one of `ssh`, `token` and `github-app`",
    ],
    [
      '{ url: "https://a.example/b.git" }, { url: "https://a.example/b" }',
      "this repository is entry 1 of `repositories` already; keep one of them",
    ],
    [
      '{ url: "--upload-pack=x" }',
      '"--upload-pack=x" is no address; it begins with https:// or http:// or ssh:// or file://',
    ],
  ])("is found in repositories: %s", (repositories, said) => {
    expect(mistakes(`${rightConfiguration}\ngit:\n  repositories: [${repositories}]\n`).join("\n")).toContain(said);
  });

  it("never repeats what stands where a secret belongs", () => {
    for (const written of [
      "hunter2hunter2",
      "xoxb-1-2-3",
      "12345678901",
      "{ value: hunter2hunter2 }",
      "${{ env.HUNTER2 }}",
    ]) {
      const [said = "", ...others] = mistakes(rightExcept("${{ secrets.ARGOCD_TOKEN }}", written));
      expect(others).toEqual([]);
      expect(said).toContain("7:12 argocd[0].token: a secret never stands in this file; write ${{ secrets.NAME }}");
      expect(said).not.toMatch(/hunter2|xoxb|12345678901/iu);
    }
  });

  it.each([
    ["{ env: ARGOCD_TOKEN }", "hunter2hunter2"],
    ["{ env: ARGOCD_TOKEN }", "{ env: hunter2-hunter2 }"],
    ["{ env: ARGOCD_TOKEN }", "{ env: 20001999 }"],
    ["{ env: ARGOCD_TOKEN }", "{ value: hunter2hunter2 }"],
    ["{ env: ARGOCD_TOKEN }", "20001999"],
    ["- name: main\n    url", "name: main\n  token: hunter2hunter2\n  other:\n    url"],
  ])("does not repeat a secret that stands where %s belongs", (piece, by) => {
    const said = mistakes(rightExcept(piece, by)).join("\n");
    expect(said).not.toBe("");
    expect(said).not.toMatch(/hunter2|20001999/u);
  });

  it("takes no secret where none belongs", () => {
    expect(mistakes(rightExcept('"#deploys"', "${{ secrets.ARGOCD_TOKEN }}"))[0]).toContain("is no channel");
  });

  it("is reported together with all others, in the order of the file", () => {
    const text = rightConfiguration.replace("channel:", "chanel:").replace("role: developers", "rle: x");
    expect(mistakes(text).map((said) => said.split(":")[0])).toEqual(["3", "3", "23", "23"]);
  });

  it("is a missing everything in an empty file", () => {
    expect(mistakes("")).toHaveLength(3);
    expect(mistakes("# nothing\n")).toHaveLength(3);
    expect(mistakes("just text")).toEqual(['1:1 "just text" does not fit; a block of keys belongs here']);
  });
});

describe("a configuration in which anything was changed", () => {
  it("is either right or has mistakes with a place in the file", () => {
    const lines = rightConfiguration.split("\n").length;
    const anyPiece = oneof(
      string({ maxLength: 5 }),
      constantFrom("[", "{", "}", ": ", "- ", "\n", "&a ", "*a", "!!x ", "null", "{}"),
    );
    const claim = property(nat(rightConfiguration.length), nat(30), anyPiece, (at, length, piece) => {
      const text = rightConfiguration.slice(0, at) + piece + rightConfiguration.slice(at + length);
      const result = checkConfiguration({ text, file: "quarterdeck.yaml" });
      const found = result.kind === "valid" ? [] : result.diagnostics;
      expect(result.kind === "valid" || found.length > 0).toBe(true);
      expect(found.filter(({ line, message }) => line < 1 || line > lines + 6 || message === "")).toEqual([]);
    });
    expect(() => assert(claim, { numRuns: 200 })).not.toThrow();
  });
});

describe("the file itself", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "quarterdeck-config-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("is read", async () => {
    const file = join(folder, "good.yaml");
    await writeFile(file, rightConfiguration);
    await expect(loadConfiguration(file)).resolves.toMatchObject({ slack: { channel: "#deploys" } });
  });

  it("that is broken is refused with all its mistakes as file:line:column", async () => {
    const file = join(folder, "bad.yaml");
    await writeFile(file, rightExcept("role: developers", "role: developer"));
    await expect(loadConfiguration(file)).rejects.toMatchObject({
      code: "configuration.invalid",
      message: `${file}:23:13: grants[0].role: there is no role "developer"; did you mean "developers"?`,
    });
  });

  it("that is missing, a folder or not text is refused with what to do", async () => {
    const binary = join(folder, "binary.yaml");
    await writeFile(binary, Buffer.from([0xff, 0xfe, 0x00]));
    for (const file of [join(folder, "none.yaml"), folder, binary]) {
      await expect(loadConfiguration(file)).rejects.toMatchObject({ code: "configuration.unreadable" });
    }
  });
});
