import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHmac } from "node:crypto";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ENTRY } from "../support/process-rig.ts";
import { triggerFixture } from "../support/trigger-samples.ts";

const SECRET = "correct horse battery staple";
const root = new URL("../..", import.meta.url).pathname;

const CONFIGURATION = `
slack: { channel: "#deploys" }
argocd:
  - { name: main, url: "https://argocd.example.com", token: "\${{ secrets.ARGOCD_TOKEN }}" }
environments:
  - name: staging
  - { name: prod, approval: { from: [{ group: S0RELEASE1 }] } }
services:
  - { name: checkout, environments: { staging: checkout-staging, prod: checkout-prod } }
roles:
  ci: [{ trigger: green }]
grants:
  - { role: ci, verbs: [promote], services: [checkout], environments: [staging] }
triggers:
  - name: green
    from: github
    secret: \${{ secrets.HOOK }}
    start:
      - command: promote
        when: \${{ event.kind == "workflow_run" && event.conclusion == "success" }}
        inputs: { service: checkout, environment: staging, revision: "\${{ event.commit }}" }
      - command: promote
        when: \${{ event.kind == "workflow_run" }}
        inputs: { service: checkout, environment: prod, revision: "\${{ event.commit }}" }
secrets:
  ARGOCD_TOKEN: { env: ARGOCD_TOKEN }
  HOOK: { env: HOOK }
`;

describe("quarterdeck trigger test", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "quarterdeck-trigger-"));
    cpSync(join(root, "commands"), join(folder, "commands"), { recursive: true });
    writeFileSync(join(folder, "quarterdeck.yaml"), CONFIGURATION);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function run(...args: readonly string[]): { readonly status: number | null; readonly text: string } {
    const { PATH } = process.env;
    const env = { PATH, HOOK: SECRET, ARGOCD_TOKEN: "token-of-argocd" };
    const child = spawnSync(process.execPath, [ENTRY, "trigger", "test", ...args], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    return { status: child.status, text: child.stdout + child.stderr };
  }

  /** The delivery as a file: headers, an empty line, the body. */
  function deliveryFile(
    name: string,
    { event, secret = SECRET }: { readonly event: string; readonly secret?: string },
  ): string {
    const body = triggerFixture(`github/${name}`);
    const signature = createHmac("sha256", secret).update(body).digest("hex");
    const head = `Content-Type: application/json\nX-GitHub-Event: ${event}\nX-Hub-Signature-256: sha256=${signature}\n\n`;
    const file = join(folder, `${name}-${event}-${secret.length}.txt`);
    writeFileSync(file, Buffer.concat([Buffer.from(head), body]));
    return file;
  }

  it("says what a delivery would start, and why not what it would not", () => {
    const { status, text } = run("green", deliveryFile("workflow_run", { event: "workflow_run" }), "--verify");
    expect(text).toMatch(/^Told: CI of acme\/checkout ended with success on main at /u);
    // What was saved some time ago is judged as the server would now, and as if it came in time.
    expect(text).toContain("Nothing: it happened more than 1 d ago, by its own account");
    expect(text).toMatch(/If it came in time: Starts: \/promote checkout [0-9a-f]{40} to staging/u);
    expect(text).toMatch(
      /If it came in time: Refused: \/promote checkout [0-9a-f]{40} to prod \(The trigger green may not promote checkout in prod: its role ci has no grant/u,
    );
    expect(status).toBe(0);
  });

  it("ends with 1 where it would start nothing, or would not be believed", () => {
    const push = run("green", deliveryFile("push", { event: "push" }));
    expect([push.status, push.text]).toEqual([
      1,
      expect.stringContaining("Nothing: promote: its condition does not hold"),
    ]);
    const forged = run("green", deliveryFile("push", { event: "push", secret: "guessed" }), "--verify");
    expect([forged.status, forged.text]).toEqual([1, expect.stringContaining("It would not be believed (signature)")]);
    const plain = join(root, "test/fixtures/triggers/github/ping.json");
    expect(run("green", plain, "--header", "X-GitHub-Event: ping").text).toContain("It starts nothing: it is a ping");
  });

  it("refuses what the server refuses before it reads it", () => {
    const large = join(folder, "large.json");
    writeFileSync(large, Buffer.alloc(2 * 1024 * 1024, "x"));
    expect(run("green", large)).toMatchObject({
      status: 1,
      text: expect.stringContaining("(413): its body has 2.0 MiB"),
    });
    const file = deliveryFile("workflow_run", { event: "workflow_run" });
    expect(run("green", file, "--header", "Content-Encoding: gzip").text).toContain("It would be refused (415)");
  });

  it("names the header that is missing", () => {
    const { status, text } = run("green", join(root, "test/fixtures/triggers/github/workflow_run.json"));
    expect([status, text]).toEqual([1, expect.stringContaining('--header "X-GitHub-Event: workflow_run"')]);
    const unsigned = run("green", join(root, "test/fixtures/triggers/github/workflow_run.json"), "--verify");
    expect(unsigned.text).toContain(
      "(unsigned), and nothing of it read: it carries no proof of who sent it, or not in the form",
    );
  });

  it("says what is wrong with how it is called", () => {
    expect(run("gren", "x").text).toContain('There is no trigger "gren"; did you mean "green"?');
    expect(run("green", join(folder, "nothing.json"))).toMatchObject({ status: 2 });
    expect(run("green")).toMatchObject({ status: 2, text: expect.stringContaining("Usage: quarterdeck trigger test") });
  });
});
