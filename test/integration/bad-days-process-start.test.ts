import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startApplication } from "../../src/app/application.ts";
import { demo } from "../../src/app/demo.ts";
import { serve } from "../../src/app/serve.ts";
import { readEnvironment } from "../../src/config/environment.ts";
import { startRun } from "../../src/domain/decide.ts";
import type { LockReply } from "../../src/domain/lock-book.ts";
import { projectRun } from "../../src/engine/projection.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { AppError } from "../../src/platform/errors.ts";
import { newId, shortId, systemRandom } from "../../src/platform/ids.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { openStore } from "../../src/store/store.ts";
import { type Ended, ProcessRig } from "../support/process-rig.ts";
import { promotePlan, startedEvent, step } from "../support/run-spec.ts";
import { STORE_DEPS } from "../support/store-folder.ts";

const SHIPPED = fileURLToPath(new URL("../../commands", import.meta.url));

let rig: ProcessRig;
beforeAll(async () => {
  rig = await ProcessRig.open();
});
afterAll(() => rig[Symbol.asyncDispose]());

let folders = 0;
function newPath(): string {
  folders += 1;
  return rig.path(`data-${folders}`);
}

/** A start that has to fail, in this process; what would be on stderr. */
async function refusedStart(changes: Readonly<Record<string, string>>): Promise<string> {
  const mask = new SecretMask();
  const write = (line: string): void => expect(line).not.toContain('"ready"');
  const logger = createLogger({ level: "info", mask, now: () => Date.now(), write });
  await using resources = new AsyncDisposableStack();
  try {
    const environment = readEnvironment(mask, { ...process.env, ...rig.world.environment, ...changes });
    await startApplication({ environment, mask, logger, clock: systemClock, random: systemRandom }, resources);
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
  throw new Error("the application started");
}

/** The same as a process: clear words on stderr, exit code 1. */
async function refusedProcess(changes: Readonly<Record<string, string>>): Promise<string> {
  const { code, stdout, stderr } = await rig.run(["serve"], changes);
  expect(stderr).not.toMatch(/\n {4}at |Error:/u);
  expect(stdout).not.toContain('"ready"');
  expect(code).toBe(1);
  return stderr;
}

/** A start that has to fail before even the data folder is made. */
async function refusedBeforeAnything(
  changes: Readonly<Record<string, string>>,
  start: typeof refusedStart = refusedStart,
): Promise<string> {
  const data = newPath();
  const stderr = await start({ ...changes, QUARTERDECK_DATA: data });
  await expect(readdir(data)).rejects.toThrow("ENOENT");
  return stderr;
}

/** The shipped commands with files of one's own beside them. */
async function commandsWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = newPath();
  await cp(SHIPPED, folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const BAD_COMMANDS = {
  "broken.yaml": "name: Broken\non: { slash: [\nsteps: []\n",
  "deploy.yaml": [
    "name: Deploy",
    "summary: Deploys",
    "on:",
    "  slash: /qd deploy <service> <revision> to <environment>",
    "inputs:",
    "  service: { type: service }",
    "  revision: { type: revision, of: service }",
    "  environment: { type: environment, of: service }",
    "steps:",
    "  - id: sync",
    "    uses: argocd/sink",
    '    with: { app: "${{ environment.app }}", revision: "${{ revision.sha }}" }',
    "  - id: again",
    "    uses: argocd/sync",
    '    with: { app: "${{ 3 + 4 }}", revision: "${{ revision.sha }}" }',
    "",
  ].join("\n"),
};

describe("a start without what it needs", () => {
  it("names every token and secret that is missing, and where to get it", async () => {
    const nothing = { SLACK_BOT_TOKEN: "", SLACK_APP_TOKEN: "", ARGOCD_TOKEN: "" };
    const stderr = await refusedBeforeAnything(nothing, refusedProcess);
    expect(stderr).toContain("SLACK_BOT_TOKEN is missing; it is the xoxb- token on the app's page");
    expect(stderr).toContain("SLACK_APP_TOKEN is missing; it is an xapp- token with the scope connections:write");
    expect(stderr).toContain("Set them in the environment or in the file .env");
    expect(stderr).toContain(
      "The secret ARGOCD_TOKEN is to be in the environment variable ARGOCD_TOKEN, which is not set. Set it",
    );
  });

  it("sees tokens that were swapped, and repeats neither", async () => {
    const { SLACK_BOT_TOKEN: bot = "", SLACK_APP_TOKEN: app = "" } = rig.world.environment;
    const stderr = await refusedBeforeAnything({ SLACK_BOT_TOKEN: app, SLACK_APP_TOKEN: bot });
    expect(stderr).toContain("SLACK_BOT_TOKEN holds an app-level token; a bot token");
    expect(stderr).toContain("SLACK_APP_TOKEN holds a bot token; an app-level token");
    expect(stderr).not.toContain(bot);
    expect(stderr).not.toContain(app);
  });

  it("says where the configuration was looked for", async () => {
    const file = rig.path("nowhere.yaml");
    const stderr = await refusedBeforeAnything({ QUARTERDECK_CONFIG: file });
    expect(stderr).toContain(`The configuration ${file} cannot be read`);
    expect(stderr).toContain("Copy quarterdeck.example.yaml");
  });

  it("points at every mistake in the configuration by file, line and column", async () => {
    const file = await rig.configuration("wrong.yaml", (text) =>
      text.replace("quorum: 1", "quorum: none").replace("channel: C0DEPLOYS1", "chanel: C0DEPLOYS1"),
    );
    const stderr = await refusedBeforeAnything({ QUARTERDECK_CONFIG: file }, refusedProcess);
    expect(stderr).toMatch(/wrong\.yaml:3:3: slack: .*chanel.*channel/u);
    expect(stderr).toContain(
      'wrong.yaml:18:15: environments[1].approval.quorum: "none" does not fit; a number belongs',
    );
  });

  it("points at the place where the configuration is no YAML, once", async () => {
    const file = await rig.configuration("broken.yaml", (text) => text.replace("environments:", "environments: ["));
    const stderr = await refusedBeforeAnything({ QUARTERDECK_CONFIG: file });
    expect(stderr).toMatch(/^\S+broken\.yaml:14:3: this does not go into brackets: [^\n]+$/u);
  });

  it("points at every mistake in the command files, with the line and what would be right", async () => {
    const again = await readFile(join(SHIPPED, "promote.yaml"), "utf8");
    const folder = await commandsWith({ ...BAD_COMMANDS, "again.yaml": again });
    const stderr = await refusedBeforeAnything({ QUARTERDECK_COMMANDS: folder });
    expect(stderr).toMatch(/broken\.yaml:3:1: the indentation does not fit/u);
    expect(stderr).toMatch(/deploy\.yaml:11:11: no step kind "argocd\/sink"\. Did you mean "argocd\/sync"\?/u);
    expect(stderr).toMatch(/deploy\.yaml:15:18: "app": text is expected, but this is a whole number/u);
    const line = again.split("\n").findIndex((text) => text.startsWith("  slash:")) + 1;
    expect(stderr).toMatch(new RegExp(`promote\\.yaml:${line}:10: /promote is taken by \\S+again\\.yaml already`, "u"));
    expect(stderr).toContain("5 mistakes in 3 files");
  });

  it("says which variable names the folder of the commands when that is not there", async () => {
    const stderr = await refusedBeforeAnything({ QUARTERDECK_COMMANDS: rig.path("no-commands") });
    expect(stderr).toContain("Set QUARTERDECK_COMMANDS to the folder that holds them.");
  });

  it("names every variable that is wrong", async () => {
    const stderr = await refusedBeforeAnything({
      PORT: "99999",
      HOST: "two words",
      SLACK_API_URL: "http://slack.test",
    });
    expect(stderr).toContain("PORT is no port number; a port goes from 0 to 65535");
    expect(stderr).toContain("HOST is no host name or IP address");
    expect(stderr).toContain("SLACK_API_URL would carry tokens unencrypted; use https://");
  });
});

describe("a start on a data folder that cannot be used", () => {
  it("says so when the folder cannot be made or written", async () => {
    const stderr = await refusedStart({ QUARTERDECK_DATA: "/dev/null/data" });
    expect(stderr).toBe(
      "/dev/null/data: it cannot be written: check the owner, the permissions and how the disk is mounted",
    );
  });

  it("leaves alone what is no database, or another program's", async () => {
    const text = newPath();
    await mkdir(text);
    await writeFile(join(text, "quarterdeck.db"), "these are not the bytes of a database ".repeat(40));
    expect(await refusedStart({ QUARTERDECK_DATA: text })).toContain(
      "quarterdeck.db: it is not a database of this program, or it is damaged: restore it from a backup",
    );
    const foreign = newPath();
    await mkdir(foreign);
    const notes = new Database(join(foreign, "quarterdeck.db"));
    notes.exec("CREATE TABLE notes (text); PRAGMA user_version = 7");
    notes.close();
    expect(await refusedStart({ QUARTERDECK_DATA: foreign })).toContain(
      "is a database of another program: name another data folder with QUARTERDECK_DATA",
    );
    const left = new Database(join(foreign, "quarterdeck.db"), { readonly: true });
    expect(left.pragma("user_version", { simple: true })).toBe(7);
    left.close();
  });

  it("refuses the log of a newer version", async () => {
    const data = newPath();
    await refusedStart({ QUARTERDECK_DATA: data, SLACK_APP_TOKEN: "xapp-1-A0QUARTER1-some-other-app" });
    const log = new Database(join(data, "quarterdeck.db"));
    log.pragma("user_version = 999");
    log.close();
    expect(await refusedStart({ QUARTERDECK_DATA: data })).toMatch(
      /quarterdeck\.db was written by a newer version \(log version 999, this program knows \d+\): install that version again/u,
    );
  });
});

describe("a start after another version of the program", () => {
  it("is refused when a run is open that this one cannot continue, and says which and what to do", async () => {
    const data = newPath();
    const run = newId("run", Date.now(), systemRandom);
    {
      await using store = await openStore({ ...STORE_DEPS, dataFolder: data, address: "test" });
      const probe = step("probe", "http/probe");
      const { type: _type, at: _at, ...started } = startedEvent([{ name: "prod" }], promotePlan({ steps: [probe] }));
      const askForLocks = (): LockReply => ({ kind: "free" });
      const { events } = startRun(run, started, { at: Date.now(), askForLocks, nextLockOrder: () => 1 });
      const projection = projectRun(run, events);
      if (projection === undefined) throw new Error("no run");
      await store.events.appendRun({ stream: run, expectedVersion: 0, events, ...projection });
    }
    const stderr = await refusedProcess({ QUARTERDECK_DATA: data });
    expect(stderr).toContain(`cannot continue a run that is open: ${shortId(run)} (checkout abc1230 to prod)`);
    expect(stderr).toContain('it uses "http/probe", which this version does not have. Start the version that ran last');
    expect(await refusedStart({ QUARTERDECK_DATA: data })).toContain(shortId(run));
  });
});

describe("a start with tokens that Slack refuses", () => {
  it.each([
    ["bot", "SLACK_BOT_TOKEN", "xoxb-"],
    ["app", "SLACK_APP_TOKEN", "xapp-"],
  ] as const)("says that it is the %s token, and ends", async (kind, variable, prefix) => {
    const { tokens } = rig.world.slack.world;
    tokens.refuse(kind, "invalid_auth");
    const stderr = await refusedProcess({ QUARTERDECK_DATA: newPath() });
    tokens.refuse(kind, undefined);
    expect(stderr).toContain(`Slack refuses the ${kind} token (invalid_auth).`);
    expect(stderr).toContain(`set ${variable} to the token that begins with ${prefix}`);
  });
});

describe.concurrent("quarterdeck", () => {
  const usage = /^Usage: quarterdeck ROLE\n[\s\S]+ {2}serve [\s\S]+ {2}validate [\s\S]+ {2}demo /u;

  it.each([[[]], [["--help"]]])("shows how it is used when called with %j", async (args) => {
    expect(await rig.run(args)).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(usage) });
  });

  it("names the role that was meant", async () => {
    const { code, stderr } = await rig.run(["srve"]);
    expect(stderr).toMatch(/^There is no role "srve"\. Did you mean "serve"\?\n\nUsage: quarterdeck ROLE/u);
    expect(code).toBe(2);
  });

  it("refuses arguments that it does not know", async () => {
    const { code, stderr } = await rig.run(["validate", "--jsn"]);
    expect(stderr).toBe("Usage: quarterdeck validate [FILE] [--json]\n");
    expect(code).toBe(2);
    await expect(serve(["--port", "80"])).rejects.toThrow("Usage: quarterdeck serve, without arguments");
    await expect(demo(["--prot", "80"])).rejects.toThrow("Usage: quarterdeck demo [--port N]");
    // What `npm run demo --play crash` comes to: npm keeps the option for itself.
    await expect(demo(["crash"])).rejects.toThrow(/^"crash" is too much\. .*npm run demo -- --play promote\nUsage/u);
    await expect(demo(["--play", "crash", "reject"])).rejects.toThrow('"reject" is too much.');
    await expect(demo(["--port", "http"])).rejects.toThrow('"http" is no port number.');
  });

  it("says that the port of the demo's page is taken, and how to choose another", async () => {
    const taken = new URL(rig.world.slack.url).port;
    const { code, stderr } = await rig.run(["demo", "--port", taken]);
    expect(stderr).toMatch(new RegExp(`${taken}.*EADDRINUSE.*npm run demo -- --port`, "u"));
    expect(code).toBe(1);
  });
});

describe.concurrent("quarterdeck validate", () => {
  const ask = async (args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ended> =>
    await rig.run(["validate", ...args], environment);

  it("needs no tokens, and shows the commands when all is well", async () => {
    const { code, stdout, stderr } = await ask([], { SLACK_BOT_TOKEN: "", SLACK_APP_TOKEN: "", ARGOCD_TOKEN: "" });
    expect(stderr).toBe("");
    expect(stdout).toContain(`${rig.world.configurationFile}: no mistakes`);
    expect(stdout).toContain("/promote <service> <revision> to <environment>");
    expect(code).toBe(0);
  });

  it("points at a grant that allows nothing, because no command has its verb", async () => {
    const wrong = await rig.configuration("wrong-verb.yaml", (text) => text.replace("[promote,", "[promot,"));
    const { code, stdout } = await ask([], { QUARTERDECK_CONFIG: wrong });
    expect(stdout).toContain('grants[0].verbs[0]: there is no verb "promot"; did you mean "promote"?');
    expect(code).toBe(1);
  });

  it("says the same to programs", async () => {
    const { code, stdout } = await ask(["--json"], {});
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      diagnostics: [],
      commands: expect.arrayContaining(["promote"]),
    });
    expect(code).toBe(0);
  });

  it("points at mistakes in command files, for people and for programs", async () => {
    const environment = { QUARTERDECK_COMMANDS: await commandsWith(BAD_COMMANDS) };
    const [people, programs] = await Promise.all([ask([], environment), ask(["--json"], environment)]);
    expect(people).toMatchObject({ code: 1, stderr: "", stdout: expect.stringContaining("deploy.yaml:11:11:") });
    expect(programs.code).toBe(1);
    expect(JSON.parse(programs.stdout)).toMatchObject({
      ok: false,
      diagnostics: expect.arrayContaining([
        {
          file: expect.stringMatching(/deploy\.yaml$/u),
          line: 11,
          column: 11,
          message: 'no step kind "argocd/sink". Did you mean "argocd/sync"?',
        },
      ]),
    });
  });

  it("looks at one file and what it uses, and at nothing that is wrong elsewhere", async () => {
    const folder = await commandsWith(BAD_COMMANDS);
    const [good, bad, none] = await Promise.all([
      ask([join(folder, "promote.yaml")], {}),
      ask([join(folder, "deploy.yaml")], {}),
      ask([join(folder, "promte.yaml")], {}),
    ]);
    expect(good).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("1 command, no mistakes:\n  /promote <service>"),
    });
    expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining("2 mistakes in 1 file") });
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^There is no command file "promte\.yaml" in .* Did you mean "promote"\?\n$/u),
    });
  });

  it("points at mistakes in the configuration, and answers programs when it is not there at all", async () => {
    const wrong = await rig.configuration("wrong-too.yaml", (text) => text.replace("quorum: 1", "quorum: none"));
    const nowhere = rig.path("nowhere-too.yaml");
    const [people, programs, lost] = await Promise.all([
      ask([], { QUARTERDECK_CONFIG: wrong }),
      ask(["--json"], { QUARTERDECK_CONFIG: wrong }),
      ask(["--json"], { QUARTERDECK_CONFIG: nowhere }),
    ]);
    expect(people).toMatchObject({ code: 1, stdout: expect.stringMatching(/^\S+wrong-too\.yaml:18:15: /u) });
    expect(JSON.parse(programs.stdout)).toMatchObject({
      ok: false,
      diagnostics: [{ file: wrong, line: 18, column: 15 }],
    });
    expect(JSON.parse(lost.stdout)).toMatchObject({
      ok: false,
      diagnostics: [],
      error: expect.stringContaining(nowhere),
    });
    expect(lost.code).toBe(1);
  });
});

describe.concurrent("quarterdeck plan", () => {
  const ask = async (...args: readonly string[]): Promise<Ended> => await rig.run(["plan", ...args]);
  const TO_PROD = ["--inputs", "service=checkout", "revision=abc123", "environment=prod"];

  it("needs no server, and prints what would run for people and for programs", async () => {
    const [people, programs] = await Promise.all([
      ask("promote", ...TO_PROD),
      ask(join(SHIPPED, "promote.yaml"), ...TO_PROD, "--json"),
    ]);
    expect(people).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringMatching(
        /^Promote \(promote\): what would run\. Nothing was done\.\n[\s\S]+ {6}with the lock checkout\/prod\n/u,
      ),
    });
    expect(programs.code).toBe(0);
    expect(JSON.parse(programs.stdout)).toMatchObject({
      ok: true,
      command: "promote",
      steps: [
        {
          type: "block",
          of: "for-each",
          nodes: [
            { of: "iteration", name: "staging" },
            { of: "iteration", name: "prod" },
          ],
        },
      ],
      locks: [{ key: "checkout/staging" }, { key: "checkout/prod" }],
    });
  });

  it("explains what is wrong with the inputs and with the files, and ends with 1", async () => {
    const folder = await commandsWith(BAD_COMMANDS);
    const [inputs, same, file] = await Promise.all([
      ask("promote", "--inputs", "service=chekout", "environment=prod"),
      ask("promote", "--json", "--inputs", "service=chekout", "environment=prod"),
      ask(join(folder, "deploy.yaml")),
    ]);
    expect(inputs).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/Did you mean "checkout"\?\n.*"revision" is missing/u),
    });
    expect(JSON.parse(same.stdout)).toMatchObject({ ok: false, mistakes: [{}, {}].map(() => expect.any(String)) });
    expect(file).toMatchObject({ code: 1, stdout: expect.stringContaining("deploy.yaml:11:11:") });
  });

  it("says how it is used, and what starts no run", async () => {
    const [nothing, word, twice, help] = await Promise.all([
      ask(),
      ask("promote", "checkout"),
      ask("promote", "--inputs", "service=a", "service=b"),
      ask("help"),
    ]);
    expect(nothing).toMatchObject({
      code: 2,
      stderr: "Usage: quarterdeck plan FILE|NAME [--inputs NAME=VALUE ...] [--json]\n",
    });
    expect(word).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^"checkout" is no input; write name=value\./u),
    });
    expect(twice).toMatchObject({ code: 2, stderr: expect.stringMatching(/^"service" is given twice\./u) });
    expect(help).toMatchObject({ code: 2, stderr: '"help" starts no run, so there is nothing to plan.\n' });
  });
});
