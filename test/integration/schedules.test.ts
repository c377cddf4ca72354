import { spawnSync } from "node:child_process";
import { readFile, rename, writeFile } from "node:fs/promises";

import { expect, it } from "vitest";

import { AppRig } from "../support/app-rig.ts";
import { eventually } from "../support/eventually.ts";

const LAUNCH = new URL("../../src/launch.js", import.meta.url).pathname;
const SCHEDULES = `
schedules:
  - name: often
    cron: "*/3 * * * * *"
    time-zone: Europe/Berlin
    start: { command: sync, inputs: { service: checkout, environment: staging } }
`;

/** With a role that may do it, or one that may not. */
function scheduled(text: string, verbs = "sync"): string {
  return `${text}${SCHEDULES}`
    .replace("roles:\n", "roles:\n  clock: [{ schedule: often }]\n")
    .replace("grants:\n", `grants:\n  - { role: clock, verbs: [${verbs}], services: all, environments: all }\n`);
}

interface Fact {
  readonly type: string;
  readonly payload: { readonly occurrence?: number; readonly changes?: readonly string[] };
}

function factsOf(rig: AppRig): readonly Fact[] {
  return rig.application.store.log.stream("schedules").map(({ type, payload }): Fact => {
    return { type, payload: JSON.parse(payload ?? "") };
  });
}

it("a schedule starts runs that people see as what it asked for, and ends when it is taken out of the file", async () => {
  await using rig = await AppRig.open({ configure: (text) => scheduled(text) });
  const card = await rig.card(/checkout/u);
  expect(JSON.stringify(card.blocks)).toMatch(
    /the schedule often .*due \w{3} \d{4}-\d\d-\d\d \d\d:\d\d \(Europe\/Berlin\)/u,
  );
  await eventually(() =>
    expect(factsOf(rig).filter(({ type }) => type === "schedule.asked").length).toBeGreaterThan(1),
  );
  const { configurationFile: file } = rig.world;
  const text = await readFile(file, "utf8");
  await writeFile(
    `${file}.new`,
    text
      .replace(SCHEDULES, "\n")
      .replace("  clock: [{ schedule: often }]\n", "")
      .replace(/ {2}- \{ role: clock.*\n/u, ""),
  );
  await rename(`${file}.new`, file);
  await eventually(() => expect(factsOf(rig).at(-1)?.payload.changes).toEqual(["often removed"]));
  const asked = factsOf(rig).flatMap(({ type, payload }) => (type === "schedule.asked" ? [payload.occurrence] : []));
  expect(new Set(asked).size).toBe(asked.length);
});

it("a schedule that may not do what it asks for says so in the channel", async () => {
  await using rig = await AppRig.open({ configure: (text) => scheduled(text, "promote") });
  const told = await rig.message("why nothing is done", ({ text }) => text.startsWith("The schedule often asked for"));
  expect(told.text).toMatch(/asked for sync, and nothing was started: /u);
});

it("a schedule with a mistake keeps the server from starting, with line and column", async () => {
  const configure = (text: string): string => scheduled(text).replace("*/3 *", "*/3 x");
  await expect(AppRig.open({ configure })).rejects.toThrow(
    /quarterdeck\.yaml:\d+:11: schedules\[0\]\.cron: "x" is no minute/u,
  );
});

it("`quarterdeck schedule list` shows what comes next, and what is wrong", async () => {
  await using rig = await AppRig.open({ configure: (text) => scheduled(text).replace("*/3 * * * * *", "30 9 29 2 *") });
  const list = (...more: readonly string[]) =>
    spawnSync(process.execPath, [LAUNCH, "schedule", ...more], {
      env: { ...process.env, ...rig.world.environment },
      encoding: "utf8",
    });
  const shown = list("list");
  expect(shown.stdout).toContain("often: 30 9 29 2 * in Europe/Berlin, missed: last\n");
  expect(
    shown.stdout.match(/ {2}\w{3} \d{4}-02-29 09:30 \(Europe\/Berlin\) {2}.*\/qd sync checkout in staging/gu),
  ).toHaveLength(3);
  expect(JSON.parse(list("list", "--json").stdout)).toMatchObject({ ok: true, schedules: [{ name: "often" }] });
  expect(list().status).toBe(2);
  const { configurationFile: file } = rig.world;
  await writeFile(file, (await readFile(file, "utf8")).replace("30 9 29 2 *", "30 9 31 2 *"));
  const wrong = list("list");
  expect([wrong.status, wrong.stdout]).toEqual([1, expect.stringContaining("no month that it names has such a day")]);
});
