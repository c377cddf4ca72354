import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { examine } from "../../src/app/doctor.ts";
import { anchorsIn, type SignedHead } from "../../src/audit/signed-head.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { listen } from "../../src/platform/listen.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { runGit } from "../../src/simulator/git-program.ts";
import { ANA, AppRig, DEPLOYS } from "../support/app-rig.ts";
import { type Ended, runProgram } from "../support/process-rig.ts";

const VERIFIER = new URL("../../docs/verify-log.mjs", import.meta.url).pathname;
const TOKEN = "canary-t0ken-objects";

/** What was put, by its path; refuses whoever has no token, and to write anything twice. */
class Objects {
  readonly kept = new Map<string, string>();
  isDown = false;
  readonly #server: Server = createServer((request, response) => {
    const path = request.url ?? "";
    let text = "";
    request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
    request.on("end", () => response.writeHead(this.#put(path, text, request.headers.authorization)).end());
  });

  async start(): Promise<string> {
    return `http://127.0.0.1:${(await listen(this.#server)).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #put(path: string, text: string, authorization: string | undefined): number {
    if (this.isDown) return 503;
    if (authorization !== `Bearer ${TOKEN}`) return 403;
    if (this.kept.has(path)) return 412;
    this.kept.set(path, text);
    return 200;
  }
}

describe("a server that anchors its log", () => {
  let place: string;
  let objects: Objects;
  let rig: AppRig;

  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), "quarterdeck-anchored-"));
    objects = new Objects();
    const url = await objects.start();
    await runGit(["init", "--quiet", "--bare", join(place, "audit.git")]);
    const repository = `file://${place}/audit.git`;
    const anchors = `
audit:
  anchors:
    events: 10
    targets:
      - slack: ${DEPLOYS}
      - folder: ${place}/anchors
      - git: ${repository}
      - url: ${url}/audit
        token: \${{ secrets.OBJECTS }}
      - folder: ${place}/audit.git/HEAD/nowhere
`;
    rig = await AppRig.open({
      environment: { OBJECTS: TOKEN },
      configure: (text) =>
        text
          .replace("  repositories:\n", `  repositories:\n    - url: ${repository}\n`)
          .replace("secrets:\n", "secrets:\n  OBJECTS: { env: OBJECTS }\n") + anchors,
    });
  });
  afterAll(async () => {
    await rig[Symbol.asyncDispose]();
    objects.stop();
    rmSync(place, { recursive: true, force: true });
  });

  const inFolder = (): readonly SignedHead[] =>
    readdirSync(join(place, "anchors")).flatMap(
      (name) => anchorsIn(readFileSync(join(place, "anchors", name), "utf8")).heads,
    );
  const inGit = async (): Promise<readonly SignedHead[]> => {
    const text = await runGit(["--git-dir", join(place, "audit.git"), "log", "--format=%B", "quarterdeck-anchors"]);
    return anchorsIn(text).heads.toReversed();
  };
  const inSlack = (): readonly SignedHead[] =>
    rig.world.slack.world.messages.all(DEPLOYS).flatMap(({ blocks }) => anchorsIn(JSON.stringify(blocks)).heads);
  const inObjects = (): readonly SignedHead[] => [...objects.kept.values()].flatMap((text) => anchorsIn(text).heads);
  const audit = (...args: readonly string[]): Promise<Ended> => runProgram(["audit", ...args], { cwd: place });
  const independently = async (...args: readonly string[]): Promise<Pick<Ended, "code" | "stdout">> => {
    const ran = promisify(execFile)(process.execPath, [VERIFIER, ...args]);
    return await ran.then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: unknown) => {
        const { code, stdout, stderr }: { code: number; stdout: string; stderr: string } = Object(error);
        return { code, stdout: stdout + stderr };
      },
    );
  };
  const copied = (name: string, change: string): string => {
    const copy = join(place, name);
    const database = new Database(join(rig.world.dataFolder, "quarterdeck.db"), { readonly: true });
    database.prepare("VACUUM INTO ?").run(copy);
    database.close();
    const changed = new Database(copy);
    changed.exec(change);
    changed.close();
    return copy;
  };

  it("puts the same signed head everywhere it was told to, as a file, a message, a commit and an object", async () => {
    await rig.type(ANA, "/promote checkout abc123 to staging");
    await rig.message("an anchor", ({ text }) => text.startsWith("The log is anchored up to event"));
    await rig.until("an anchor everywhere", () => inFolder().length > 0 && objects.kept.size > 0);
    await rig.until("a commit", () => rig.application.store.anchors.known().written.size === 4);
    const [first] = inFolder();
    expect(inSlack()[0]).toEqual(first);
    expect(inObjects()[0]).toEqual(first);
    expect((await inGit())[0]).toEqual(first);
    expect([...objects.kept.keys()][0]).toMatch(/^\/audit\/quarterdeck-[0-9a-f]{8}-0000000000\d\d-[0-9a-f]{8}\.json$/u);
  });

  it("stops nothing where one of them takes nothing, and says so", async () => {
    const answer: unknown = await (await fetch(`${rig.application.address}/readyz`)).json();
    const anchors = { slack: "ready", folder: "ready", git: "ready", url: "ready", "folder-2": "failing" };
    expect(answer).toMatchObject({ ready: true, anchors });
    const figures = await (await fetch(`${rig.application.address}/metrics`)).text();
    expect(figures).toMatch(/quarterdeck_anchor_age_seconds\{target="git"\} \d/u);
    expect(figures).toMatch(/quarterdeck_anchor_late_seconds\{target="folder-2"\} \d/u);
    expect(rig.log).toContainEqual(
      expect.objectContaining({ level: "warn", message: "the log could not be anchored", target: "folder-2" }),
    );
  });

  it("anchors the end when it stops, in Slack as well", async () => {
    await rig.until("the end", () => rig.run().status === "succeeded");
    await rig.type(ANA, "/qd lock checkout in staging because of the audit");
    await rig.until("the lock", () => rig.application.store.events.handLocks().length === 1);
    await rig.stop();
    const last = inFolder().at(-1);
    expect(inSlack().at(-1)).toEqual(last);
    expect((await inGit()).at(-1)).toEqual(last);
    expect(inObjects().at(-1)).toEqual(last);
    const database = new Database(join(rig.world.dataFolder, "quarterdeck.db"), { readonly: true });
    const after = database.prepare("SELECT DISTINCT stream FROM events WHERE sequence > ?").pluck().all(last?.sequence);
    database.close();
    expect(new Set(after)).toEqual(new Set(["anchors", "messages"]));
  });

  it("is verified by the program and by the one file, from the database and from an export", async () => {
    const data = rig.world.dataFolder;
    const key = await audit("key", data);
    expect(key.stdout).toMatch(/^Key [0-9a-f]{16}, signs the log now\n-----BEGIN PUBLIC KEY-----\n/u);
    writeFileSync(join(place, "key.pem"), key.stdout);
    writeFileSync(join(place, "log.jsonl"), (await audit("export", data)).stdout);
    const given = ["--anchors", join(place, "anchors"), "--key", join(place, "key.pem")];
    const proven = new RegExp(`up to event ${inFolder().at(-1)?.sequence}, `, "u");
    for (const log of [data, join(place, "log.jsonl")]) {
      const [ours, theirs] = [await audit("verify", log, ...given), await independently(log, ...given)];
      expect(ours).toMatchObject({ code: 0, stdout: expect.stringMatching(proven) });
      expect(theirs).toMatchObject({ code: 0, stdout: expect.stringMatching(/^INTACT: \d+ events\n/u) });
      expect(theirs.stdout).toMatch(proven);
    }
    writeFileSync(join(place, "slack.json"), JSON.stringify(rig.world.slack.world.messages.all(DEPLOYS)));
    writeFileSync(
      join(place, "git.txt"),
      await runGit(["--git-dir", join(place, "audit.git"), "log", "quarterdeck-anchors"]),
    );
    for (const kept of ["slack.json", "git.txt"]) {
      const args = [data, "--anchors", join(place, kept), "--key", join(place, "key.pem")];
      expect(await independently(...args)).toMatchObject({ code: 0, stdout: expect.stringMatching(proven) });
      expect((await audit("verify", ...args)).code).toBe(0);
    }
  });

  it("shows both what was changed, and up to where the log can be trusted", async () => {
    const given = ["--anchors", join(place, "anchors"), "--key", join(place, "key.pem")];
    const [first] = inFolder();
    const later = (first?.sequence ?? 0) + 3;
    const edited = copied("edited.db", `UPDATE events SET actor = 'p_eve' WHERE sequence = ${later}`);
    const ours = await audit("verify", edited, ...given);
    expect(ours.code).toBe(1);
    expect(ours.stdout).toContain(`BROKEN at event ${later}: the header does not match its hash`);
    expect(ours.stdout).toContain(`Up to event ${first?.sequence}, which was anchored at `);
    const theirs = await independently(edited, ...given);
    expect(theirs.code).toBe(1);
    expect(theirs.stdout).toContain(`CHANGED: event ${later}: it was changed, or the event before it was`);
    expect(theirs.stdout).toContain(`Proven: up to event ${first?.sequence}, anchored `);
    const cut = copied("cut.db", `DELETE FROM events WHERE sequence > ${(first?.sequence ?? 0) + 1}`);
    expect((await audit("verify", cut, ...given)).stdout).toContain("which was anchored");
    expect((await independently(cut, ...given)).stdout).toContain("the log ends before it");
  });

  it("tells redaction from tampering", async () => {
    const given = ["--anchors", join(place, "anchors"), "--key", join(place, "key.pem")];
    const redact = "UPDATE events SET salt = NULL, payload = NULL WHERE type = 'run.started'; DELETE FROM people";
    const redacted = copied("redacted.db", redact);
    const ours = await audit("verify", redacted, ...given);
    expect(ours.stdout).toMatch(/redacted: 1 payloads, \d people/u);
    expect(ours.code).toBe(0);
    const theirs = await independently(redacted, ...given);
    expect(theirs.stdout).toMatch(/Gone: {3}.*person p_[0-9a-f]{32}.*event \d+ \(run\.started\)/u);
    expect(theirs.code).toBe(0);
  });

  it("cannot be verified with anchors and without a key, or with what is none", async () => {
    const key = ["--key", join(place, "key.pem")];
    const copy = copied("alone.db", "SELECT 1");
    const anchors = ["--anchors", join(place, "anchors")];
    expect(await audit("verify", copy, ...anchors)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Anchors prove nothing without the key that signed them"),
    });
    expect((await independently(copy, ...anchors)).stdout).toContain("which was not given");
    expect((await independently(copy, "--anchors", join(place, "key.pem"), ...key)).code).toBe(2);
    expect((await audit("verify", copy, "--anchors", join(place, "key.pem"), ...key)).stderr).toContain(
      "there is none in it",
    );
    expect((await independently(join(place, "key.pem"))).code).toBe(2);
    expect(await independently()).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("Usage: node verify-log.mjs"),
    });
    expect((await independently(join(place, "nothing"))).code).toBe(2);
  });

  it("is looked at by the doctor, who leaves nothing behind", async () => {
    const before = readdirSync(join(place, "anchors"));
    const variables = { ...process.env, ...rig.world.environment, OBJECTS: TOKEN };
    const found = await examine({ mask: new SecretMask(), clock: systemClock, random: systemRandom, variables });
    const anchored = found.filter(({ area }) => area === "audit");
    expect(anchored.filter(({ level }) => level !== "ok").map(({ subject }) => subject)).toEqual([
      `folder ${place}/audit.git/HEAD/nowhere`,
    ]);
    expect(anchored.map(({ what }) => what).join("\n")).toMatch(
      /it takes anchors\n.*the newest anchor there is of event/u,
    );
    expect(found.map(({ subject }) => subject)).toContain(`${DEPLOYS} (cards, alerts, anchors)`);
    expect(readdirSync(join(place, "anchors"))).toEqual(before);
    const branches = await runGit(["--git-dir", join(place, "audit.git"), "for-each-ref", "--format=%(refname)"]);
    expect(branches.trim()).toBe("refs/heads/quarterdeck-anchors");
  });

  it("goes on with another secret: anchors of both keys are believed by whoever has both", async () => {
    const data = rig.world.dataFolder;
    const old = readFileSync(join(data, "secret"), "utf8").trim();
    writeFileSync(join(data, "secret"), `${"n".repeat(44)} ${old}\n`, { mode: 0o600 });
    await rig.start();
    await rig.type(ANA, "/qd unlock checkout in staging");
    await rig.until("the unlocking", () => rig.application.store.events.handLocks().length === 0);
    await rig.stop();
    const keys = new Set(inFolder().map(({ key }) => key));
    expect(keys.size).toBe(2);
    const both = await audit("key", data);
    expect(both.stdout).toMatch(/signs the log now[^]*signed it earlier/u);
    writeFileSync(join(place, "both.pem"), both.stdout);
    const anchors = ["--anchors", join(place, "anchors")];
    expect((await independently(data, ...anchors, "--key", join(place, "both.pem"))).code).toBe(0);
    expect((await audit("verify", data, ...anchors)).code).toBe(0);
    expect((await independently(data, ...anchors, "--key", join(place, "key.pem"))).stdout).toContain(
      "which was not given",
    );
    // The old one is taken out: what it signed inside the log is no fault.
    writeFileSync(join(data, "secret"), `${"n".repeat(44)}\n`, { mode: 0o600 });
    expect((await audit("verify", data)).code).toBe(0);
  });

  it("does not stop later for objects that nobody takes", async () => {
    objects.isDown = true;
    await rig.start();
    await rig.type(ANA, "/qd status");
    const begun = performance.now();
    await rig.stop();
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(inFolder().at(-1)?.sequence).toBeGreaterThan(inObjects().at(-1)?.sequence ?? 0);
    // The next start brings it there.
    objects.isDown = false;
    await rig.start();
    await rig.until("the anchor that was missing", () => inObjects().at(-1)?.sequence === inFolder().at(-1)?.sequence);
  });
});
