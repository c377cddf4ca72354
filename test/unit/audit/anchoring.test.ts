import { describe, expect, it } from "vitest";

import { anchorKeyOf } from "../../../src/audit/anchor-key.ts";
import type { AnchorLog, AnchorWritten, KnownAnchors } from "../../../src/audit/anchor-log.ts";
import { Anchoring } from "../../../src/audit/anchoring.ts";
import type { AnchorTarget } from "../../../src/audit/anchor-target.ts";
import type { SignedHead } from "../../../src/audit/signed-head.ts";
import { createLogger } from "../../../src/platform/logger.ts";
import { SecretMask } from "../../../src/platform/masking.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const KEY = anchorKeyOf(Buffer.alloc(32, 7));
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A log of which only the length matters; what anchoring writes to it counts as no news. */
class FakeLog implements AnchorLog {
  newestSequence = 0;
  news = 0;
  facts: KnownAnchors = { signed: undefined, written: new Map() };
  readonly written: AnchorWritten[] = [];
  refuses = false;

  happen(events = 1): void {
    this.newestSequence += events;
    this.news = this.newestSequence;
  }

  known(): KnownAnchors {
    return this.facts;
  }

  hasNewsAfter(sequence: number): boolean {
    return this.news > sequence;
  }

  sign: AnchorLog["sign"] = (sign) => {
    if (this.refuses) return Promise.reject(new Error("the disk is full"));
    const sequence = this.newestSequence;
    this.newestSequence += 1;
    return Promise.resolve(sign({ sequence, hash: "a".repeat(64), log: "b".repeat(64) }));
  };

  noteWritten(written: AnchorWritten): Promise<void> {
    this.written.push(written);
    this.newestSequence += 1;
    return Promise.resolve();
  }
}

class FakeTarget implements AnchorTarget {
  readonly name = "list";
  readonly address = "list of tests";
  readonly heads: SignedHead[] = [];
  tries = 0;
  answer: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  async write(head: SignedHead, signal: AbortSignal): Promise<string> {
    this.tries += 1;
    await this.answer(signal);
    this.heads.push(head);
    return `entry ${this.heads.length}`;
  }
}

function rig(events?: number) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const target = new FakeTarget();
  const lines: { level: string; message: string }[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  const logger = createLogger({ level: "info", mask: new SecretMask(), now: () => clock.now(), write });
  const random = { bytes: (length: number) => Buffer.alloc(length), fraction: () => 0.5 };
  const open = (): Anchoring =>
    new Anchoring({ log, key: KEY, targets: [target], rhythm: { everyMs: HOUR, events }, clock, random, logger });
  return { clock, log, target, lines, open };
}

const never = (signal: AbortSignal): Promise<void> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

describe("anchoring", () => {
  it("signs what has happened at once at first, then no more often than the rhythm says", async () => {
    const { clock, log, target, open } = rig();
    const anchoring = open();
    log.happen(5);
    anchoring.start();
    await clock.advance(11_000);
    expect(target.heads.map(({ sequence }) => sequence)).toEqual([5]);
    expect(log.written).toEqual([{ target: "list of tests", sequence: 5, place: "entry 1" }]);
    log.happen();
    await clock.advance(HOUR - 20_000);
    expect(target.heads).toHaveLength(1);
    await clock.advance(20_000);
    expect(target.heads.map(({ sequence }) => sequence)).toEqual([5, 8]);
  });

  it("anchors nothing where nothing has happened, however long", async () => {
    const { clock, log, target, open } = rig();
    log.happen();
    const anchoring = open();
    anchoring.start();
    await clock.advance(24 * HOUR);
    expect(target.heads).toHaveLength(1);
    expect(anchoring.standings()).toEqual([{ name: "list", ageMs: 24 * HOUR - 10_000, isFailing: false, lateMs: 0 }]);
    await anchoring[Symbol.asyncDispose]();
    expect(target.heads).toHaveLength(1);
  });

  it("does not wait when much happens", async () => {
    const { clock, log, target, open } = rig(100);
    log.happen();
    open().start();
    await clock.advance(10_000);
    log.happen(99);
    await clock.advance(10_000);
    expect(target.heads).toHaveLength(2);
    log.happen(50);
    await clock.advance(10 * MINUTE);
    expect(target.heads).toHaveLength(2);
  });

  it("tries again where a target does not take it, always with the newest, and says so", async () => {
    const { clock, log, target, lines, open } = rig();
    target.answer = () => Promise.reject(new Error("no such folder"));
    log.happen();
    const anchoring = open();
    anchoring.start();
    await clock.advance(HOUR);
    expect(target.tries).toBeGreaterThan(5);
    expect(target.tries).toBeLessThan(20);
    expect(anchoring.standings()).toMatchObject([{ ageMs: undefined, isFailing: true }]);
    expect(anchoring.standings()[0]?.lateMs).toBeGreaterThan(50 * MINUTE);
    log.happen(3);
    await clock.advance(HOUR);
    target.answer = () => Promise.resolve();
    await clock.advance(20 * MINUTE);
    expect(target.heads.map(({ sequence }) => sequence)).toEqual([5]);
    expect(anchoring.standings()).toMatchObject([{ isFailing: false, lateMs: 0 }]);
    const said = lines.map(({ message }) => message);
    expect(said).toContain("the log could not be anchored");
    expect(said.at(-1)).toBe("the log is anchored again");
  });

  it("goes on when the head cannot be recorded, and signs it when it can be again", async () => {
    const { clock, log, target, open } = rig();
    log.happen();
    log.refuses = true;
    const anchoring = open();
    anchoring.start();
    await clock.advance(MINUTE);
    expect(target.tries).toBe(0);
    log.refuses = false;
    await clock.advance(10_000);
    expect(target.heads).toHaveLength(1);
    await anchoring[Symbol.asyncDispose]();
  });

  it("anchors the end of the log when the server stops", async () => {
    const { clock, log, target, open } = rig();
    log.happen();
    const anchoring = open();
    anchoring.start();
    await clock.advance(10_000);
    log.happen(7);
    await anchoring[Symbol.asyncDispose]();
    expect(target.heads.map(({ sequence }) => sequence)).toEqual([1, 10]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("does not keep the server from stopping when a target does not answer", async () => {
    const { clock, log, target, lines, open } = rig();
    target.answer = never;
    log.happen();
    const anchoring = open();
    anchoring.start();
    await clock.advance(10_000);
    const stopped = anchoring[Symbol.asyncDispose]();
    await clock.advance(4000);
    await stopped;
    expect(lines.at(-1)?.message).toContain("could not be anchored everywhere");
    expect(clock.pendingTimers).toBe(0);
  });

  it("brings after a crash what was signed to where it did not come, and keeps the rhythm of before", async () => {
    const { clock, log, target, open } = rig();
    log.happen(3);
    const first = open();
    first.start();
    await clock.advance(10_000);
    const [signed] = target.heads;
    log.facts = { signed, written: new Map() };
    const second = open();
    second.start();
    await clock.advance(0);
    expect(target.heads).toEqual([signed, signed]);
    log.happen();
    await clock.advance(30 * MINUTE);
    expect(target.heads).toHaveLength(2);
  });

  it("does nothing when it was never started", async () => {
    const { log, target, open } = rig();
    log.happen();
    await open()[Symbol.asyncDispose]();
    expect(target.tries).toBe(0);
  });

  it("is not thrown off by a clock that is set back", async () => {
    const { clock, log, target, open } = rig();
    log.happen();
    open().start();
    await clock.advance(10_000);
    clock.step(-48 * HOUR);
    log.happen();
    await clock.advance(HOUR);
    expect(target.heads).toHaveLength(2);
  });
});
