import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { demoImageWithDigest } from "../../src/simulator/git-demo-manifests.ts";
import { ANA, AppRig, PRIYA } from "../support/app-rig.ts";

const KEY = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEhgcZ0XeQkBTWATRCQPBUydVUo/wk
T92i3zKJ5IajeRP0fASkGMVp/mFJymWiZfjSzxKjZKYXsfiFNlH98L3STw==
-----END PUBLIC KEY-----`;

const byDigest = (image: string): string => image.replace(/:[^:@]*@/u, "@");

/** What CI has built, scanned and signed. */
const BUILT = byDigest(demoImageWithDigest("checkout", "1.5.0"));
const OTHER = byDigest(demoImageWithDigest("checkout", "1.4.2"));

const command = (image: string): string => `name: Release
summary: Bring an image that was looked at to where the manifests have it
verb: promote
on:
  slash: /qd release <service> <revision> to <environment>
inputs:
  service: { type: service }
  revision: { type: revision, of: service }
  environment: { type: environment, of: service }
steps:
  - parallel:
      - id: scan
        uses: trivy/image
        with: { image: "${image}" }
      - id: signed
        uses: cosign/verify
        with:
          image: "${image}"
          key: ${JSON.stringify(KEY)}
  - id: manifests
    uses: manifests/validate
    with: { app: "\${{ environment.app }}", revision: "\${{ revision.sha }}" }
  - id: custody
    uses: image/custody
    with:
      scanned: \${{ steps.scan.outputs.image }}
      signed: \${{ steps.signed.outputs.image }}
      images: \${{ steps.manifests.outputs.images }}
  - id: gate
    uses: approval
    with:
      app: \${{ environment.app }}
      revision: \${{ revision.sha }}
      images: \${{ steps.custody.outputs.digests }}
      checks: ["\${{ steps.scan.outputs.check }}", "\${{ steps.signed.outputs.check }}"]
      prompt: Release \${{ service.name }} to \${{ environment.name }}?
  - id: sync
    uses: argocd/sync
    with: { app: "\${{ environment.app }}", revision: "\${{ revision.sha }}" }
`;

/** Stand-ins that print what the real programs print about the image that they are asked for. */
const TRIVY = `
const image = process.argv.at(-1);
const vulnerability = { VulnerabilityID: "CVE-2026-1000", PkgName: "musl", Severity: "LOW" };
console.log(JSON.stringify({
  SchemaVersion: 2, ArtifactName: image, ArtifactType: "container_image",
  Metadata: { OS: { Family: "alpine", Name: "3.22.1" }, RepoDigests: [image] },
  Results: [{ Target: image, Class: "os-pkgs", Packages: [{}], Vulnerabilities: [vulnerability] }],
}));
process.exitCode = 3;
`;
const COSIGN = `
const digest = process.argv.at(-1).split("@")[1];
const type = "https://sigstore.dev/cosign/sign/v1";
console.log("\\n" + JSON.stringify([{ critical: { image: { "docker-manifest-digest": digest }, type }, optional: {} }]));
`;

async function open(image: string): Promise<AppRig> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "quarterdeck-custody-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const commands = join(folder, "commands");
  await mkdir(commands);
  await writeFile(join(commands, "release.yaml"), command(image));
  for (const [name, script] of [
    ["trivy", TRIVY],
    ["cosign", COSIGN],
  ] as const) {
    await writeFile(join(folder, name), `#!${process.execPath}\n${script}`, { mode: 0o755 });
  }
  const programs = ["trivy", "cosign"].map((name) => `  ${name}: { path: ${join(folder, name)} }\n`).join("");
  const app = await AppRig.open({
    environment: { QUARTERDECK_COMMANDS: commands },
    configure: (text) =>
      `${text.replace("verbs: [promote, rollback, sync, signal, lock, unlock]", "verbs: [promote]")}\nprograms:\n${programs}`,
  });
  onTestFinished(() => app[Symbol.asyncDispose]());
  return app;
}

const revisionInProd = (app: AppRig): string | undefined =>
  app.world.argocd.state().applications.find(({ name }) => name === "checkout-prod")?.liveRevision;

describe("an image on its way", () => {
  it("is synced when it was scanned, is signed, and is what the manifests have; people see what was found", async () => {
    const app = await open(BUILT);
    await app.type(ANA, "/qd release checkout abc123 to prod");
    const gate = await app.gate();
    const text = JSON.stringify(gate.blocks);
    expect(text).toMatch(/\*trivy\/image checkout@sha256:[0-9a-f]{12}:\* 1 low/u);
    expect(text).toMatch(/\*cosign\/verify checkout@sha256:[0-9a-f]{12}:\* signed by key sha256:/u);
    await app.press(PRIYA, gate, "gate_approve");
    await app.until("the run has ended", () => app.run().finishedAt !== undefined);
    expect(app.run().status).toBe("succeeded");
    const opened = app.events().find((event) => event.type === "gate.opened");
    expect(opened?.subject.imageDigests).toEqual([BUILT.split("@")[1]]);
  });

  it("is stopped where another one has taken its place in the manifests, and both are named", async () => {
    const app = await open(OTHER);
    const before = revisionInProd(app);
    await app.type(ANA, "/qd release checkout abc123 to prod");
    await app.until("a run began", () => app.application.store.events.listRuns({ limit: 1 }).length > 0);
    await app.until("the run has ended", () => app.run().finishedAt !== undefined);
    expect(app.run().status).toBe("failed");
    const { failure } = app.run().steps.get("release/custody") ?? {};
    expect(failure).toMatchObject({ code: "custody.broken" });
    expect(failure?.message).toContain(`${OTHER.split("@")[1]} was scanned and signed`);
    expect(failure?.message).toContain(BUILT.split("@")[1]);
    expect(app.run().steps.has("release/sync")).toBe(false);
    expect(revisionInProd(app)).toBe(before);
  });
});
