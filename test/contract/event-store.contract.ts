import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { verifyLog } from "../../src/audit/verify-log.ts";
import { RunEvent } from "../../src/domain/run-event.ts";
import type { Intent } from "../../src/engine/ports.ts";
import type { Store } from "../../src/store/store.ts";
import { appErrorOf } from "../support/app-error-of.ts";
import { sampleEvents, sampleRunId, sampleTurn } from "../support/run-sample.ts";

/** A store, and the bad days that can be brought on it. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** How often something was committed, or was tried to. */
  turns(): number;
  /** From now on the disk has no room; disposing makes some. */
  fillDisk(): Disposable;
  /** From now on the disk takes nothing; disposing repairs it. */
  refuseWrites(): Disposable;
}

const AT = Date.UTC(2026, 0, 1, 10);
const fact = (type: string, more: object = {}) => ({ type, at: AT, ...more });
const atEnd = (stream: string, ...types: string[]) => ({
  stream,
  expectedVersion: -1,
  events: types.map((type) => fact(type)),
});

function intent(id: string, more: Partial<Intent> = {}): Intent {
  return { id, key: `key-${id}`, at: AT, actor: "p_1", kind: "slash", body: { text: "/promote" }, ...more };
}

/** What every event store promises, whatever it is made of. */
export function eventStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the event store ${name}`, () => {
    let tested: StoreUnderTest;
    let store: Store;

    beforeEach(async () => {
      tested = await open();
      store = tested.store;
    });

    afterEach(async () => {
      expect(verifyLog({ rows: store.log.rows(), people: store.log.people() })).toMatchObject({ status: "intact" });
      await tested[Symbol.asyncDispose]();
    });

    const types = (): string[] => Array.from(store.log.rows(), (row) => row.type);

    async function record(run: string, events = sampleEvents()): Promise<void> {
      for (let count = 1; count <= events.length; count += 1) {
        await store.events.appendRun(sampleTurn(run, events.slice(0, count)));
      }
    }

    describe("finding runs by what people call them", () => {
      it("takes the end of an id, or its beginning where that is long enough; the newest first", async () => {
        const [first, second] = [sampleRunId(), sampleRunId()];
        await record(first);
        await record(second);
        const found = (text: string): string[] => store.events.findRuns(text, 5).map(({ id }) => id);
        expect(found(first.slice(-4))).toEqual([first]);
        expect(found(second.slice(4))).toEqual([second]);
        expect(found(second.slice(4, 20))).toEqual([second]);
        expect(found(second.slice(4, 8))).toEqual([]);
        expect(found("0000")).toEqual([]);
        expect(store.events.findRuns(first.slice(4, 12), 1)).toHaveLength(1);
      });
    });

    describe("appending", () => {
      it("gives the events of a run back as they were, oldest first", async () => {
        const run = sampleRunId();
        await record(run);
        expect(store.events.readRun(run)).toEqual(sampleEvents());
      });

      it("shows nothing that is not on the disk yet", async () => {
        const run = sampleRunId();
        const appended = store.events.appendRun(sampleTurn(run, sampleEvents().slice(0, 1)));
        expect(store.events.readRun(run)).toEqual([]);
        expect(store.events.listRuns({ limit: 10 })).toEqual([]);
        await appended;
        expect(store.events.readRun(run)).toHaveLength(1);
      });

      it("commits once for all that is appended in one turn of the event loop", async () => {
        const before = tested.turns();
        const appends = Array.from({ length: 50 }, (_, index) => store.events.append(atEnd("server", `fact.${index}`)));
        await Promise.all([...appends, store.events.recordIntent(intent("int_1"))]);
        expect(tested.turns() - before).toBe(1);
        expect(types()).toHaveLength(51);
      });

      it("keeps several turns of one run that are appended in one turn of the event loop in order", async () => {
        const run = sampleRunId();
        const events = sampleEvents();
        await Promise.all(
          events.map((_, index) => store.events.appendRun(sampleTurn(run, events.slice(0, index + 1)))),
        );
        expect(store.events.readRun(run)).toEqual(events);
      });

      it("records nothing of a turn in which a stream has another version than expected", async () => {
        await store.events.append(atEnd("server", "server.started"));
        const appends = [
          store.events.append(atEnd("server", "server.ready")),
          store.events.append({ stream: "server", expectedVersion: 7, events: [fact("server.odd")] }),
          store.events.recordIntent(intent("int_1")),
        ];
        const errors = await Promise.all(appends.map(appErrorOf));
        expect(errors.map((error) => error.code)).toEqual(["store.conflict", "store.conflict", "store.conflict"]);
        expect(types()).toEqual(["server.started"]);
        expect(store.events.openIntents()).toEqual([]);
      });

      it("takes the next turn after one that failed", async () => {
        await appErrorOf(store.events.append({ stream: "server", expectedVersion: 1, events: [fact("server.odd")] }));
        await store.events.append({ stream: "server", expectedVersion: 0, events: [fact("server.started")] });
        await store.events.append({ stream: "server", expectedVersion: 1, events: [fact("server.ready")] });
        expect(types()).toEqual(["server.started", "server.ready"]);
      });

      it("refuses what JSON cannot carry without failing its turn", async () => {
        const odd = store.events.append({
          stream: "server",
          expectedVersion: -1,
          events: [fact("odd", { value: Number.NaN })],
        });
        const good = store.events.append(atEnd("server", "server.started"));
        await expect(odd).rejects.toThrow(TypeError);
        await good;
        expect(types()).toEqual(["server.started"]);
      });

      it("goes by the order of recording when the clock is set back", async () => {
        const run = sampleRunId();
        const [started, ...rest] = sampleEvents();
        const events = [
          ...(started ? [started] : []),
          ...rest.map((event) => ({ ...event, at: event.at - 86_400_000 })),
        ];
        await record(run, events);
        expect(store.events.readRun(run)).toEqual(events);
      });
    });

    describe("locks that people set", () => {
      const lock = { key: "checkout/prod", owner: "p_1", reason: "freeze", since: AT };
      const set = { type: "lock.set", at: AT, actor: "p_1", key: lock.key, reason: lock.reason, since: AT };

      it("are there from the fact that set them to the one that ended them, also when all tables are made anew", async () => {
        const other = { ...lock, key: "web/prod", until: AT + 5000, run: "run_1" };
        await store.events.appendHandLock({ key: lock.key, lock, fact: set });
        const { key, until, run } = other;
        await store.events.appendHandLock({ key, lock: other, fact: { ...set, key, until, run } });
        await store.events.append({ stream: "locks", expectedVersion: -1, events: [fact("lock.refused", { key })] });
        expect(store.events.handLocks()).toEqual([lock, other]);
        await store.rebuildProjections();
        expect(store.events.handLocks()).toEqual([lock, other]);
        expect(store.events.nextWake()).toEqual({ at: AT + 5000 });
        await store.events.appendHandLock({ key, lock: undefined, fact: fact("lock.lifted", { key }) });
        await store.rebuildProjections();
        expect(store.events.handLocks()).toEqual([lock]);
        expect(store.events.nextWake()).toBeUndefined();
      });

      it("end before or after what runs wait for", async () => {
        const run = sampleRunId();
        await record(run, sampleEvents().slice(0, 4));
        const until = async (at: number): Promise<void> =>
          await store.events.appendHandLock({
            key: lock.key,
            lock: { ...lock, until: at },
            fact: { ...set, until: at },
          });
        await until(AT + 59_999);
        expect(store.events.nextWake()?.at).toBe(AT + 59_999);
        await until(AT + 60_001);
        expect(store.events.nextWake()?.at).toBe(AT + 60_000);
      });
    });

    describe("on a bad day", () => {
      it("rejects the whole turn when the disk is full, and goes on when there is room again", async () => {
        const run = sampleRunId();
        const full = tested.fillDisk();
        const blob = "x".repeat(100_000);
        const appends = [
          store.events.appendRun(sampleTurn(run, sampleEvents().slice(0, 1))),
          store.events.recordIntent(intent("int_1", { body: { blob } })),
        ];
        const errors = await Promise.all(appends.map(appErrorOf));
        expect(errors.map(({ code, retry }) => [code, retry])).toEqual([
          ["store.full", "backoff"],
          ["store.full", "backoff"],
        ]);
        expect(store.events.listRuns({ limit: 10 })).toEqual([]);
        full[Symbol.dispose]();
        await record(run);
        expect(store.events.readRun(run)).toEqual(sampleEvents());
        expect(store.events.claims()).toEqual([]);
      });

      it("rejects the whole turn when the disk takes nothing, and goes on when it does again", async () => {
        const refused = tested.refuseWrites();
        const appends = [
          store.events.append(atEnd("server", "server.started")),
          store.events.recordIntent(intent("int_1")),
        ];
        const errors = await Promise.all(appends.map(appErrorOf));
        expect(errors.map(({ code }) => code)).toEqual(["store.read-only", "store.read-only"]);
        refused[Symbol.dispose]();
        expect(await store.events.recordIntent(intent("int_1"))).toBe(true);
      });

      it("keeps a person who was seen while nothing could be written for the next commit", async () => {
        const refused = tested.refuseWrites();
        const pseudonym = store.people.pseudonymOf("T1", "U1");
        await appErrorOf(
          store.events.append({ stream: "server", expectedVersion: -1, events: [fact("asked", { actor: pseudonym })] }),
        );
        refused[Symbol.dispose]();
        await store.events.append({
          stream: "server",
          expectedVersion: -1,
          events: [fact("asked", { actor: pseudonym })],
        });
        expect(types()).toEqual(["person.recorded", "asked"]);
        expect(store.people.person(pseudonym)).toEqual({ pseudonym, team: "T1", user: "U1" });
      });
    });

    describe("runs", () => {
      it("lists them newest first, by service, environment and whether they are open", async () => {
        const [first, second, third] = [sampleRunId(), sampleRunId(), sampleRunId()];
        await record(first);
        await record(second, sampleEvents({ service: "web" }));
        await record(third, sampleEvents({ environment: "staging" }).slice(0, 2));
        const ids = (filter: object) => store.events.listRuns({ limit: 10, ...filter }).map((row) => row.id);
        expect(ids({})).toEqual([third, second, first]);
        expect(ids({ service: "checkout" })).toEqual([third, first]);
        expect(ids({ environment: "prod" })).toEqual([second, first]);
        expect(ids({ openOnly: true })).toEqual([third]);
        expect(ids({ limit: 2 })).toEqual([third, second]);
        expect(ids({ before: third })).toEqual([second, first]);
        expect(ids({ before: second, service: "web" })).toEqual([]);
        expect(ids({ before: "run_of_nobody" })).toEqual([]);
      });

      it("lists those with which somebody had to do, also where they only tried", async () => {
        const [own, refused, others] = [sampleRunId(), sampleRunId(), sampleRunId()];
        await record(own, sampleEvents().slice(0, 2));
        const denied = fact("run.refused", { actor: "p_eve", verb: "cancel", code: "cancel.ended", message: "no" });
        await record(refused, [...sampleEvents().slice(0, 2), RunEvent.parse(denied)]);
        await record(others, sampleEvents().slice(0, 2));
        const ids = (filter: object) => store.events.listRuns({ limit: 10, ...filter }).map((row) => row.id);
        expect(ids({ actor: "p_eve" })).toEqual([refused]);
        expect(ids({ actor: "p_nobody" })).toEqual([]);
        expect(ids({ actor: "" })).toEqual([]);
        const [first] = sampleEvents();
        expect(ids({ actor: first?.actor ?? "" })).toEqual([others, refused, own]);
      });

      it("shows a run's newest row", async () => {
        const run = sampleRunId();
        await record(run);
        expect(store.events.listRuns({ limit: 10 })).toEqual([sampleTurn(run, sampleEvents()).row]);
      });

      it("knows which runs are active, and when the next one has to be looked at", async () => {
        const [early, late, ended] = [sampleRunId(), sampleRunId(), sampleRunId()];
        await record(late, sampleEvents({ at: AT + 50_000 }).slice(0, 4));
        await record(early, sampleEvents().slice(0, 4));
        await record(ended);
        expect(store.events.activeRuns()).toEqual([late, early]);
        expect(store.events.nextWake()).toEqual({ run: early, at: AT + 60_000 });
        expect(store.events.dueRuns(AT + 59_999)).toEqual([]);
        expect(store.events.dueRuns(AT + 60_000)).toEqual([early]);
        expect(store.events.dueRuns(AT + 500_000)).toEqual([early, late]);
      });

      it("knows which runs wait for a moment in the time of a clock that was set back since", async () => {
        const run = sampleRunId();
        await record(run, sampleEvents({ at: AT + 3_600_000 }).slice(0, 4));
        expect(store.events.dueRuns(AT)).toEqual([run]);
        expect(store.events.dueRuns(AT + 3_602_000)).toEqual([]);
      });

      it("knows which runs Slack does not show in their newest version", async () => {
        const run = sampleRunId();
        const events = sampleEvents();
        await record(run, events.slice(0, 3));
        expect(store.events.unshownRuns()).toEqual([run]);
        store.events.markShown(run, 3);
        store.events.markShown(run, 2);
        await store.events.append(atEnd("server", "server.ready"));
        expect(store.events.unshownRuns()).toEqual([]);
        await store.events.appendRun(sampleTurn(run, events.slice(0, 4)));
        expect(store.events.unshownRuns()).toEqual([run]);
        store.events.markShown(run, 3);
        await store.events.append(atEnd("server", "server.ready"));
        expect(store.events.unshownRuns()).toEqual([run]);
      });

      it("holds the locks of all runs in the order in which they were asked for", async () => {
        const [first, second] = [sampleRunId(), sampleRunId()];
        await record(second, sampleEvents({ order: 2 }).slice(0, 2));
        await record(first, sampleEvents({ order: 1 }).slice(0, 3));
        const claim = { path: "lock", keys: ["checkout/prod"], isUrgent: false };
        expect(store.events.claims()).toEqual([
          { ...claim, run: first, status: "held", sequence: 1 },
          { ...claim, run: second, status: "requested", sequence: 2 },
        ]);
        await store.events.appendRun(sampleTurn(first, sampleEvents().slice(0, 6), 3));
        expect(store.events.claims().map(({ run }) => run)).toEqual([second]);
      });

      it("outlines the open ones, also such as this version cannot read", async () => {
        const [run, ended] = [sampleRunId(), sampleRunId()];
        await record(run, sampleEvents().slice(0, 3));
        await record(ended);
        await store.events.append({ stream: run, expectedVersion: 3, events: [fact("step.teleported")] });
        const outlines = Array.from(store.events.openRuns(), ({ types: names, plan, ...rest }) => ({
          ...rest,
          types: names.toSorted(),
          plan: plan(),
        }));
        const [started] = sampleEvents();
        expect(outlines).toEqual([
          {
            run,
            title: "Promote checkout",
            planDigest: "plan",
            types: ["lock.acquired", "lock.requested", "run.started", "step.teleported"],
            plan: started?.type === "run.started" ? started.plan : undefined,
          },
        ]);
      });

      it("gives the proofs of an application newest first, also when the clock was set back between them", async () => {
        const [first, second] = [sampleRunId(), sampleRunId()];
        await record(first, sampleEvents({ at: AT }));
        await record(second, sampleEvents({ at: AT - 3_600_000 }));
        const app = "argocd/apps/checkout-prod";
        expect(store.events.proofs(app, 10).map(({ run }) => run)).toEqual([second, first]);
        expect(store.events.proofs(app, 1)).toEqual(
          sampleTurn(second, sampleEvents({ at: AT - 3_600_000 }).slice(0, 5)).proofs,
        );
        expect(store.events.proofs("argocd/apps/other", 10)).toEqual([]);
      });
    });

    describe("intents", () => {
      it("records an intent once, whoever delivers it how often", async () => {
        const first = store.events.recordIntent(intent("int_1", { key: "envelope-1" }));
        const sameTurn = store.events.recordIntent(intent("int_2", { key: "envelope-1" }));
        expect(await Promise.all([first, sameTurn])).toEqual([true, false]);
        expect(await store.events.recordIntent(intent("int_3", { key: "envelope-1" }))).toBe(false);
        expect(types()).toEqual(["intent.received"]);
      });

      it("gives those that are not dealt with back as they came, oldest first", async () => {
        const [first, second, third] = [intent("int_3"), intent("int_2", { actor: "" }), intent("int_1")];
        for (const each of [first, second, third]) await store.events.recordIntent(each);
        await store.events.settleIntent("int_2", { run: "run_1" }, AT + 1);
        expect(store.events.openIntents()).toEqual([first, third]);
      });

      it("settles an intent in the commit that records it, also when it is delivered twice", async () => {
        const asked = intent("int_1", { key: "envelope-1" });
        expect(await store.events.recordIntent(asked, { answer: "at once" })).toBe(true);
        expect(await store.events.recordIntent(asked, { answer: "again" })).toBe(false);
        await store.events.settleIntent("int_1", { answer: "later" }, AT + 1);
        expect(store.events.openIntents()).toEqual([]);
        expect(types()).toEqual(["intent.received", "intent.settled"]);
      });

      it("settles an intent once: the first result stands", async () => {
        await store.events.recordIntent(intent("int_1"));
        await store.events.settleIntent("int_1", { answer: "first" }, AT + 1);
        await store.events.settleIntent("int_1", { answer: "second" }, AT + 2);
        await store.events.settleIntent("int_unknown", null, AT + 3);
        expect(types()).toEqual(["intent.received", "intent.settled"]);
      });

      it("says by its key what came of an intent", async () => {
        await store.events.recordIntent(intent("int_1"));
        expect(store.events.intentResult("key-int_1")).toEqual({ id: "int_1", at: AT, result: undefined });
        await store.events.settleIntent("int_1", { run: "run_1" }, AT + 1);
        expect(store.events.intentResult("key-int_1")).toEqual({ id: "int_1", at: AT, result: { run: "run_1" } });
        expect(store.events.intentResult("key-of-nobody")).toBeUndefined();
        expect(store.events.intentBody("key-int_1")).toEqual(intent("int_1").body);
        expect(store.events.intentBody("key-of-nobody")).toBeUndefined();
      });
    });

    describe("people", () => {
      it("gives a person one pseudonym, in which nobody can be recognised", async () => {
        const pseudonym = store.people.pseudonymOf("T1", "U1");
        expect(pseudonym).toMatch(/^p_[0-9a-f]{32}$/u);
        expect(store.people.pseudonymOf("T1", "U1")).toBe(pseudonym);
        expect(store.people.pseudonymOf("T2", "U1")).not.toBe(pseudonym);
        expect(store.people.person(pseudonym)).toEqual({ pseudonym, team: "T1", user: "U1" });
        await store.events.append(atEnd("server", "server.ready"));
        expect(store.people.pseudonymOf("T1", "U1")).toBe(pseudonym);
        expect(store.people.person(pseudonym)).toEqual({ pseudonym, team: "T1", user: "U1" });
        expect(store.people.person("p_unknown")).toBeUndefined();
      });

      it("records a person ahead of the first event that names them, and not by name", async () => {
        const pseudonym = store.people.pseudonymOf("T1", "U-SECRET");
        await store.events.append({
          stream: "server",
          expectedVersion: -1,
          events: [fact("asked", { actor: pseudonym })],
        });
        expect(types()).toEqual(["person.recorded", "asked"]);
        expect(JSON.stringify([...store.log.rows()])).not.toContain("U-SECRET");
      });
    });

    describe("slots", () => {
      const unposted = {
        slot: "run_1/card",
        team: "T1",
        channel: "C1",
        threadTs: undefined,
        ts: undefined,
        sentHash: undefined,
        postingSince: undefined,
        lostReason: undefined,
      };

      it("records that a message is about to be posted, that it was, and that it is lost, but not each edit", async () => {
        const posting = { ...unposted, postingSince: AT };
        const posted = { ...unposted, ts: "17.1", sentHash: "hash-1" };
        await store.slots.save(posting, AT);
        expect(store.slots.slot("run_1/card")).toEqual(posting);
        await store.slots.save(posted, AT + 1);
        await store.slots.save({ ...posted, sentHash: "hash-2" }, AT + 2);
        expect(store.slots.slotByMessage("T1", "C1", "17.1")).toEqual({ ...posted, sentHash: "hash-2" });
        await store.slots.save({ ...posted, lostReason: "message_not_found" }, AT + 3);
        expect(types()).toEqual(["message.posting", "message.posted", "message.lost"]);
      });

      it("keeps when a message was tried last, and records only that it was tried", async () => {
        await store.slots.save({ ...unposted, postingSince: AT }, AT);
        await store.slots.save({ ...unposted, postingSince: AT + 60_000 }, AT + 60_000);
        expect(store.slots.slot("run_1/card")?.postingSince).toBe(AT + 60_000);
        expect(types()).toEqual(["message.posting"]);
      });

      it("records that a message was certainly not posted", async () => {
        await store.slots.save({ ...unposted, postingSince: AT }, AT);
        await store.slots.save(unposted, AT + 1);
        expect(types()).toEqual(["message.posting", "message.not-posted"]);
        expect(store.slots.slot("run_1/card")).toEqual(unposted);
      });

      it("knows no slot of a message that is not ours", () => {
        expect(store.slots.slot("run_2/card")).toBeUndefined();
        expect(store.slots.slotByMessage("T1", "C1", "17.1")).toBeUndefined();
      });
    });
  });
}
