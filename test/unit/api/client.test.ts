import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { REFUSED, UNREACHABLE } from "../../../src/api/client/api-client.ts";
import { followRun, untilThere } from "../../../src/api/client/follow-run.ts";
import { endingText, exitCodeOf } from "../../../src/api/client/run-ending.ts";
import { type ServerEvent, serverEvents } from "../../../src/api/client/server-events.ts";
import { readClientEnvironment } from "../../../src/config/client-environment.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";

async function* piecesOf(text: string, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
    (left, right) => left - right,
  );
  for (const [index, place] of places.slice(1).entries()) yield bytes.subarray(places[index], place);
}

async function eventsIn(text: string, cuts: readonly number[] = []): Promise<readonly ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of serverEvents(piecesOf(text, cuts))) events.push(event);
  return events;
}

describe("reading server-sent events", () => {
  it("finds each event wherever the network cuts them, and passes over what is only there to be heard", async () => {
    const text = `id: 1\nevent: run.started\ndata: {"text":"ä€😀"}\n\n: still here\n\nid: 2\ndata: a\ndata: b\n\nid: 3\ndata: cut o`;
    const whole = [
      { id: "1", event: "run.started", data: '{"text":"ä€😀"}' },
      { id: "2", event: "", data: "a\nb" },
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 20 }), async (cuts) => {
        expect(await eventsIn(text, cuts)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it("never fails for anything that is short, and does not keep what has no end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 300 }), async (text) => {
        for (const { data } of await eventsIn(text)) expect(data).toEqual(expect.any(String));
      }),
      { numRuns: 100 },
    );
    await expect(eventsIn("x".repeat(3 * 1024 * 1024))).rejects.toThrow("too long");
  });
});

const away = (): AppError => new AppError("Nobody answers.", { code: UNREACHABLE, retry: "backoff" });
const refused = (): AppError => new AppError("No.", { code: REFUSED });

/** A server that tells of a run of so many facts, as a script says: how many at a time, or that it is away. */
class ScriptedServer {
  readonly script: (number | "away" | "refuses")[];
  readonly facts: number;
  told = 0;
  asked: number[] = [];

  constructor(facts: number, ...script: (number | "away" | "refuses")[]) {
    this.facts = facts;
    this.script = script;
  }

  ask = (): Promise<{ status: number; body: unknown }> => {
    const isOver = this.told >= this.facts;
    const run = { id: "run_1", shortId: "run_1", version: this.facts, title: "x", links: {} };
    return Promise.resolve({
      status: 200,
      body: {
        ...run,
        status: isOver ? "succeeded" : "running",
        ...(isOver && { finishedAt: "2026-01-01T00:00:00Z" }),
        more: 1,
      },
    });
  };

  events = async function* (this: ScriptedServer, { after }: { readonly after: number }): AsyncGenerator<ServerEvent> {
    this.asked.push(after);
    const next = this.script.shift() ?? this.facts;
    if (next === "away") throw away();
    if (next === "refuses") throw refused();
    // What was told before a break is told again where nobody said that it has come.
    for (let version = after; version <= Math.min(this.facts, after + next); version += 1) {
      if (version === 0) continue;
      this.told = Math.max(this.told, version);
      const event = { version, type: "x", at: "2026-01-01T00:00:00Z", text: `fact ${version}`, new: true };
      yield { id: String(version), event: event.type, data: JSON.stringify(event) };
      yield { id: "", event: "progress", data: JSON.stringify({ step: "sync", text: `${version} of ${this.facts}` }) };
    }
  };
}

async function follow(server: ScriptedServer) {
  const clock = new FakeClock();
  const versions: number[] = [];
  const aways: string[] = [];
  const progress: string[] = [];
  const following = followRun(
    { client: server, clock, random: { fraction: () => 0.5 } },
    {
      run: "run_1",
      signal: new AbortController().signal,
      onEvent: ({ version }) => void versions.push(version),
      onProgress: ({ text }) => void progress.push(text),
      onAway: (message) => void aways.push(message),
    },
  );
  const ended = following.catch((error: unknown) => error);
  // Longer than anybody waits for a server.
  for (let minute = 0; minute < 15; minute += 1) await clock.advance(60_000);
  return { ended: await ended, versions, aways, progress };
}

describe("following a run", () => {
  it("tells each fact once and in order, however often the server goes away", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(12),
        fc.array(fc.oneof(fc.nat(3), fc.constant("away" as const)), { maxLength: 8 }),
        async (facts, script) => {
          const { ended, versions, progress } = await follow(new ScriptedServer(facts + 1, ...script));
          expect(versions).toEqual(Array.from({ length: facts + 1 }, (_, index) => index + 1));
          expect(ended).toMatchObject({ status: "succeeded" });
          expect(progress.at(-1)).toBe(`${facts + 1} of ${facts + 1}`);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("gives up a server that stays away for ten minutes, and one that refuses at once", async () => {
    const gone = new ScriptedServer(3, 1, ...Array.from({ length: 500 }, () => "away" as const));
    const { ended, versions, aways } = await follow(gone);
    expect(ended).toMatchObject({ code: UNREACHABLE });
    expect([versions, aways]).toEqual([[1], ["Nobody answers."]]);
    const stubborn = await follow(new ScriptedServer(3, 1, "refuses"));
    expect([stubborn.ended, stubborn.versions]).toMatchObject([{ code: REFUSED }, [1]]);
  });

  it("does not try again what was interrupted", async () => {
    const stop = new AbortController();
    const attempt = (): Promise<never> => {
      stop.abort(new Error("interrupted"));
      return Promise.reject(away());
    };
    await expect(
      untilThere({ clock: new FakeClock(), random: { fraction: () => 0 } }, { signal: stop.signal }, attempt),
    ).rejects.toMatchObject({ code: UNREACHABLE });
  });
});

describe("the exit code", () => {
  const ran = { id: "r", shortId: "run_7FQ2", version: 1, title: "x", links: {} };
  const failure = (code: string) => ({ code, message: "Because." });

  it.each([
    [{ status: "succeeded" }, 0, "run_7FQ2 succeeded."],
    [{ status: "failed", failure: failure("argocd.degraded") }, 1, "run_7FQ2 failed: Because."],
    [{ status: "failed" }, 1, "run_7FQ2 failed"],
    [{ status: "failed", failure: failure("gate.rejected") }, 3, "run_7FQ2 failed: Because."],
    [{ status: "failed", failure: failure("gate.expired") }, 3, "run_7FQ2 failed: Because."],
    [{ status: "cancelled", cancelled: { by: "ana", reason: "" } }, 3, "run_7FQ2 was cancelled by ana."],
    [{ status: "cancelled", cancelled: { by: "ana", reason: "wrong" } }, 3, "run_7FQ2 was cancelled by ana: wrong."],
  ])("of %j is %i", (ending, code, text) => {
    const shown = { ...ran, ...ending };
    expect([exitCodeOf(shown), endingText(shown)]).toEqual([code, text]);
  });
});

describe("where the server is", () => {
  const token = `qd_${"x".repeat(43)}`;
  const read = (url: string | undefined, choice = {}) =>
    readClientEnvironment(choice, { QUARTERDECK_URL: url, QUARTERDECK_TOKEN: token });

  it("is said by the environment, or else it is this machine", () => {
    expect(read("https://qd.test/deploy/")).toEqual({ url: "https://qd.test/deploy", token });
    expect(read(undefined).url).toBe("http://127.0.0.1:8080");
    expect(read("https://qd.test", { url: "http://localhost:1" }).url).toBe("http://localhost:1");
  });

  it("gets no token unencrypted over a network, unless somebody says that it may", () => {
    expect(() => read("http://qd.test")).toThrow("unencrypted");
    expect(read("http://qd.test", { plaintext: true }).url).toBe("http://qd.test");
  });

  it.each(["ftp://qd.test", "qd.test", "https://user:word@qd.test", "https://qd.test?x=1", "https://qd.test#x"])(
    "is not %s",
    (url) => {
      expect(() => read(url)).toThrow(AppError);
    },
  );

  it("is asked with a token, which no complaint repeats", () => {
    for (const wrong of [undefined, "", "secret-that-is-no-token"]) {
      const attempt = () => readClientEnvironment({}, { QUARTERDECK_TOKEN: wrong });
      expect(attempt).toThrow("quarterdeck token create");
      expect(attempt).not.toThrow("secret-that-is-no-token");
    }
  });
});
