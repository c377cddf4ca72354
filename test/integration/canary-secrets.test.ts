import { execa } from "execa";
import { generateKeyPairSync } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { ServerProcess } from "../../src/demo/server-process.ts";
import { openLog } from "../../src/store/store.ts";
import { DEMO_TOKEN } from "../../src/simulator/argocd-demo-world.ts";
import { ANA, DEPLOYS, PRIYA } from "../support/app-rig.ts";
import { ArgocdFront, type Passing } from "../support/argocd-front.ts";
import { Canaries } from "../support/canaries.ts";
import { type Ended, ENTRY, ProcessRig } from "../support/process-rig.ts";
import { exchangeRaw } from "../support/raw-request.ts";
import { hasRedis, RedisServer } from "../support/redis-server.ts";

const KEY = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

const SECRETS = {
  slackSigning: "canary0signing0c0ffee0000000000001",
  argocd: "canary-argocd.eyJhbGciOi/J9+x=.c0ffee02",
  git: "canary_git_pat/with+odd=chars_c0ffee03",
  other: "canary other secret nobody uses c0ffee04",
  instance: "canary-instance-secret-of-this-installation-c0ffee05",
  redis: "canary-redis-passw0rd-c0ffee06",
  // What is between the lines of a key is as secret as all of it.
  key: KEY.split("\n")[1] ?? "",
};

const SINKS = [
  "the log of the server",
  "the log of the worker",
  "the events",
  "the files of the data folder",
  "what Slack was sent",
  "what Slack was told at once",
  "HTTP answers",
  "Redis: commands",
  "Redis: what is kept",
  "the export as JSON",
  "the export as CSV",
  "the words of the programs",
  "the arguments of processes",
] as const;

const Strings = z.array(z.string());

describe.skipIf(!hasRedis)("secrets that are planted everywhere", () => {
  const resources = new AsyncDisposableStack();
  const heard = { server: [] as string[], worker: [] as string[], redis: [] as string[], http: [] as string[] };
  const programs: Ended[] = [];
  const processes = new Set<string>();
  let rig: ProcessRig;
  let redis: RedisServer;
  let front: ArgocdFront;
  let canaries: Canaries;
  let secrets: Readonly<Record<string, string>>;
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    redis = resources.use(await RedisServer.start("--requirepass", SECRETS.redis));
    rig = resources.use(await ProcessRig.open());
    front = resources.use(await ArgocdFront.open({ url: rig.world.argocd.url, token: DEMO_TOKEN }));
    const { SLACK_BOT_TOKEN = "", SLACK_APP_TOKEN = "" } = rig.world.environment;
    secrets = { ...SECRETS, bot: SLACK_BOT_TOKEN, app: SLACK_APP_TOKEN };
    canaries = new Canaries({ secrets, sinks: SINKS });
    await writeFile(rig.path("key.pem"), KEY, { mode: 0o600 });
    await commit(rig, `Add ${SECRETS.git} and ${Buffer.from(SECRETS.argocd).toString("base64")}`);
    environment = {
      REDIS_URL: redis.url.replace("://", `://:${encodeURIComponent(SECRETS.redis)}@`),
      QUARTERDECK_SECRET: SECRETS.instance,
      QUARTERDECK_CONFIG: await configuration(rig, front),
      SLACK_SIGNING_SECRET: SECRETS.slackSigning,
      ARGOCD_TOKEN: SECRETS.argocd,
      GIT_TOKEN: SECRETS.git,
      OTHER: SECRETS.other,
    };
    const monitor = await redis.client().monitor();
    monitor.on("monitor", (_time: string, words: readonly string[]) => heard.redis.push(words.join(" ")));
    resources.defer(() => monitor.disconnect());
    await startAll();
  });
  afterAll(() => resources.disposeAsync());

  async function startAll(): Promise<void> {
    const server = ServerProcess.start(
      {
        entry: ENTRY,
        environment: { ...rig.world.environment, ...environment },
        onLog: (line) => void heard.server.push(JSON.stringify(line)),
      },
      process.env,
    );
    const { REDIS_URL = "", QUARTERDECK_SECRET = "", ARGOCD_TOKEN = "" } = environment;
    const worker = ServerProcess.start(
      {
        entry: ENTRY,
        role: "worker",
        cwd: rig.path("."),
        environment: { REDIS_URL, QUARTERDECK_SECRET, ARGOCD_TOKEN },
        onLog: (line) => void heard.worker.push(JSON.stringify(line)),
      },
      process.env,
    );
    for (const started of await Promise.all([server, worker]))
      resources.defer(async () => void (await started.kill("SIGKILL")));
    await rig.until("the worker to be connected", () => heard.server.some((line) => line.includes("is connected")));
  }

  /** Argo CD, or a proxy before it, refuses and says with which token somebody came. */
  const echo = (fits: (passing: Passing) => boolean): void => {
    front.instead = (passing) => {
      if (!fits(passing)) return undefined;
      const basic = Buffer.from(`user:${passing.token}`).toString("base64");
      const message = `invalid session: Bearer ${passing.token} (Basic ${basic}, ${encodeURIComponent(passing.token)})`;
      return { status: 403, body: JSON.stringify({ error: message, code: 7, message }) };
    };
  };

  const runs = (): readonly string[] => {
    using opened = openLog(rig.world.dataFolder);
    return [...new Set(Array.from(opened.log.rows(), ({ stream }) => stream))].filter((each) =>
      each.startsWith("run_"),
    );
  };

  it("are typed where no secret belongs", async () => {
    for (const secret of Object.values(secrets)) {
      await rig.insist(ANA, `/promote ${secret} abc123 to staging`);
      await rig.insist(ANA, `/promote checkout ${secret} to staging`);
      await rig.insist(ANA, `/qd lock web in staging because ${secret}`);
      await rig.insist(PRIYA, `/qd diff ${secret}`);
    }
    await rig.insist(ANA, "/qd status");
    await rig.insist(ANA, "/qd history");
    await rig.insist(ANA, "/qd unlock web in staging");
  });

  it("stand in a commit that people are asked about, and in the refusal of Argo CD that fails the run", async () => {
    echo(({ method, path }) => method === "POST" && path.includes("checkout-prod/sync"));
    await rig.insist(ANA, "/promote checkout main to prod");
    const gate = await rig.message(
      "the gate",
      ({ blocks, threadTs }) => threadTs !== undefined && JSON.stringify(blocks).includes("gate_approve"),
    );
    await rig.press(PRIYA, gate, "gate_approve");
    await rig.message("the end", ({ text, threadTs }) => threadTs === undefined && text.includes(": failed"));
    await rig.insist(ANA, `/qd page ${runs()[0]?.slice(-4) ?? ""}`);
    echo(() => true);
    await rig.insist(ANA, "/qd diff checkout in staging");
    await rig.insist(ANA, "/promote web abc123 to staging");
    await rig.message("the refusal", ({ text, viewer }) => viewer === ANA && text.includes("invalid session"));
    front.instead = () => undefined;
  });

  it("travel with Git, which is refused, and says so", async () => {
    for (let round = 0; round < 40; round += 1) {
      for (const line of await argumentsOfAll()) processes.add(line);
      if (round === 0) await commit(rig, `Once more ${SECRETS.git}`);
      if (round % 10 === 0) await rig.insist(ANA, "/promote payments main to staging");
    }
    rig.world.git.setFault({ kind: "unauthorized" });
    await rig.insist(ANA, "/promote web nosuchbranch to staging");
    await rig.message("the refusal", ({ text, viewer }) => viewer === ANA && /Git|repository/u.test(text));
    rig.world.git.setFault({ kind: "none" });
  });

  it("stand in a configuration that is read anew and refused", async () => {
    const file = environment["QUARTERDECK_CONFIG"] ?? "";
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("${{ secrets.ARGOCD_TOKEN }}", `"${SECRETS.argocd}"`));
    await rig.until("the refusal", () => heard.server.some((line) => /settings|configuration/iu.test(line)));
    await writeFile(file, text.replace("team: [everyone]", `team: ["${SECRETS.other}"]`));
    await writeFile(file, text);
  });

  it("are asked for over HTTP, by strangers too", async () => {
    const { QUARTERDECK_PUBLIC_URL: address = "" } = rig.world.environment;
    const page = await rig.message("the link", ({ blocks, text }) => /\/runs\//u.test(JSON.stringify([blocks, text])));
    const [link = ""] =
      /http[^|>"\\]+\/runs\/[^|>"\\]+/u.exec(JSON.stringify([page.blocks, page.text]).replaceAll("&amp;", "&")) ?? [];
    const paths = ["/", "/healthz", "/readyz", "/metrics", "/runs/run_1", "/nothing", `/${SECRETS.argocd}`];
    for (const url of [link, ...paths.map((path) => `${address}${path}`)]) {
      const answer = await fetch(url);
      heard.http.push(JSON.stringify([...answer.headers]), await answer.text());
    }
    const posted = await fetch(`${address}/slack/events`, { method: "POST", body: `token=${SECRETS.slackSigning}` });
    heard.http.push(await posted.text(), await exchangeRaw(address, `GET /${SECRETS.redis} HTTP/9.9\r\n\r\n`));
    const pages = heard.http.join("");
    expect([pages.includes("quarterdeck_runs"), pages.includes("Promote checkout")]).toEqual([true, true]);
  });

  it("are in the surroundings of every other program", async () => {
    programs.push(
      await rig.run(["doctor"], environment),
      await rig.run(["validate"], environment),
      await rig.run(["audit", "verify"], environment),
      await rig.run(["worker"], { ...environment, REDIS_URL: `http://:${SECRETS.redis}@127.0.0.1` }),
      await rig.run(["serve"], { ...environment, PORT: SECRETS.argocd, SLACK_BOT_TOKEN: SECRETS.other }),
      await rig.run(["serve"], environment),
    );
  });

  it("are found nowhere", async () => {
    const { dataFolder, slack } = rig.world;
    using opened = openLog(dataFolder);
    canaries.look("the log of the server", heard.server);
    canaries.look("the log of the worker", heard.worker);
    canaries.look(
      "the events",
      Array.from(opened.log.rows(), (row) => JSON.stringify(row)),
    );
    canaries.look("the files of the data folder", await filesOf(dataFolder));
    const calls = slack.world.journal.calls().map(({ method, args }) => JSON.stringify([method, args]));
    canaries.look("what Slack was sent", [...calls, JSON.stringify(slack.world.messages.all(DEPLOYS))]);
    canaries.look(
      "what Slack was told at once",
      slack.world.journal.deliveries().map(({ acknowledgement }) => JSON.stringify(acknowledgement ?? null)),
    );
    canaries.look("HTTP answers", heard.http);
    canaries.look("Redis: commands", heard.redis);
    canaries.look("Redis: what is kept", await keptBy(redis));
    canaries.look("the export as JSON", [(await rig.run(["audit", "export"])).stdout]);
    canaries.look("the export as CSV", [(await rig.run(["audit", "export", "--format", "csv"])).stdout]);
    canaries.look(
      "the words of the programs",
      programs.map(({ stdout, stderr }) => stdout + stderr),
    );
    canaries.look("the arguments of processes", [...processes]);
    expect(canaries.leaks).toEqual([]);
    expect(canaries.unseen).toEqual([]);
    expect([...processes].some((line) => line.includes("git"))).toBe(true);
  });
});

/** Everything that Redis holds, whatever sort it is of. */
async function keptBy(redis: RedisServer): Promise<readonly (string | Buffer)[]> {
  const client = redis.client();
  try {
    const keys = Strings.parse(await client.keys("*"));
    const kept = await Promise.all(keys.map(async (key) => (await client.dumpBuffer(key)) ?? ""));
    return [...keys, ...kept, "that is all"];
  } finally {
    client.disconnect();
  }
}

async function filesOf(folder: string): Promise<readonly Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name))),
  );
}

/** The command lines of all processes of this user, as everybody on the machine sees them. */
async function argumentsOfAll(): Promise<readonly string[]> {
  const { stdout } = await execa("ps", ["-eo", "ppid=,args="]);
  return stdout.split("\n").filter((line) => !line.includes("redis-server"));
}

async function configuration(rig: ProcessRig, front: ArgocdFront): Promise<string> {
  return await rig.configuration("canaries.yaml", (text) =>
    text
      .replace(rig.world.argocd.url, front.url)
      .replace("      branches: [main]", "      branches: [main]\n      token: ${{ secrets.GIT_TOKEN }}")
      .replace(
        "  ARGOCD_TOKEN: { env: ARGOCD_TOKEN }",
        `  ARGOCD_TOKEN: { env: ARGOCD_TOKEN }\n  GIT_TOKEN: { env: GIT_TOKEN }\n  OTHER: { env: OTHER }\n  KEY: { file: ${rig.path("key.pem")} }`,
      ),
  );
}

/** Puts a commit on top of main. */
async function commit(rig: ProcessRig, subject: string): Promise<void> {
  const git = async (...args: readonly string[]): Promise<string> => {
    const person = { GIT_AUTHOR_NAME: "Ana", GIT_AUTHOR_EMAIL: "ana@example.com", GIT_COMMITTER_NAME: "Ana" };
    const env = { ...person, GIT_COMMITTER_EMAIL: "ana@example.com" };
    return (await execa("git", ["--git-dir", rig.path("deploy.git"), ...args], { env })).stdout;
  };
  const made = await git("commit-tree", "main^{tree}", "-p", "main", "-m", subject);
  await git("update-ref", "refs/heads/main", made);
}
