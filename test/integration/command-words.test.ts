import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ANA, AppRig, BEN, DEPLOYS, GUS, PRIYA } from "../support/app-rig.ts";
import { words } from "../support/bad-day.ts";

let rig: AppRig;

// Ben may promote, and nothing else.
const GRANTS = `  - { role: team, verbs: [promote, rollback, sync, signal, lock, unlock], services: all, environments: all }
  - { role: promoters, verbs: [promote], services: all, environments: all }`;

beforeAll(async () => {
  rig = await AppRig.open({
    configure: (text) =>
      text
        .replace(
          "  team: [everyone]",
          `  team: [{ user: ${ANA} }, { user: ${PRIYA} }]\n  promoters: [{ user: ${BEN} }]`,
        )
        .replace(/ {2}- \{ role: team.*\}/u, GRANTS),
  });
});

afterAll(() => rig[Symbol.asyncDispose]());

function privateTo(user: string): readonly SlackMessage[] {
  return rig.world.slack.world.messages.all(DEPLOYS).filter(({ viewer }) => viewer === user);
}

/** What the person reads in the end: what was said at once is replaced by the answer. */
async function ask(user: string, line: string): Promise<string> {
  const before = privateTo(user).length;
  await rig.type(user, line);
  await rig.until(`an answer to ${line}`, () => {
    const last = privateTo(user).slice(before).at(-1);
    return last !== undefined && !last.text.startsWith("Looking into it");
  });
  const said = privateTo(user).slice(before);
  expect(said).toHaveLength(1);
  return said.map((message) => words(message)).join("\n");
}

/** The run whose title says so, by its short id. */
function shortIdOf(says: RegExp): string {
  const row = rig.application.store.events.listRuns({ limit: 10 }).find(({ title }) => says.test(title));
  return `run_${row?.id.slice(-4) ?? ""}`;
}

describe("questions, answered privately and in one message", () => {
  it("what is live where, and by whom", async () => {
    const answer = await ask(ANA, "/qd where checkout");
    expect(answer).toContain("2b4337b");
    expect(answer).toContain("Not proven by any run of Quarterdeck.");
  });

  it("where a revision has come, and what is next", async () => {
    expect(await ask(ANA, "/qd where checkout 2b4337b")).toContain("2b4337b is live everywhere.");
    const answer = await ask(ANA, "/qd where checkout abc123");
    expect(answer).toContain("abc1236 is live nowhere. Next: `staging`.");
    expect(await ask(ANA, "/qd where checkout 14272e6")).toContain("it is contained in this");
  });

  it("who may start and approve, and what one may oneself", async () => {
    const answer = await ask(ANA, "/qd who checkout in prod");
    expect(answer).toContain("`@release-approvers` (2 people): one approval, not by the person who asked");
    expect(answer).toContain("`rollback`");
    expect(answer).toContain("You may lock, promote, rollback, sync and unlock here.");
    expect(await ask(BEN, "/qd who checkout in prod")).toContain("You may promote here.");
    expect(await ask(GUS, "/qd who checkout")).toContain("You may start nothing here.");
    expect(await ask(PRIYA, "/qd who checkout in prod")).toContain("and you are among those who approve");
  });

  it("what a revision would change", async () => {
    const answer = await ask(ANA, "/qd diff checkout abc123 in prod");
    expect(answer).toContain("`checkout` in `prod`: `2b4337b` → `abc1236`");
    expect(answer).toContain("checkout: 1.5.0, pay in instalments");
    expect(answer).toContain("data.PAYMENT_TIMEOUT: 5s → 3s");
    expect(answer).toContain("nothing was done");
  });

  it("what a command would do, without doing it", async () => {
    const answer = await ask(ANA, "/qd plan promote checkout abc123 to prod");
    expect(answer).toContain("*1. staging* `2b4337b` → `abc1236`\n`sync` → `healthy`");
    expect(answer).toContain("`gate` → `sync` → `healthy`");
    expect(answer).not.toContain("It would be refused now");
    expect(await ask(GUS, "/qd plan /promote checkout abc123 to prod")).toContain("It would be refused now");
    expect(await ask(ANA, "/qd plan /promote web bf0f508 to staging")).toContain("*1. staging*");
    expect(await ask(ANA, "/qd plan /promote checkout 77b5b29 to staging")).toContain("it changes nothing");
    expect(await ask(ANA, "/qd plan /promote chekout abc123 to prd")).toContain("/promote checkout abc123 to prod");
    expect(await ask(ANA, "/qd plan status")).toMatch(
      /"\/qd status" starts no run, .* begins with \/promote, \/qd sync, \/rollback\./u,
    );
    expect(rig.application.store.events.listRuns({ limit: 10 })).toEqual([]);
  });
});

describe("locks by word", () => {
  it("keep everybody from starting, say who, why and until when, and are lifted by whoever may", async () => {
    expect(await ask(BEN, "/qd lock checkout in prod because I say so")).toContain(
      "You may not lock checkout in prod.",
    );
    expect(await ask(ANA, "/qd lock checkout in prod because database migration for 2h")).toContain(
      "checkout in prod is locked for 2 h: database migration.",
    );
    expect(await ask(PRIYA, "/qd lock checkout in prod because mine")).toContain(`is locked by <@${ANA}>`);
    const refused = await ask(PRIYA, "/promote checkout abc123 to prod");
    expect(refused).toContain(`\`checkout/prod\` is locked by <@${ANA}> since`);
    expect(refused).toContain("database migration");
    expect(refused).toContain("/qd unlock checkout in prod");
    expect(await ask(PRIYA, "/qd queue checkout")).toContain("database migration");
    expect(await ask(PRIYA, "/qd plan /promote checkout abc123 to prod")).toContain(
      "checkout/prod is locked by hand (/qd unlock checkout in prod lifts it): database migration.",
    );
    expect(await ask(BEN, "/qd unlock checkout in prod")).toContain("You may not unlock checkout in prod.");
    expect(await ask(PRIYA, "/qd unlock checkout in prod")).toContain("checkout in prod is unlocked.");
    expect(await ask(PRIYA, "/qd unlock checkout in prod")).toContain("is not locked by anybody");
    expect(rig.application.store.events.listRuns({ limit: 10 })).toEqual([]);
  });

  it("that cannot be are refused", async () => {
    expect(await ask(ANA, "/qd lock checkout in prod because x for 100d")).toContain("A lock lasts 90 d at most");
    expect(await ask(ANA, "/qd lock chekout in prd because x")).toContain("/qd lock checkout in prod because x");
  });
});

describe("runs by word", () => {
  it("are cancelled by whoever asked or may do what they do, and by nobody else", async () => {
    await rig.type(BEN, "/promote checkout abc123 to prod");
    await rig.gate();
    const run = shortIdOf(/abc1236 to prod/u);
    expect(await ask(GUS, `/qd cancel ${run}`)).toMatch(/You may not promote checkout|Guests/u);
    expect(await ask(ANA, "/qd cancel run_ZZZZ")).toContain("There is no run run_ZZZZ.");
    expect(await ask(ANA, `/qd retry ${run}`)).toContain("It has not ended yet, so it cannot be retried.");
    expect(await ask(BEN, `/qd cancel ${run} because the wrong one`)).toContain(`${run} is being cancelled`);
    await rig.card(/cancelled/u);
    expect(await ask(ANA, `/qd cancel ${run.slice(4).toLowerCase()}`)).toContain("It was cancelled already.");
    const row = rig.application.store.events.listRuns({ limit: 1 })[0];
    const events = rig.application.store.events.readRun(row?.id ?? "");
    expect(events.find(({ type }) => type === "run.cancel-requested")).toMatchObject({ reason: "the wrong one" });
  });

  it("are retried where they ended, and a lock keeps them from it", async () => {
    const run = shortIdOf(/abc1236 to prod/u);
    expect(await ask(GUS, `/qd retry ${run}`)).toMatch(/You may not promote checkout|Guests/u);
    expect(await ask(ANA, `/qd retry ${run} from nowhere`)).toContain('cannot be retried from "nowhere"');
    await ask(ANA, "/qd lock checkout in prod because migration");
    expect(await ask(ANA, `/qd retry ${run}`)).toContain("migration");
    await ask(ANA, "/qd unlock checkout in prod");
    expect(await ask(ANA, `/qd retry ${run}`)).toContain(`${run} goes on`);
    const gate = await rig.gate();
    await rig.press(PRIYA, gate, "gate_approve");
    await rig.card(/succeeded/iu);
    expect(await ask(ANA, `/qd retry ${run}`)).toContain("It has succeeded; there is nothing to retry.");
    expect(await ask(ANA, "/qd where checkout")).toMatch(
      new RegExp(`Proven .* by .*${run}.*approved by <@${PRIYA}>`, "u"),
    );
  });

  it("and every refusal is on record", () => {
    const results = Array.from(rig.application.store.log.rows(), ({ type, payload }) =>
      type === "intent.settled" ? JSON.stringify(payload) : "",
    ).join("\n");
    for (const code of ["access.not-granted", "lock.taken", "run.unknown", "input.service"]) {
      expect(results).toContain(code);
    }
  });
});

describe("a history by person", () => {
  it("has what somebody asked for, decided, or was refused, and nothing of the others", async () => {
    const asked = await ask(PRIYA, "/qd history by @ben");
    expect(asked).toContain("History of everything with <@U0BEN00001>");
    expect(asked).toMatch(/Promote checkout abc1236 to prod>[^]*asked for by <@U0BEN00001>/u);
    // Priya approved it; Ana was refused something about it.
    expect(await ask(PRIYA, "/qd history by @priya")).toContain("Promote checkout abc1236 to prod");
    expect(await ask(PRIYA, "/qd history by @ana")).toContain("Promote checkout abc1236 to prod");
    expect(await ask(PRIYA, "/qd history by @olga")).toContain("No runs yet");
    expect(await ask(PRIYA, "/qd history by ana")).toContain("type @ and choose the name that Slack offers");
  });
});
