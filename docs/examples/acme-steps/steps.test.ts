import { type HttpAnswer, type HttpCall, type SendHttp } from "quarterdeck/steps";
import {
  actionContract,
  type ActionScene,
  FakeClock,
  idleDeps,
  StepBench,
  stepKindContract,
  TOKEN,
  waitContract,
  type WaitScene,
} from "quarterdeck/steps/testing";
import { describe, expect, it } from "vitest";

import { steps } from "./steps.ts";
import { ticketClosed } from "./ticket-closed.ts";
import { ticketOpen } from "./ticket-open.ts";

const DESK = "https://desk.acme.example";

/** A desk that has its tickets in memory, and as much of HTTP as the kinds use of it. */
class Desk {
  readonly tickets = new Map<string, { state: "open" | "closed" }>();
  readonly calls: HttpCall[] = [];
  /** What it answers instead. */
  refuses: number | undefined;
  /** From now on it does not answer; resolves when it is asked. */
  #held: { readonly asked: () => void } | undefined;

  readonly send: SendHttp = async (call) => {
    this.calls.push(call);
    if (this.#held !== undefined) {
      const stopped = new Promise<never>((_, reject) => {
        call.signal.addEventListener("abort", () => reject(call.signal.reason), { once: true });
      });
      this.#held.asked();
      await stopped;
    }
    if (this.refuses !== undefined) return answer(this.refuses, {});
    const key = call.url.pathname.split("/").at(-1) ?? "";
    if (call.method === "PUT" && !this.tickets.has(key)) this.tickets.set(key, { state: "open" });
    const ticket = this.tickets.get(key);
    return ticket === undefined ? answer(404, {}) : answer(200, { id: key, url: `${DESK}/${key}`, ...ticket });
  };

  hold(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = { asked: resolve };
    return promise;
  }
}

function answer(status: number, json: object): HttpAnswer {
  const body = Buffer.from(JSON.stringify(json));
  return { status, headers: {}, body, isCut: false, url: DESK, redirects: 0, latencyMs: 1 };
}

const networkPolicy = () => ({ privateAddresses: "deny", allow: [] }) as const;
const token = { secret: "TOKEN" };

function openScene(): Promise<ActionScene> {
  const desk = new Desk();
  return Promise.resolve({
    kind: ticketOpen(idleDeps({ send: desk.send, networkPolicy })),
    input: { desk: DESK, token, title: "Promote checkout" },
    effects: () => desk.tickets.size,
    hold: () => desk.hold(),
  });
}

function closedScene(): Promise<WaitScene> {
  const [desk, clock] = [new Desk(), new FakeClock()];
  desk.tickets.set("t1", { state: "open" });
  return Promise.resolve({
    kind: ticketClosed(idleDeps({ send: desk.send, clock, networkPolicy })),
    input: { desk: DESK, token, ticket: "t1" },
    happen: async () => {
      desk.tickets.set("t1", { state: "closed" });
      await clock.advance(30_000);
    },
  });
}

// What Quarterdeck expects of every kind, whatever it does.
for (const factory of steps) stepKindContract(factory(idleDeps()));
actionContract("acme/ticket", openScene);
waitContract("acme/ticket-closed", closedScene);

describe("acme/ticket", () => {
  it("says for what the ticket is, and proves who asks", async () => {
    const desk = new Desk();
    const bench = new StepBench(ticketOpen(idleDeps({ send: desk.send, networkPolicy })));
    const output = await bench.output({ desk: DESK, token: TOKEN, title: "Promote checkout" });
    expect(output["url"]).toBe(`${DESK}/${[...desk.tickets.keys()].join()}`);
    expect(desk.calls[0]?.headers["authorization"]).toBe(`Bearer ${TOKEN}`);
    expect(JSON.parse(desk.calls[0]?.body ?? "")).toMatchObject({ title: "Promote checkout", by: "U1" });
  });

  it("opens another one when a person retries the step", async () => {
    const desk = new Desk();
    const bench = new StepBench(ticketOpen(idleDeps({ send: desk.send, networkPolicy })));
    for (const attempt of [1, 2]) {
      bench.attempt = attempt;
      await bench.run({ desk: DESK, token: TOKEN, title: "Promote checkout" });
    }
    expect(desk.tickets.size).toBe(2);
  });

  it.each([
    [503, "acme.desk-away", "backoff"],
    [403, "acme.desk-refused", "never"],
  ])("says of the answer %i that it is %s", async (status, code, retry) => {
    const desk = new Desk();
    desk.refuses = status;
    const bench = new StepBench(ticketOpen(idleDeps({ send: desk.send, networkPolicy })));
    expect(await bench.failure({ desk: DESK, token: TOKEN, title: "x" })).toMatchObject({ code, retry });
  });
});

describe("acme/ticket-closed", () => {
  it("outlasts a desk that is away, and fails for a ticket that is not there", async () => {
    const [desk, clock] = [new Desk(), new FakeClock()];
    desk.tickets.set("t1", { state: "open" });
    desk.refuses = 503;
    const bench = new StepBench(ticketClosed(idleDeps({ send: desk.send, clock, networkPolicy })));
    const waiting = bench.run({ desk: DESK, token: TOKEN, ticket: "t1" });
    await clock.advance(30_000);
    desk.refuses = 404;
    await clock.advance(30_000);
    expect(await waiting).toMatchObject({ status: "failed", failure: { code: "acme.desk-refused" } });
    expect(bench.progress[0]?.text).toBe("Waiting for somebody to close t1: the desk cannot be asked just now");
  });
});
