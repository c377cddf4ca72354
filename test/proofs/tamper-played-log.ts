import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { anchorKeyOf, pemOf } from "../../src/audit/anchor-key.ts";
import { anchorsIn, type SignedHead } from "../../src/audit/signed-head.ts";
import { readInstanceSecret } from "../../src/config/instance-secret.ts";
import { ANA, AppRig, BEN, PRIYA } from "../support/app-rig.ts";
import { backUp, type KeptLog } from "./tamper-log.ts";

/** The log of the whole program, between simulated others: a promotion to prod, questions, refusals, a rollback; anchored and backed up. */
export async function playLog(folder: string): Promise<KeptLog> {
  const anchored = join(folder, "anchors");
  const section = `\naudit:\n  anchors:\n    events: 10\n    targets:\n      - folder: ${anchored}\n      - slack: C0DEPLOYS1\n`;
  await using rig = await AppRig.open({ configure: (text) => text + section });
  const { dataFolder } = rig.world;
  const live = join(dataFolder, "quarterdeck.db");
  const older: string[] = [];
  await rig.type(ANA, "/promote checkout abc123 to prod");
  const gate = await rig.gate();
  older.push(backUp(live, join(folder, "at-the-gate.db")));
  await rig.press(ANA, gate, "gate_approve");
  await rig.stop();
  await rig.start();
  await rig.press(BEN, gate, "gate_approve");
  await rig.press(PRIYA, gate, "gate_approve");
  await rig.until("the end", () => rig.run().status === "succeeded");
  await rig.type(BEN, "/promote chekout abc123 to prod");
  await rig.type(ANA, "/qd lock checkout in prod because of the proof");
  older.push(backUp(live, join(folder, "at-the-end.db")));
  await rig.type(ANA, "/qd unlock checkout in prod");
  await rig.until("the unlocking", () => rig.application.store.events.handLocks().length === 0);
  await rig.stop();
  const file = join(folder, "quarterdeck.db");
  copyFileSync(live, file);
  const [key] = readInstanceSecret({ configured: undefined, dataFolder })?.keys("anchor") ?? [];
  if (key === undefined) throw new Error("the installation has no secret");
  const own = anchorKeyOf(key.bytes);
  return { file, older, anchors: anchorsAt(anchored), key: own, keyText: pemOf(own) };
}

function anchorsAt(folder: string): readonly SignedHead[] {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder).flatMap((name) => anchorsIn(readFileSync(join(folder, name), "utf8")).heads);
}
