import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { EventBody } from "../../src/api/event-stream.ts";
import { listen } from "../../src/platform/listen.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ApiWorld, letTokensPromote } from "../support/api-world.ts";
import { AppRig, PRIYA } from "../support/app-rig.ts";
import { eventually } from "../support/eventually.ts";
import { createSelfSignedCertificate } from "../support/self-signed-certificate.ts";
import { openTlsFront } from "../support/tls-front.ts";
import { ENTRY } from "../support/process-rig.ts";

const TEAM = "T0HARBOR01";

let app: AppRig;
let token: string;

beforeAll(async () => {
  app = await AppRig.open({ configure: letTokensPromote("ci") });
  token = await new ApiWorld(app).token("ci", ["run", "read", "cancel"]);
});
afterAll(() => app[Symbol.asyncDispose]());

/** A program of ours beside the server. */
class Program {
  stdout = "";
  stderr = "";
  readonly child: ChildProcess;
  readonly code: Promise<unknown>;

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const { PATH = "", HOME = "" } = process.env;
    const own = { QUARTERDECK_URL: new ApiWorld(app).address, QUARTERDECK_TOKEN: token };
    this.child = spawn(process.execPath, [ENTRY, ...args], { env: { PATH, HOME, ...own, ...environment } });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => void (this.stdout += text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => void (this.stderr += text));
    this.code = once(this.child, "close").then(([code]: unknown[]) => code);
    programs.push(this);
  }

  async says(words: RegExp): Promise<void> {
    await eventually(() => expect(this.stdout + this.stderr).toMatch(words));
  }
}

let programs: Program[] = [];
afterEach(async () => {
  for (const { child } of programs) child.kill("SIGKILL");
  await Promise.all(programs.map(({ code }) => code));
  programs = [];
});

const Ended = z.object({ run: z.looseObject({ status: z.string() }) });
const words = (environment: string, ...more: readonly string[]) => [
  "run",
  "promote",
  "checkout",
  "abc123",
  "to",
  environment,
  ...more,
];

/** The request for an approval, once the application knows which message it is: a click before that is one on a copy. */
async function shownGate(): Promise<SlackMessage> {
  const gate = await app.gate();
  await eventually(() => expect(app.application.store.slots.slotByMessage(TEAM, gate.channel, gate.ts)).toBeDefined());
  return gate;
}

describe("a program that starts a run on a server", () => {
  it("follows it to its end, over a start of the server, and tells each fact once", async () => {
    const program = new Program(words("prod", "--follow", "--because", "build 4711"));
    await program.says(/Started run_\w{4}: Promote checkout/u);
    await program.says(/sync begins/u);
    await app.stop();
    await program.says(/The run goes on; waiting/u);
    await app.start();
    await program.says(/Approval is asked for/u);
    await app.press(PRIYA, await shownGate(), "gate_approve");
    expect(await program.code).toBe(0);
    const lines = program.stdout.trim().split("\n");
    expect(lines.at(-1)).toMatch(/^run_\w{4} succeeded\.$/u);
    expect(lines.filter((line) => line.includes("Started: "))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("Approved (priya)"))).toHaveLength(1);
    // What steps are doing has no moment, and may be said again.
    const facts = lines.filter((line) => /^\d\d:/u.test(line));
    expect([new Set(facts).size, facts.length > 10]).toEqual([facts.length, true]);
    expect(program.stderr.match(/goes on; waiting/gu)).toHaveLength(1);
    expect(app.run().origin).toMatchObject({ door: "api", cause: { says: "build 4711" } });

    const logs = new Program(["logs", app.run().id.slice(-4), "--json"]);
    expect(await logs.code).toBe(0);
    const events = logs.stdout
      .trim()
      .split("\n")
      .map((line) => EventBody.parse(JSON.parse(line)));
    expect(events.map(({ version }) => version)).toEqual(app.events().map((_event, index) => index + 1));
    const where = new Program(["where", "checkout", "abc123"]);
    expect([await where.code, where.stdout]).toEqual([
      0,
      expect.stringMatching(/^prod +abc1236 +Healthy .* live +run_\w{4} by the token ci, approved by priya$/mu),
    ]);
    const history = new Program(["history", "checkout"]);
    expect([await history.code, history.stdout]).toEqual([
      0,
      // Nothing stands to the right of what may be long.
      expect.stringMatching(/succeeded +the token ci, approved by priya +Promote checkout \w+ to prod$/mu),
    ]);
  });

  it("ends with 3 for a run that people reject or cancel", async () => {
    const rejected = new Program(words("prod", "--again", "--follow", "--json"));
    await rejected.says(/"type":"gate.opened"/u);
    const { people, world } = app.world.slack;
    await app.press(PRIYA, await shownGate(), "gate_reject");
    await eventually(() => expect(world.views.stack(PRIYA)).toHaveLength(1));
    await people.submitModal({ user: PRIYA, values: { text: "not today" } });
    expect(await rejected.code).toBe(3);
    const last = Ended.parse(JSON.parse(rejected.stdout.trim().split("\n").at(-1) ?? ""));
    expect(last.run).toMatchObject({ status: "failed", failure: { code: "gate.rejected" } });

    const cancelled = new Program(words("prod", "--again", "--follow"));
    await cancelled.says(/Approval is asked for/u);
    await app.type(PRIYA, `/qd cancel ${app.run().id} because wrong commit`);
    expect(await cancelled.code).toBe(3);
    expect(cancelled.stdout).toMatch(/run_\w{4} was cancelled by priya: wrong commit\.\n$/u);
  });

  it("stops following at Ctrl-C, and says that the run goes on", async () => {
    const program = new Program(words("prod", "--again", "--follow"));
    await program.says(/Approval is asked for/u);
    program.child.kill("SIGINT");
    expect(await program.code).toBe(130);
    expect(program.stderr).toMatch(/run_\w{4} goes on. To see it: quarterdeck logs run_\w{4} --follow/u);
    expect(app.run().finishedAt).toBeUndefined();
    await app.type(PRIYA, `/qd cancel ${app.run().id}`);
  });

  it("starts without following, and the same once by its key", async () => {
    const key = ["--idempotency-key", "build-4711"];
    const first = new Program(words("staging", "--again", ...key));
    expect(await first.code).toBe(0);
    expect(first.stdout).toMatch(/^Started (run_\w{4}): .*\nTo follow it: quarterdeck logs \1 --follow/u);
    const again = new Program(words("staging", "--again", ...key));
    expect([await again.code, again.stdout.split("\n")[0]]).toEqual([0, first.stdout.split("\n")[0]]);
    const other = new Program(words("prod", ...key));
    expect([await other.code, other.stderr]).toEqual([2, expect.stringContaining("Idempotency-Key")]);
  });

  it("ends with 2 for what is refused or not understood, and says what was meant", async () => {
    const unknown = new Program(["run", "promot", "checkout"]);
    expect([await unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("Did you mean: promote")]);
    const bare = new Program(["run", "promote"]);
    expect([await bare.code, bare.stderr]).toEqual([2, expect.stringMatching(/^<service> .* is missing/u)]);
    expect(bare.stderr).not.toMatch(/(?:^|\s)\/\w/u);
    const typo = new Program(["run", "promote", "checkout", "abc123", "prod"]);
    expect([await typo.code, typo.stderr.match(/promote checkout abc123 to prod/gu)]).toEqual([2, [expect.anything()]]);
    const forbidden = new Program(["run", "promote", "payments", "abc123", "to", "prod"]);
    expect([await forbidden.code, forbidden.stderr]).toEqual([2, expect.stringContaining("may not promote payments")]);
    const stranger = new Program(["where", "checkout"], { QUARTERDECK_TOKEN: `qd_${"x".repeat(43)}` });
    expect([await stranger.code, stranger.stderr]).toEqual([2, expect.stringContaining("takes a token that is good")]);
    expect(await new Program(["run"]).code).toBe(2);
    const open = new Program(["where", "checkout"], { QUARTERDECK_URL: "http://quarterdeck.test" });
    expect([await open.code, open.stderr]).toEqual([2, expect.stringContaining("unencrypted")]);
  });

  it("ends with 4 where there is no server, or something else", async () => {
    const nobody = new Program(["where", "checkout"], { QUARTERDECK_URL: "http://127.0.0.1:1" });
    expect([await nobody.code, nobody.stderr]).toEqual([4, expect.stringContaining("No server that is ready answers")]);
    const other = new Program(["where", "checkout"], { QUARTERDECK_URL: `${new ApiWorld(app).address}/else` });
    expect([await other.code, other.stderr]).toEqual([4, expect.stringContaining("it answers 404")]);
  });
});

describe("the way to a server", () => {
  it("is over TLS, and believed by the certificates that the program was given", async () => {
    const certificate = createSelfSignedCertificate("quarterdeck");
    const { server, port } = await openTlsFront(certificate, Number(new URL(new ApiWorld(app).address).port));
    const folder = await mkdtemp(join(tmpdir(), "qd-ca-"));
    await writeFile(join(folder, "ca.pem"), certificate.cert);
    const url = { QUARTERDECK_URL: `https://127.0.0.1:${port}` };
    const stranger = new Program(["where", "checkout"], url);
    expect([await stranger.code, stranger.stderr]).toEqual([4, expect.stringMatching(/certificate/u)]);
    const known = new Program(["where", "checkout"], { ...url, NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") });
    expect([await known.code, known.stderr]).toEqual([0, ""]);
    server.close();
    await rm(folder, { recursive: true });
  });

  it("leads nowhere else: whom a server names instead gets no token", async () => {
    const asked: string[] = [];
    const elsewhere = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end("{}");
    });
    const { port } = await listen(elsewhere);
    const server = createServer((_request, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${port}/api/where` }).end("{}");
    });
    const front = await listen(server);
    const program = new Program(["where", "checkout"], { QUARTERDECK_URL: `http://127.0.0.1:${front.port}` });
    expect([await program.code, program.stderr]).toEqual([4, expect.stringContaining("it answers 307")]);
    expect(asked).toEqual([]);
    server.close();
    elsewhere.close();
  });

  it("ends without a word when nobody reads any more", async () => {
    const { child, code } = new Program(words("prod", "--again", "--follow"));
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await code).toBe(130);
    expect(programs.at(-1)?.stderr).not.toMatch(/EPIPE|at .*:\d+/u);
    await app.type(PRIYA, `/qd cancel ${app.run().id}`);
  });
});

describe("tokens on the machine of a server", () => {
  it("are made, believed, listed and revoked", async () => {
    const { folder } = new ApiWorld(app);
    const own = { QUARTERDECK_DATA: folder };
    const made = new Program(["token", "create", "nightly", "--scopes", "read", "--expires", "90d"], own);
    expect(await made.code).toBe(0);
    const fresh = made.stdout.trim();
    expect(fresh).toMatch(/^qd_[\w-]{43}$/u);
    await eventually(async () => expect((await new ApiWorld(app).ask(fresh, "/api/runs")).status).toBe(200));
    const listed = new Program(["token", "list"], own);
    expect([await listed.code, listed.stdout]).toEqual([0, expect.stringMatching(/^nightly +read +made .* until/mu)]);
    expect(await new Program(["token", "create", "nightly", "--scopes", "read"], own).code).toBe(1);
    expect(await new Program(["token", "revoke", "nightly"], own).code).toBe(0);
    await eventually(async () => expect((await new ApiWorld(app).ask(fresh, "/api/runs")).status).toBe(401));
    expect(await new Program(["token", "create", "x", "--scopes", "admin"], own).code).toBe(2);
  });
});
