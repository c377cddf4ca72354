import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ANA, AppRig, BEN, DEPLOYS, PRIYA } from "../support/app-rig.ts";

let folder = "";
let commands = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quarterdeck-settings-"));
  commands = join(folder, "commands");
  await cp(new URL("../../commands", import.meta.url).pathname, commands, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (): Promise<AppRig> => AppRig.open({ environment: { QUARTERDECK_COMMANDS: commands } });

/** Changes quarterdeck.yaml as an editor does: another file takes its place. */
async function edit(rig: AppRig, change: (text: string) => string): Promise<void> {
  const { configurationFile: file } = rig.world;
  await writeFile(`${file}.new`, change(await readFile(file, "utf8")));
  await rename(`${file}.new`, file);
}

const changed = (rig: AppRig): readonly string[] =>
  rig.application.store.log.stream("server").flatMap(({ type, payload }) => {
    if (type !== "settings.changed") return [];
    const { trigger, changes }: { trigger: string; changes: readonly string[] } = JSON.parse(payload ?? "");
    return [`${trigger}: ${changes.join("; ")}`];
  });

describe("settings that change while the server runs", () => {
  it("count from the next command on, and a mistake leaves those before and is told in the channel", async () => {
    await using rig = await open();
    expect(await rig.type(ANA, "/promote shop abc123 to prod")).toContain('There is no service "shop"');
    await edit(rig, (text) => text.replace("- name: web\n", "- name: shop\n"));
    await rig.until("the change is in the log", () => changed(rig).length === 2);
    expect(changed(rig)).toEqual(["start: first start with this log", 'file: services: "shop" added, "web" removed']);
    expect(await rig.type(ANA, "/promote web abc123 to prod")).toContain('There is no service "web"');
    await edit(rig, (text) => text.replace("quorum: 1", "quorun: 1"));
    const told = await rig.message("the mistake", ({ text }) => text.includes("cannot be used"));
    expect(JSON.stringify(told.blocks)).toMatch(
      /quarterdeck\.yaml:\d+:\d+: environments\[1\]\.approval: there is no key \\"quorun\\" here; did you mean `quorum`\?/u,
    );
    expect(rig.log.filter(({ level }) => level === "error")).toEqual([
      expect.objectContaining({ message: "settings cannot be used; those before stay" }),
    ]);
    expect(await rig.type(ANA, "/qd status shop")).toContain("shop");
    await edit(rig, (text) => text.replace("quorun: 1", "quorum: 1"));
    await rig.message("the end of it", ({ ts, text }) => ts === told.ts && text.includes("are mended"));
    expect(changed(rig)).toHaveLength(2);
  });

  it("hold also for command files: a new one is a command, and a broken one changes none", async () => {
    await using rig = await open();
    const sync = await readFile(join(commands, "sync.yaml"), "utf8");
    const renamed = sync.replace(/^name: .*$/mu, "name: Settle").replace("/qd sync", "/qd settle");
    await writeFile(join(commands, "settle.yaml"), renamed);
    await rig.until("the command is there", () => changed(rig).length === 2);
    expect(changed(rig)[1]).toBe("file: command settle.yaml added");
    expect(await rig.type(ANA, "/qd help")).toContain("settle");
    await writeFile(join(commands, "settle.yaml"), `${renamed}nonsense: true\n`);
    await writeFile(join(commands, "sync.yaml"), sync.replace("Sync", "Synchronise"));
    const told = await rig.message("the mistake", ({ text }) => text.includes("cannot be used"));
    expect(JSON.stringify(told.blocks)).toMatch(/settle\.yaml:\d+:1: /u);
    expect(changed(rig)).toHaveLength(2);
    await rm(join(commands, "settle.yaml"));
    await rig.until("all of it counts", () => changed(rig).length === 3);
    expect(changed(rig)[2]).toBe("file: command settle.yaml removed; command sync.yaml changed");
  });

  it("void an approval whose rule they change: nobody approves under the old one", async () => {
    await using rig = await open();
    await rig.type(ANA, "/promote checkout abc123 to prod");
    const gate = await rig.gate();
    await edit(rig, (text) => text.replaceAll("quorum: 1", "quorum: 2"));
    await rig.until("the change is in the log", () => changed(rig).length === 2);
    await rig.press(PRIYA, gate, "gate_approve");
    await rig.until("the gate is void", () => rig.events().some(({ type }) => type === "gate.voided"));
    const again = await rig.message(
      "the request under the new rule",
      ({ ts, blocks }) => ts !== gate.ts && JSON.stringify(blocks).includes("gate_approve"),
    );
    expect(JSON.stringify(again.blocks)).toContain("2");
    const opened = rig.events().filter(({ type }) => type === "gate.opened");
    expect(opened).toHaveLength(2);
  });

  it("let those decide whom only the new rule names, where the old one let nobody", async () => {
    await using rig = await open();
    await rig.type(ANA, "/promote checkout abc123 to prod");
    const gate = await rig.gate();
    const old = "from: [{ group: S0APPROVE1, handle: release-approvers }]";
    await edit(rig, (text) => text.replaceAll(old, `from: [{ user: ${BEN} }]`));
    await rig.until("the change is in the log", () => changed(rig).length === 2);
    await rig.press(BEN, gate, "gate_approve");
    await rig.told(BEN, /the rule about who may approve changed/u);
    const again = await rig.message(
      "the request under the new rule",
      ({ ts, blocks }) => ts !== gate.ts && JSON.stringify(blocks).includes("gate_approve"),
    );
    await rig.press(BEN, again, "gate_approve");
    await rig.until("the run has ended", () => rig.run().finishedAt !== undefined);
    expect(rig.run().status).toBe("succeeded");
    expect(rig.events().filter(({ type }) => type === "gate.decided")).toHaveLength(1);
  });

  it("leave open runs their plan, also when the service is gone from them", async () => {
    await using rig = await open();
    await rig.type(ANA, "/promote checkout abc123 to prod");
    const gate = await rig.gate();
    const planned = rig.run().planDigest;
    await edit(rig, (text) => text.replace(/ {2}- name: checkout\n.*\n/u, ""));
    await rm(join(commands, "history.yaml"));
    const promote = await readFile(join(commands, "promote.yaml"), "utf8");
    await writeFile(join(commands, "promote.yaml"), promote.replace(/^name: .*$/mu, "name: Advance"));
    await rig.until("all of it counts", () => changed(rig).join(" ").includes("command history.yaml removed"));
    await rig.until("all of it counts", () => changed(rig).join(" ").includes('services: "checkout" removed'));
    expect(await rig.type(ANA, "/promote checkout abc123 to prod")).toContain('There is no service "checkout"');
    await rig.press(PRIYA, gate, "gate_approve");
    await rig.until("the run has ended", () => rig.run().finishedAt !== undefined);
    expect(rig.run()).toMatchObject({ status: "succeeded", planDigest: planned });
  });

  it("move requests for approval to another channel at once", async () => {
    await using rig = await open();
    await edit(rig, (text) => text.replace("slack:\n", "slack:\n  approvals: G0PAYMENT1\n"));
    await rig.until("the change is in the log", () => changed(rig).length === 2);
    expect(changed(rig)[1]).toBe("file: slack: approvals added");
    await rig.type(ANA, "/promote checkout abc123 to prod");
    await rig.message("the request", ({ blocks }) => JSON.stringify(blocks).includes("gate_approve"), "G0PAYMENT1");
  });

  it("say what waits for a restart, and are an event when they changed while the server was stopped", async () => {
    await using rig = await open();
    await edit(rig, (text) => text.replace("  - name: main\n", "  - name: main\n    projects: [shop]\n"));
    const told = await rig.message("what waits", ({ text }) => text.includes("takes effect at its next start"));
    expect(told.text).toContain("the Argo CD servers");
    expect(told.channel).toBe(DEPLOYS);
    await rig.stop();
    await edit(rig, (text) => text.replace("settle: ", "settle: 1"));
    await rig.start();
    expect(changed(rig).at(-1)).toBe("start: timing changed");
  });

  it("are read again when asked for, as SIGHUP does", async () => {
    await using rig = await open();
    await rig.application.reload();
    expect(rig.log.at(-1)).toMatchObject({ message: "settings are as they were" });
  });
});
