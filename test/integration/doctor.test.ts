import { execFile } from "node:child_process";
import { chmod, cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

import { examine } from "../../src/app/doctor.ts";
import { type DemoWorld, openDemoWorld } from "../../src/demo/demo-world.ts";
import type { Finding } from "../../src/doctor/finding.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { AppRig } from "../support/app-rig.ts";

const launch = new URL("../../src/launch.js", import.meta.url).pathname;

type Variables = Readonly<Record<string, string>>;

const openWorld = (): Promise<DemoWorld> =>
  openDemoWorld({ clock: systemClock, random: systemRandom, speed: 10, settle: "200ms" });

const look = async (world: Pick<DemoWorld, "environment">, more: Variables = {}, clock = systemClock) => {
  const variables = { ...process.env, ...world.environment, ...more };
  return await examine({ mask: new SecretMask(), clock, random: systemRandom, variables });
};

const troubles = (findings: readonly Finding[]): readonly string[] =>
  findings.flatMap(({ level, subject, what }) => (level === "ok" ? [] : [`${level} ${subject}: ${what}`]));

const edit = async ({ configurationFile: file }: DemoWorld, change: (text: string) => string): Promise<void> => {
  await writeFile(file, change(await readFile(file, "utf8")));
};

interface Trouble {
  readonly what: string;
  /** Breaks one thing; may give variables of the environment. */
  readonly break: (world: DemoWorld) => Promise<Variables | void> | Variables | void;
  /** Every line that is not well, and no other. */
  readonly says: readonly (string | RegExp)[];
}

const later = (ms: number): Clock => ({ ...systemClock, now: () => Date.now() + ms });

const inSlack: readonly Trouble[] = [
  {
    what: "a bot token that is refused",
    break: ({ slack }) => slack.world.tokens.refuse("bot", "invalid_auth"),
    says: ["problem SLACK_BOT_TOKEN: Slack refuses the bot token (invalid_auth)"],
  },
  {
    what: "an app token that is refused",
    break: ({ slack }) => slack.world.tokens.refuse("app", "invalid_auth"),
    says: ["problem SLACK_APP_TOKEN: Slack opens no connection for it (invalid_auth)"],
  },
  {
    what: "no tokens",
    break: () => ({ SLACK_BOT_TOKEN: "", SLACK_APP_TOKEN: "" }),
    says: ["problem SLACK_BOT_TOKEN: it is not set", "problem SLACK_APP_TOKEN: it is not set"],
  },
  {
    what: "swapped tokens",
    break: ({ environment }) => ({ SLACK_BOT_TOKEN: environment["SLACK_APP_TOKEN"] ?? "" }),
    says: [/^problem SLACK_BOT_TOKEN: holds an app-level token/u],
  },
  {
    what: "a channel that the app has left",
    break: ({ slack }) => slack.administration.removeMember("C0DEPLOYS1", "U0QUARTER1"),
    says: ["problem C0DEPLOYS1 (cards, alerts): the app is not in it"],
  },
  {
    what: "a channel that is not there",
    break: (world) => edit(world, (text) => text.replace("channel: C0DEPLOYS1", "channel: C0NOWHERE1")),
    says: ["problem C0NOWHERE1 (cards): there is no such channel, or it is private and the app is not in it"],
  },
  {
    what: "a channel by its name",
    break: (world) => edit(world, (text) => text.replace("channel: C0DEPLOYS1", 'channel: "#deploys"')),
    says: [/#deploys \(cards\): a channel by its name cannot be looked up/u],
  },
  {
    what: "a group that is gone",
    break: ({ slack }) => slack.administration.removeGroup("S0APPROVE1"),
    says: [/^problem group S0APPROVE1 \(approves qa, approves prod\): Slack knows no such group/u],
  },
  {
    what: "a group without members",
    break: ({ slack }) => slack.administration.setGroupMembers("S0APPROVE1", []),
    says: [
      /^problem group S0APPROVE1 .*: it has no members/u,
      "problem approval of qa: only 0 may approve, and 1 must",
      "problem approval of prod: only 0 may approve, and 1 must",
    ],
  },
  {
    what: "Slack away",
    break: ({ slack }) => slack.stop(),
    says: [/^problem Slack: Slack's method auth\.test cannot be reached/u],
  },
];

const inArgocd: readonly Trouble[] = [
  {
    what: "Argo CD away",
    break: ({ argocd }) => argocd.stop(),
    says: [/^problem main: version: /u],
  },
  {
    what: "another program at its address",
    break: ({ argocd }) =>
      argocd.control({ action: "add-fault", fault: { matching: "version", kind: "html", status: 200 } }),
    says: [/^problem main: .*HTML page/u],
  },
  {
    what: "an expired token",
    break: ({ argocd }) => argocd.control({ action: "set-token", account: "quarterdeck", state: "expired" }),
    says: [/^problem main token: /u],
  },
  {
    what: "an expired token where anonymous access is on",
    break: async ({ argocd }) => {
      await argocd.control({ action: "set-token", account: "quarterdeck", state: "expired" });
      await argocd.control({ action: "set-anonymous", policies: [] });
    },
    says: [
      "problem main token: Argo CD does not accept it and treats us as anonymous, without saying so",
      "warning main anonymous access: Argo CD answers also without a token",
    ],
  },
  {
    what: "something that is no token",
    break: () => ({ ARGOCD_TOKEN: "not-a-token-at-all" }),
    says: ["problem main token: it is no token of Argo CD: three parts with dots between them"],
  },
  {
    what: "no right to sync",
    break: ({ argocd }) =>
      argocd.control({
        action: "set-policies",
        account: "quarterdeck",
        policies: [
          { resource: "applications", action: "get", object: "shop/*", effect: "allow" },
          { resource: "applications", action: "sync", object: "shop/*-staging", effect: "allow" },
          { resource: "applications", action: "sync", object: "shop/*-qa", effect: "allow" },
        ],
      }),
    says: ["checkout", "web", "payments"].map(
      (service) => `problem main/argocd/${service}-prod (${service} in prod): the account may read it, and not sync it`,
    ),
  },
  {
    what: "an application that is gone",
    break: ({ argocd }) => argocd.control({ action: "delete-application", application: "web-prod" }),
    says: ["problem main/argocd/web-prod (web in prod): there is no such application, or the account may not see it"],
  },
  {
    what: "an application that is never reconciled",
    break: ({ argocd }) =>
      argocd.control({
        action: "annotate",
        application: "web-prod",
        annotations: { "argocd.argoproj.io/skip-reconcile": "true" },
      }),
    says: [/^problem main\/argocd\/web-prod \(web in prod\): it carries the annotation/u],
  },
  {
    what: "a closed sync window",
    break: ({ argocd }) =>
      argocd.control({
        action: "set-sync-windows",
        project: "shop",
        windows: [{ kind: "deny", applications: ["web-prod"] }],
      }),
    says: ["warning main/argocd/web-prod (web in prod): a sync window of Argo CD is closed at the moment"],
  },
  {
    what: "a stream that is refused",
    break: ({ argocd }) =>
      argocd.control({ action: "add-fault", fault: { matching: "stream", kind: "html", status: 200 } }),
    says: [/^problem main stream: /u],
  },
  {
    what: "a certificate authority that is not there",
    break: (world) => edit(world, (text) => text.replace("  - name: main\n", "  - name: main\n    ca: missing.pem\n")),
    says: [/^problem main: The certificate authority of the Argo CD server "main" cannot be read from .*missing\.pem/u],
  },
  {
    what: "labels that conflict",
    break: async (world) => {
      await edit(world, (text) => text.replace(/services:\n(?: .*\n)+/u, "discovery: {}\n"));
      const labels = { "quarterdeck.dev/environment": "production" };
      await world.argocd.control({ action: "label", application: "web-prod", labels });
    },
    says: [/^warning discovery: main\/argocd\/web-prod: the label .* there is no environment "production"/u],
  },
];

const elsewhere: readonly Trouble[] = [
  {
    what: "a Git server that is away",
    break: ({ git }) => git[Symbol.asyncDispose](),
    says: [/^problem http:.*deploy\.git: /u],
  },
  {
    what: "no git",
    break: () => ({ PATH: "/nowhere" }),
    says: [/^problem program: .*git/u],
  },
  {
    what: "branches that are none",
    break: (world) => edit(world, (text) => text.replace("branches: [main]", "branches: [release/*]")),
    says: [/^problem http:.*deploy\.git: none of its branches \(.*main\) is one of those .* \(release\/\*\)/u],
  },
  {
    what: "a mistake in the configuration",
    break: (world) => edit(world, (text) => text.replace("quorum: 1", "quorun: 1")),
    says: [/^problem .*quarterdeck\.yaml: .*quarterdeck\.yaml:\d+:\d+: .*did you mean `quorum`/u],
  },
  {
    what: "a mistake in a command file",
    break: async ({ dataFolder }) => {
      const commands = join(dataFolder, "..", "commands");
      await cp(new URL("../../commands", import.meta.url).pathname, commands, { recursive: true });
      await writeFile(join(commands, "broken.yaml"), "name: [\n");
      return { QUARTERDECK_COMMANDS: commands };
    },
    says: [/^problem .*commands: .*broken\.yaml:\d+:\d+: /u],
  },
  {
    what: "command files that are not there",
    break: () => ({ QUARTERDECK_COMMANDS: "/nowhere" }),
    says: [/^problem \/nowhere: The command files in "\/nowhere" cannot be read: ENOENT.* Set QUARTERDECK_COMMANDS/u],
  },
  {
    what: "a configuration that is not there, and command files that are not either",
    break: () => ({ QUARTERDECK_CONFIG: "/nowhere.yaml", QUARTERDECK_COMMANDS: "/nowhere" }),
    says: [/^problem \/nowhere\.yaml: The configuration \/nowhere\.yaml cannot be read/u],
  },
  {
    what: "a secret that is not set",
    break: () => ({ ARGOCD_TOKEN: "" }),
    says: [
      /^problem secrets: The secret ARGOCD_TOKEN is to be in the environment variable/u,
      /^problem main: The secret ARGOCD_TOKEN/u,
    ],
  },
  {
    what: "a data folder that others may look into",
    break: ({ dataFolder }) => chmod(dataFolder, 0o755),
    says: [/^warning .*data: others may look into it$/u],
  },
  {
    what: "a data folder that is none",
    break: async ({ dataFolder }) => {
      await rm(dataFolder, { recursive: true });
      await writeFile(dataFolder, "");
    },
    says: [/^problem .*data: it is no folder$/u],
  },
  {
    what: "a secret that is short",
    break: () => ({ QUARTERDECK_SECRET: "short" }),
    says: ["problem QUARTERDECK_SECRET: it is shorter than 32 characters"],
  },
  {
    what: "a Redis that is away",
    break: () => ({ REDIS_URL: "redis://127.0.0.1:1", QUARTERDECK_SECRET: "x".repeat(32) }),
    says: [/^problem REDIS_URL: it cannot be used \(.*ECONNREFUSED/u],
  },
];

describe("quarterdeck doctor", () => {
  it("finds nothing to mend in a world where all is well", async () => {
    await using world = await openWorld();
    const findings = await look(world);
    expect(troubles(findings)).toEqual([]);
    expect(findings.length).toBeGreaterThan(18);
  });

  it("works beside a running server, and says that there is one", async () => {
    await using rig = await AppRig.open();
    const findings = await look(rig.world);
    expect(troubles(findings)).toEqual([]);
    expect(findings.map(({ what }) => what)).toContainEqual(
      expect.stringMatching(/^a server runs on it: process \d+ on /u),
    );
    expect(findings.map(({ what }) => what)).toContainEqual(expect.stringMatching(/^it can be read; /u));
  });

  it.each([...inSlack, ...inArgocd, ...elsewhere])("finds, and finds alone: $what", async ({ break: ruin, says }) => {
    await using world = await openWorld();
    const findings = await look(world, (await ruin(world)) ?? {});
    const said = troubles(findings);
    expect(said).toEqual(says.map((text) => (typeof text === "string" ? text : expect.stringMatching(text))));
    for (const { level, why, mend } of findings)
      expect([why, mend].every((text) => Boolean(text))).toBe(level !== "ok");
  });

  it("compares this machine's clock with those of Slack and Argo CD", async () => {
    await using world = await openWorld();
    expect(troubles(await look(world, {}, later(100_000)))).toEqual([
      expect.stringMatching(/^warning clock: this machine's clock is \d+ s ahead of it/u),
      expect.stringMatching(/^warning main clock: this machine's clock is \d+ s ahead of it/u),
    ]);
  });

  it("prints for people and for programs, hides secrets, and ends with what it found", async () => {
    await using world = await openWorld();
    world.slack.world.tokens.refuse("app", "invalid_auth");
    const run = async (...args: readonly string[]) => {
      const env = { ...process.env, ...world.environment, ARGOCD_TOKEN: "very-secret-and-no-token" };
      return await promisify(execFile)(process.execPath, [launch, "doctor", ...args], { env }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error: { code: number; stdout: string }) => error,
      );
    };
    const text = await run();
    expect(text.code).toBe(1);
    expect(text.stdout).toContain("PROBLEM  SLACK_APP_TOKEN: Slack opens no connection for it (invalid_auth)");
    expect(text.stdout).toMatch(
      /why: {2}commands and clicks arrive over that connection\n {11}mend: make an app-level/u,
    );
    const json = await run("--json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, problems: 2, warnings: 0 });
    for (const secret of [
      ...Object.values(world.environment).filter((value) => value.startsWith("xo") || value.startsWith("xapp")),
      "very-secret",
    ])
      expect(text.stdout + json.stdout).not.toContain(secret);
    expect(await run("--nonsense")).toMatchObject({ code: 2 });
  });
});
