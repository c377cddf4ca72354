import { beforeEach, describe, expect, it } from "vitest";

import { EventBody } from "../../../src/api/event-stream.ts";
import type { RunEvent } from "../../../src/domain/run-event.ts";
import { ApiRig, WHOLE_RUN } from "../../support/api-rig.ts";
import { settle } from "../../support/fake-clock.ts";
import { AT, RUN, started, SYNC } from "../slack/sample-run.ts";

let rig: ApiRig;
let token: string;

beforeEach(async () => {
  rig = await ApiRig.open();
  token = rig.token();
});

const open = async (path = `/api/runs/${RUN}/events`, headers = {}, by = token) =>
  await rig.ask({ path, token: by, headers });

/** Reads a stream in the background. */
function read(stream: ReturnType<ApiRig["ask"]> extends Promise<infer Answer> ? Answer : never) {
  const stop = new AbortController();
  const pieces: string[] = [];
  const state = { ended: false };
  const reading = (async () => {
    for await (const piece of stream.stream?.(stop.signal) ?? []) pieces.push(piece);
    state.ended = true;
  })();
  return { pieces, state, reading, stop: () => stop.abort() };
}

function happens(...events: readonly RunEvent[]): void {
  rig.events = [...rig.events, ...events];
  rig.feed.recorded(RUN, events, rig.events.length);
}

const idsOf = (pieces: readonly string[]) =>
  pieces.flatMap((piece) => /^id: (\d+)$/mu.exec(piece)?.[1] ?? []).map(Number);
const dataOf = (piece = "") => EventBody.parse(JSON.parse(/\ndata: ([^\n]*)\n\n$/u.exec(piece)?.[1] ?? "null"));

describe("following a run", () => {
  it("tells all of a run that has ended, each fact by its place, and ends", async () => {
    const answer = await open();
    expect(answer).toMatchObject({
      status: 200,
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
    const { pieces, reading } = read(answer);
    await reading;
    expect(idsOf(pieces)).toEqual(WHOLE_RUN.map((_event, index) => index + 1));
    expect(dataOf(pieces[0])).toMatchObject({
      version: 1,
      type: "run.started",
      by: "Ana",
      at: "2026-01-01T10:00:00.000Z",
    });
    expect(dataOf(pieces[3])).toMatchObject({ type: "gate.decided", by: "Bo", text: "Approved" });
    expect(dataOf(pieces.at(-1))).toMatchObject({ type: "run.finished", status: "succeeded" });
    expect(pieces.every((piece) => /^id: \d+\nevent: [a-z.-]+\ndata: [^\n]*\n\n$/u.test(piece))).toBe(true);
  });

  it("goes on after the last one that somebody has, by either way of saying it", async () => {
    for (const answer of [
      await open(undefined, { "last-event-id": "5" }),
      await open(`/api/runs/7FQ2/events?after=5`),
    ]) {
      const { pieces, reading } = read(answer);
      await reading;
      expect(idsOf(pieces)).toEqual([6, 7, 8]);
    }
  });

  it("tells whoever has all of a run that has ended not to come back", async () => {
    expect(await open(undefined, { "last-event-id": String(WHOLE_RUN.length) })).toMatchObject({ status: 204 });
  });

  it("takes no event for the last one that has not happened", async () => {
    const message = "This run has 8 events so far, so none follows number 9.";
    expect(await open("/api/runs/7FQ2/events?after=9")).toMatchObject({
      status: 422,
      body: expect.stringContaining(message),
    });
    rig.events = WHOLE_RUN.slice(0, 3);
    expect(await open(undefined, { "last-event-id": "4" })).toMatchObject({ status: 422 });
    expect(await open(undefined, { "last-event-id": "999999" })).toMatchObject({ status: 422 });
  });

  it.each(["", "x", "-1", "1.5", "9999999", "1\n2"])(
    "takes no event for the last one that is none: %j",
    async (last) => {
      expect(await open(undefined, { "last-event-id": last })).toMatchObject({ status: 422 });
    },
  );

  it("tells what happens from then on, and ends when the run does", async () => {
    rig.events = WHOLE_RUN.slice(0, 3);
    const { pieces, state, reading } = read(await open());
    await settle();
    expect(idsOf(pieces)).toEqual([1, 2, 3]);
    happens(...WHOLE_RUN.slice(3, 5));
    happens(...WHOLE_RUN.slice(5, 7));
    await settle();
    expect([idsOf(pieces), state.ended]).toEqual([[1, 2, 3, 4, 5, 6, 7], false]);
    happens(...WHOLE_RUN.slice(7));
    await reading;
    expect(idsOf(pieces)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("goes on when what has ended is retried before it was told", async () => {
    const retried: RunEvent = { type: "run.retried", at: AT, actor: "p_ana", from: "x", forgotten: [] };
    rig.events = [...WHOLE_RUN.slice(0, 5), { type: "run.finished", at: AT, status: "failed" }, retried];
    const { pieces, state, stop } = read(await open());
    await settle();
    expect([idsOf(pieces).length, state.ended]).toEqual([7, false]);
    stop();
  });

  it("says every 15 seconds that it is still there", async () => {
    rig.events = WHOLE_RUN.slice(0, 3);
    const { pieces, stop, reading } = read(await open());
    await rig.clock.advance(45_000);
    expect(pieces.slice(3)).toEqual([": still here\n\n", ": still here\n\n", ": still here\n\n"]);
    stop();
    await reading;
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it("says between the facts what steps are doing, when that is news and not more often than anybody reads", async () => {
    rig.events = WHOLE_RUN.slice(0, 6);
    const { pieces, stop, reading } = read(await open());
    const shows = async (text: string): Promise<void> => {
      rig.progress = [[SYNC, { text }]];
      rig.feed.changed(RUN);
      await settle();
    };
    const said = (): readonly unknown[] =>
      pieces.slice(6).map((piece) => /^event: progress\ndata: ([^\n]*)\n\n$/u.exec(piece)?.[1] ?? piece);
    await settle();
    await shows("0 of 3");
    await shows("0 of 3");
    await shows("1 of 3");
    await shows("2 of 3");
    expect(said()).toEqual([JSON.stringify({ step: SYNC, text: "0 of 3" })]);
    await rig.clock.advance(1000);
    expect(said().slice(1)).toEqual([JSON.stringify({ step: SYNC, text: "2 of 3" })]);
    await rig.clock.advance(14_000);
    expect(said()).toHaveLength(2);
    await rig.clock.advance(1000);
    expect(said().slice(2)).toEqual([": still here\n\n"]);
    happens(...WHOLE_RUN.slice(6));
    await reading;
    expect(idsOf(pieces)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    stop();
  });

  it("tells nothing more once the token is revoked, or may not read any more", async () => {
    rig.events = WHOLE_RUN.slice(0, 3);
    const others = ["revoked", "narrowed"].map((name) => rig.token(name));
    const readers = await Promise.all(others.map(async (by) => read(await open(undefined, {}, by))));
    const still = read(await open());
    await settle();
    for (const made of rig.tokens.splice(1))
      if (made.name === "narrowed") rig.tokens.push({ ...made, scopes: ["run"] });
    happens(...WHOLE_RUN.slice(3, 5));
    await settle();
    for (const { pieces, state } of readers) expect([idsOf(pieces), state.ended]).toEqual([[1, 2, 3], true]);
    expect(idsOf(still.pieces)).toEqual([1, 2, 3, 4, 5]);
    rig.tokens.length = 0;
    await rig.clock.advance(15_000);
    expect([still.pieces.length, still.state.ended]).toEqual([5, true]);
  });

  it("ends when nobody reads any more, and gives the place back", async () => {
    rig.events = WHOLE_RUN.slice(0, 3);
    for (let round = 0; round < 30; round += 1) {
      const answer = await open();
      expect(answer.status).toBe(200);
      const { stop, reading } = read(answer);
      await settle();
      stop();
      await reading;
    }
  });

  it("is for so many at once of one token, and so many in all", async () => {
    rig.events = WHOLE_RUN.slice(0, 3);
    const readers = [];
    for (let one = 0; one < 20; one += 1) readers.push(read(await open()));
    expect(await open()).toMatchObject({ status: 503, headers: { "retry-after": "10" } });
    for (const name of ["b", "c", "d", "e"]) {
      const other = rig.token(name);
      for (let one = 0; one < 20; one += 1) readers.push(read(await open(undefined, {}, other)));
    }
    expect(await open(undefined, {}, rig.token("f"))).toMatchObject({ status: 503 });
    readers.forEach(({ stop }) => stop());
    await Promise.all(readers.map(({ reading }) => reading));
    expect(await open()).toMatchObject({ status: 200 });
  });

  it("reads the log for whoever is far behind", async () => {
    rig.events = WHOLE_RUN.slice(0, 3);
    const stop = new AbortController();
    const stream = (await open()).stream?.(stop.signal)[Symbol.asyncIterator]();
    await stream?.next();
    const many = Array.from({ length: 300 }, (_, index): RunEvent => ({
      type: "signal.received",
      at: AT,
      name: `s${index}`,
      payload: {},
    }));
    for (const event of many) happens(event);
    const told: number[] = [];
    for (let index = 1; index < 303; index += 1) told.push(...idsOf([(await stream?.next())?.value ?? ""]));
    expect(told).toEqual(Array.from({ length: 302 }, (_, index) => index + 2));
    stop.abort();
    await stream?.return?.();
  });

  it("keeps hostile texts on their line", async () => {
    const title = "x\n\nevent: run.finished\ndata: {}\r\u2028\ud800";
    rig.events = [{ ...started(), title }, ...WHOLE_RUN.slice(1)];
    const { pieces, reading } = read(await open());
    await reading;
    expect(pieces).toHaveLength(WHOLE_RUN.length);
    expect(pieces[0]?.split(/\r\n|\r|\n/u)).toHaveLength(5);
    expect(dataOf(pieces[0]).text).toContain("event: run.finished");
  });
});
