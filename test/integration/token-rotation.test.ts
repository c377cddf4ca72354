import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it, onTestFinished } from "vitest";

import { repositoryRules } from "../../src/app/git-access.ts";
import { Secrets } from "../../src/config/secrets.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { GitHost } from "../../src/simulator/git-host.ts";

import { DEMO_TOKEN } from "../../src/simulator/argocd-demo-world.ts";
import { accountToken } from "../../src/simulator/argocd-accounts.ts";
import { ANA, AppRig } from "../support/app-rig.ts";
import { configured, rightConfiguration } from "../support/configured.ts";
import { GitWorkbench } from "../support/git-workbench.ts";

it("a token of Git that is replaced in its file counts without a restart", async () => {
  const bench = await GitWorkbench.create();
  onTestFinished(() => bench[Symbol.asyncDispose]());
  const repository = await bench.repository("deploy.git");
  const author = { name: "Ana", email: "ana@example.com" };
  await repository.commit({ author, message: "First", files: { "checkout/app.yaml": "a: 1\n" } });
  await using host = await GitHost.start({
    clock: systemClock,
    repositories: { "acme/deploy.git": repository.folder },
    token: "the-token-that-is-new-0002",
  });
  const file = join(bench.folder, "token");
  writeFileSync(file, "the-token-that-was-old-0001", { mode: 0o600 });
  const url = host.repositoryUrl("acme/deploy.git");
  const configuration = configured(
    `${rightConfiguration}  GIT: { file: ${JSON.stringify(file)} }\ngit: { repositories: [{ url: "${url}", token: "\${{ secrets.GIT }}" }] }\n`,
  );
  const [mask, logger] = [new SecretMask(), silentLogger];
  const secrets = new Secrets({ sources: configuration.secrets, variables: {}, mask, logger });
  const git = bench.open({ rules: repositoryRules(configuration, secrets) });
  const ask = (): Promise<unknown> => git.resolveRevision({ repository: url, text: "main", allowedBranches: ["main"] });
  await expect(ask()).rejects.toThrow(/credential|access|refuse/iu);
  writeFileSync(file, "the-token-that-is-new-0002");
  await expect(ask()).resolves.toMatchObject({ kind: "resolved", subject: "First" });
});

it("a token of Argo CD that is replaced in its file counts without a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quarterdeck-token-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "token");
  writeFileSync(file, DEMO_TOKEN, { mode: 0o600 });
  await using app = await AppRig.open({
    configure: (text) => text.replace("{ env: ARGOCD_TOKEN }", `{ file: ${JSON.stringify(file)} }`),
  });
  writeFileSync(file, accountToken("somebody-who-left"));
  await app.type(ANA, "/promote checkout abc123 to staging");
  await app.told(ANA, /Argo CD does not accept the token/u);
  writeFileSync(file, DEMO_TOKEN);
  await app.type(ANA, "/promote checkout abc123 to staging");
  await app.card(/to staging: succeeded/u);
});
