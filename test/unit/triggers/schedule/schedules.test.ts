import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { trySchedulePlan } from "../../../../src/triggers/schedule/schedule-plan.ts";
import { scheduleSettings, ScheduleWorld } from "../../../support/schedule-world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

describe("schedules", () => {
  it("ask for a run at each occurrence, as themselves and with what is typed for it", async () => {
    const world = new ScheduleWorld("2026-11-21T01:00:00Z");
    world.configure({
      cron: "30 2,3 * * *",
      "time-zone": "Europe/Berlin",
      start: { command: "drift", inputs: { reason: "check of ${{ event.date }}", at: "${{ event.at }}", deep: true } },
    });
    await world.start();
    await world.clock.advance(3 * HOUR_MS);
    expect(world.asked).toEqual(["2026-11-21T01:30Z", "2026-11-21T02:30Z"]);
    expect(world.asks.get("schedule/nightly/2026-11-21T01:30Z")).toEqual({
      machine: { sort: "schedule", name: "nightly" },
      door: "schedule",
      command: "drift",
      typed: { values: { reason: "check of 2026-11-21", at: "2026-11-21T02:30:00+01:00", deep: "true" } },
      cause: { says: "due Sat 2026-11-21 02:30 (Europe/Berlin)" },
    });
  });

  it("ask at the time, and not before it", async () => {
    const world = new ScheduleWorld("2026-11-20T12:00:00Z");
    world.configure({ cron: "0 13 * * *" });
    await world.start();
    await world.clock.advance(HOUR_MS - 1);
    expect(world.asked).toEqual([]);
    await world.clock.advance(1);
    expect(world.asked).toEqual(["2026-11-20T13:00Z"]);
  });

  it("say nothing of what was before they were seen first", async () => {
    const world = new ScheduleWorld("2026-11-20T12:00:00Z");
    world.configure({ cron: "* * * * *", missed: "all" });
    await world.start();
    expect(world.asked).toEqual([]);
    expect(world.facts).toMatchObject([{ type: "schedules.known", changes: ["nightly added"] }]);
  });

  it("are dealt with as `missed` says where the server was not there", async () => {
    const missed = async (policy: string, goneMs: number) => {
      const world = new ScheduleWorld("2026-11-20T12:30:00Z");
      world.configure({ cron: "0 * * * *", missed: policy });
      await (await world.start())[Symbol.asyncDispose]();
      await world.clock.advance(goneMs);
      await world.start();
      return { asked: world.asked, skipped: world.factsOf("schedule.skipped"), asks: [...world.asks.values()] };
    };
    const skip = await missed("skip", 3.2 * HOUR_MS);
    expect(skip.asked).toEqual([]);
    expect(skip.skipped).toMatchObject([{ occurrence: Date.parse("2026-11-20T15:00Z"), count: 3, isMore: false }]);
    const last = await missed("last", 3.2 * HOUR_MS);
    expect(last.asked).toEqual(["2026-11-20T15:00Z"]);
    expect(last.skipped).toMatchObject([{ occurrence: Date.parse("2026-11-20T14:00Z"), count: 2 }]);
    expect(last.asks[0]?.cause?.says).toContain("made up for");
    const all = await missed("all", 3.2 * HOUR_MS);
    expect(all.asked).toEqual(["2026-11-20T13:00Z", "2026-11-20T14:00Z", "2026-11-20T15:00Z"]);
    expect(all.skipped).toEqual([]);
    const many = await missed("all", 30 * DAY_MS);
    expect(many.asked).toHaveLength(24);
    expect(many.asked.at(0)).toBe("2026-12-19T13:00Z");
    expect(many.asked.at(-1)).toBe("2026-12-20T12:00Z");
    expect(many.skipped).toMatchObject([{ occurrence: Date.parse("2026-12-19T12:00Z"), count: 100, isMore: true }]);
    // What became due right before the start counts as on time, and stands for what was missed before.
    const onTime = await missed("skip", 2.5 * HOUR_MS + 30_000);
    expect(onTime.asked).toEqual(["2026-11-20T15:00Z"]);
    expect((await missed("last", 2.5 * HOUR_MS + 30_000)).asked).toEqual(["2026-11-20T15:00Z"]);
  });

  it("count from the change on where cron or zone are others, also while the server was stopped", async () => {
    const world = new ScheduleWorld("2026-11-20T12:30:00Z");
    world.configure({ cron: "0 * * * *", missed: "all" });
    const schedules = await world.start();
    await world.clock.advance(HOUR_MS);
    world.configure({ cron: "15 * * * *", missed: "all" });
    schedules.refresh();
    await world.clock.advance(HOUR_MS);
    expect(world.asked).toEqual(["2026-11-20T13:00Z", "2026-11-20T14:15Z"]);
    await schedules[Symbol.asyncDispose]();
    world.configure({ cron: "15 * * * *", missed: "all", "time-zone": "Asia/Kathmandu" });
    await world.clock.advance(4 * HOUR_MS);
    await world.start();
    // It is 18:30; in Kathmandu it is 00:15.
    await world.clock.advance(HOUR_MS);
    expect(world.asked.slice(2)).toEqual(["2026-11-20T19:30Z"]);
  });

  it("start nothing for the time in which they were not configured", async () => {
    const world = new ScheduleWorld("2026-11-20T12:30:00Z");
    world.configure({ cron: "0 * * * *", missed: "all" });
    const schedules = await world.start();
    world.configure();
    schedules.refresh();
    await world.clock.advance(5 * HOUR_MS);
    await schedules[Symbol.asyncDispose]();
    world.configure({ cron: "0 * * * *", missed: "all" });
    await world.start();
    expect(world.asked).toEqual([]);
    expect(world.factsOf("schedules.known").map(({ changes }) => changes)).toEqual([
      ["nightly added"],
      ["nightly removed"],
      ["nightly added"],
    ]);
  });

  it("keep what they have done where only what they start is another", async () => {
    const world = new ScheduleWorld("2026-11-20T12:30:00Z");
    world.configure({ cron: "0 * * * *" });
    await (await world.start())[Symbol.asyncDispose]();
    world.configure({ cron: " 0  * * * * ", jitter: "0s", start: { command: "other" } });
    await world.clock.advance(HOUR_MS);
    await world.start();
    expect([...world.asks.values()].map(({ command }) => command)).toEqual(["other"]);
  });

  it("run nothing twice where the clock is set back, and go on at once", async () => {
    const world = new ScheduleWorld("2026-11-20T12:30:00Z");
    world.configure({ cron: "*/10 * * * *" });
    await world.start();
    await world.clock.advance(HOUR_MS);
    world.clock.step(-HOUR_MS);
    await world.clock.advance(HOUR_MS + 15 * MINUTE_MS);
    expect(world.asked).toEqual([
      "2026-11-20T12:40Z",
      "2026-11-20T12:50Z",
      "2026-11-20T13:00Z",
      "2026-11-20T13:10Z",
      "2026-11-20T13:20Z",
      "2026-11-20T13:30Z",
      "2026-11-20T13:40Z",
    ]);
  });

  it("do not wait for years where the clock was years ahead for a while", async () => {
    const world = new ScheduleWorld("2026-11-20T12:30:00Z");
    world.configure({ cron: "0 * * * *" });
    await world.start();
    world.clock.step(1000 * DAY_MS);
    await world.clock.advance(MINUTE_MS);
    expect(world.asked).toEqual(["2029-08-16T12:00Z"]);
    world.clock.step(-1000 * DAY_MS);
    await world.clock.advance(HOUR_MS);
    expect(world.asked.slice(1)).toEqual(["2026-11-20T13:00Z"]);
    expect(world.factsOf("schedules.known").at(-1)?.["changes"]).toEqual([
      "nightly counts anew, because the clock was set back",
    ]);
  });

  it("notice within half a minute that the clock was set forward, and take what was jumped over for missed", async () => {
    const world = new ScheduleWorld("2026-11-20T12:30:00Z");
    world.configure({ cron: "0 * * * *", missed: "last" });
    await world.start();
    world.clock.step(3 * DAY_MS);
    await world.clock.advance(30_000);
    expect(world.asked).toEqual(["2026-11-23T12:00Z"]);
    expect(world.factsOf("schedule.skipped")).toMatchObject([{ count: 71 }]);
  });

  it("start later by their jitter, always as much, and are not taken for missed by that", async () => {
    const world = new ScheduleWorld("2026-11-20T12:30:00Z");
    world.configure({ cron: "0 * * * *", jitter: "30m", missed: "skip" });
    const delayMs = trySchedulePlan(scheduleSettings({ cron: "0 * * * *", jitter: "30m" }))?.delayMs ?? 0;
    expect(delayMs).toBeGreaterThan(2 * MINUTE_MS);
    expect(delayMs).toBeLessThan(30 * MINUTE_MS);
    await world.start();
    await world.clock.advance(30 * MINUTE_MS + delayMs - 1);
    expect(world.asked).toEqual([]);
    await world.clock.advance(1);
    expect(world.asked).toEqual(["2026-11-20T13:00Z"]);
    await world.clock.advance(HOUR_MS);
    expect(world.asked).toEqual(["2026-11-20T13:00Z", "2026-11-20T14:00Z"]);
  });

  it("note what is left out where people see what was asked for", async () => {
    const world = new ScheduleWorld("2026-11-20T12:30:00Z");
    world.configure({ cron: "0 * * * *", missed: "skip", "time-zone": "Europe/Berlin" });
    const missing = async (hours: number): Promise<void> => {
      await (await world.start())[Symbol.asyncDispose]();
      await world.clock.advance(hours * HOUR_MS);
    };
    await missing(1);
    await missing(3);
    await missing(200);
    await world.start();
    expect([...world.noted]).toEqual([
      [
        "schedule/nightly/2026-11-20T13:00Z/left-out",
        "left out by `missed: skip`: the server was not there, or could not record it",
      ],
      [
        "schedule/nightly/2026-11-20T16:00Z/left-out",
        "left out with 2 before it by `missed: skip`: the server was not there, or could not record it",
      ],
      [
        "schedule/nightly/2026-11-29T00:00Z/left-out",
        "left out with more than 99 before it by `missed: skip`: the server was not there, or could not record it",
      ],
    ]);
  });

  it("record why nothing is started where an expression fails, and go on", async () => {
    const world = new ScheduleWorld("2026-11-20T12:30:00Z");
    world.configure({ cron: "0 * * * *", start: { command: "drift", inputs: { reason: "${{ event.gone }}" } } });
    await world.start();
    await world.clock.advance(2 * HOUR_MS);
    expect([...world.noted.keys()]).toEqual([
      "schedule/nightly/2026-11-20T13:00Z",
      "schedule/nightly/2026-11-20T14:00Z",
    ]);
    expect([...world.noted.values()][0]).toContain('drift: the value for "reason" cannot be told');
  });

  it("try again after five seconds where the log cannot be written, without holding up other schedules", async () => {
    const world = new ScheduleWorld("2026-11-20T12:59:30Z");
    world.configure({ cron: "0 * * * *" }, { name: "other", cron: "0 * * * *" });
    await world.start();
    world.failure = { write: world.writes, isOnDisk: false };
    await world.clock.advance(30_000);
    expect([...world.asks.keys()]).toEqual(["schedule/other/2026-11-20T13:00Z"]);
    await world.clock.advance(5000);
    expect([...world.asks.keys()]).toEqual(["schedule/other/2026-11-20T13:00Z", "schedule/nightly/2026-11-20T13:00Z"]);
    expect(world.lines.join("\n")).toContain("the disk is full");
  });

  it("lose no occurrence and ask for none twice, wherever a crash falls between the writes", async () => {
    const policies = fc.constantFrom("all", "last", "skip");
    const failures = fc.record({ write: fc.integer({ min: 0, max: 8 }), isOnDisk: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(policies, failures, fc.integer({ min: 0, max: 90 }), async (missed, failure, goneMinutes) => {
        const world = new ScheduleWorld("2026-11-20T12:55:00Z");
        world.configure({ cron: "*/20 * * * *", missed });
        world.failure = failure;
        const first = await world.start();
        // The writer of a log that has failed is the end of its process.
        const crashAt = failure.write;
        for (let minute = 0; minute < 100 && world.writes <= crashAt; minute += 1) await world.clock.advance(MINUTE_MS);
        await first[Symbol.asyncDispose]();
        const gone = world.clock.now();
        const before = new Set(world.asked);
        await world.clock.advance(goneMinutes * MINUTE_MS);
        await world.start();
        await world.clock.advance(21 * MINUTE_MS);
        const since = world.factsOf("schedules.known")[0]?.at ?? 0;
        const due = everyTwentyMinutes(since, world.clock.now());
        const skipped = new Set<string>();
        for (const { occurrence, count } of world.factsOf("schedule.skipped")) {
          for (const each of everyTwentyMinutes(since, Number(occurrence)).slice(-Number(count))) skipped.add(each);
        }
        // Each is asked for or skipped, and none is both.
        expect([...world.asked, ...skipped].toSorted()).toEqual(due);
        const laterThanGone = world.asked.filter((each) => Date.parse(each) > gone);
        if (missed === "all") expect(world.asked.toSorted()).toEqual(due);
        if (missed === "skip") for (const each of laterThanGone) expect(before.has(each)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it("read only the end of a log that has had years of them", async () => {
    const world = new ScheduleWorld("2026-11-20T12:30:00Z");
    world.configure({ cron: "* * * * *" });
    const schedules = await world.start();
    await world.clock.advance(12 * HOUR_MS);
    expect(world.asks.size).toBe(720);
    await schedules[Symbol.asyncDispose]();
    world.reads.splice(0);
    await world.start();
    expect(world.reads).toEqual([600]);
    expect(world.factsOf("schedules.known").length).toBeGreaterThan(1);
    await world.clock.advance(MINUTE_MS);
    expect(world.asks.size).toBe(721);
  });
});

function everyTwentyMinutes(sinceMs: number, untilMs: number): readonly string[] {
  const first = Math.floor(sinceMs / (20 * MINUTE_MS)) + 1;
  const last = Math.floor(untilMs / (20 * MINUTE_MS));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
    const atMs = (first + index) * 20 * MINUTE_MS;
    return `${new Date(atMs).toISOString().slice(0, 16)}Z`;
  });
}
