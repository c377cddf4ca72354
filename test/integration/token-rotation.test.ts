import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { it, onTestFinished } from "vitest";

import { DEMO_TOKEN } from "../../src/simulator/argocd-demo-world.ts";
import { accountToken } from "../../src/simulator/argocd-accounts.ts";
import { ANA, AppRig } from "../support/app-rig.ts";

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
