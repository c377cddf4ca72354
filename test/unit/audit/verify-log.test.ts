import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type ChainHead, commitmentOf, GENESIS, headerHash } from "../../../src/audit/hash-chain.ts";
import { type LogRow, type PersonRow, personCommitment, verifyLog } from "../../../src/audit/verify-log.ts";
import { canonicalJson, type Json } from "../../../src/platform/canonical-json.ts";

interface Fact {
  readonly stream: string;
  readonly type: string;
  readonly payload: Json;
  readonly actor?: string;
}

/** A log as the store would write it. */
function chain(facts: readonly Fact[]): LogRow[] {
  const versions = new Map<string, number>();
  let head: ChainHead = GENESIS;
  return facts.map(({ stream, type, payload, actor = "" }, index) => {
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    const salt = String(index).padStart(32, "0");
    const text = canonicalJson(payload);
    const unhashed = {
      sequence: index + 1,
      at: 1000 + index,
      stream,
      version,
      type,
      actor,
      commitment: commitmentOf(salt, text),
    };
    const hash = headerHash({ ...unhashed, previousHash: head.hash });
    head = { sequence: unhashed.sequence, hash };
    return { ...unhashed, hash, salt, payload: text };
  });
}

const PERSON: PersonRow = { pseudonym: "p_1", team: "T1", user: "U1", salt: "ab".repeat(16) };
const STORY = chain([
  { stream: "people", type: "person.recorded", payload: { pseudonym: "p_1", commitment: personCommitment(PERSON) } },
  { stream: "intents", type: "intent.received", payload: { id: "int_1" }, actor: "p_1" },
  { stream: "run_1", type: "run.started", payload: { title: "Promote checkout" }, actor: "p_1" },
  { stream: "run_2", type: "run.started", payload: { title: "Promote web" } },
  { stream: "run_1", type: "step.started", payload: { path: "lock/sync", attempt: 1 } },
  { stream: "run_1", type: "run.finished", payload: { status: "succeeded" } },
]);
const HEAD: ChainHead = { sequence: 6, hash: STORY[5]?.hash ?? "" };

const without = (index: number): LogRow[] => STORY.filter((_, each) => each !== index);
const changed = (index: number, change: Partial<LogRow>): LogRow[] =>
  STORY.map((row, each) => (each === index ? { ...row, ...change } : row));

describe("verifyLog", () => {
  it("finds an untouched log intact, with its head", () => {
    expect(verifyLog({ rows: STORY, people: [PERSON], anchors: [HEAD] })).toEqual({
      status: "intact",
      events: 6,
      head: HEAD,
      redacted: { payloads: 0, people: 0 },
      provenTo: 6,
      signedInside: 0,
    });
    expect(verifyLog({ rows: [] })).toMatchObject({ status: "intact", events: 0, head: GENESIS });
  });

  it("notices a change of any one character of any field of any event, at that event", () => {
    const texts = ["stream", "type", "actor", "commitment", "hash", "salt", "payload"] as const;
    const place = fc.record({
      index: fc.nat(STORY.length - 1),
      field: fc.constantFrom(...texts),
      at: fc.nat(),
      code: fc.nat(127),
    });
    fc.assert(
      fc.property(place, ({ index, field, at, code }) => {
        const before = STORY[index]?.[field] ?? "";
        const offset = before === "" ? 0 : at % before.length;
        const after = before.slice(0, offset) + String.fromCharCode(code) + before.slice(offset + 1);
        fc.pre(after !== before);
        const verdict = verifyLog({ rows: changed(index, { [field]: after }), people: [PERSON] });
        return verdict.status === "broken" && verdict.sequence === index + 1;
      }),
    );
  });

  it("notices a changed number", () => {
    for (const field of ["sequence", "at", "version"] as const) {
      for (const [index, row] of STORY.entries()) {
        expect(verifyLog({ rows: changed(index, { [field]: row[field] + 1 }) })).toMatchObject({ status: "broken" });
      }
    }
  });

  it("notices an event that was deleted, whichever it was", () => {
    for (const index of STORY.keys()) {
      const verdict = verifyLog({ rows: without(index), anchors: [HEAD] });
      expect(verdict).toMatchObject({ status: "broken", reason: index === 5 ? "anchor" : "sequence" });
    }
  });

  it("notices events that were swapped, inserted or recorded twice", () => {
    const [first, second, ...rest] = STORY;
    if (first === undefined || second === undefined) throw new Error("the story has two events");
    expect(verifyLog({ rows: [second, first, ...rest] })).toMatchObject({ sequence: 2, reason: "sequence" });
    expect(verifyLog({ rows: [first, first, second, ...rest] })).toMatchObject({ sequence: 1, reason: "sequence" });
    expect(verifyLog({ rows: [{ ...second, sequence: 1 }, { ...first, sequence: 2 }, ...rest] })).toMatchObject({
      reason: "hash",
    });
  });

  it("notices a log that was rewritten as a whole, or rolled back, by an anchor from before", () => {
    const rewritten = chain([{ stream: "run_1", type: "run.started", payload: { title: "Another story" } }]);
    const anchor = { sequence: 1, hash: STORY[0]?.hash ?? "" };
    expect(verifyLog({ rows: rewritten })).toMatchObject({ status: "intact" });
    expect(verifyLog({ rows: rewritten, anchors: [anchor] })).toMatchObject({ sequence: 1, reason: "anchor" });
    expect(verifyLog({ rows: STORY.slice(0, 4), anchors: [HEAD] })).toMatchObject({ sequence: 4, reason: "anchor" });
  });

  it("notices a stream with a gap, even when the chain around it was made anew", () => {
    const rows = chain([
      { stream: "run_1", type: "run.started", payload: {} },
      { stream: "run_1", type: "run.finished", payload: {} },
    ]);
    const [started, finished] = rows;
    if (started === undefined || finished === undefined) throw new Error("there are two events");
    const skipping = { ...finished, version: 3 };
    const resealed = { ...skipping, hash: headerHash({ ...skipping, previousHash: started.hash }) };
    expect(verifyLog({ rows: [started, resealed] })).toMatchObject({ sequence: 2, reason: "version" });
  });

  it("verifies a part of a log from the event before it", () => {
    const after = { sequence: 4, hash: STORY[3]?.hash ?? "" };
    expect(verifyLog({ rows: STORY })).toMatchObject({ status: "intact", redacted: { people: 0 } });
    expect(verifyLog({ rows: STORY.slice(4), after })).toMatchObject({ status: "intact", events: 2, head: HEAD });
    expect(verifyLog({ rows: STORY.slice(4), after: { ...after, hash: GENESIS.hash } })).toMatchObject({
      sequence: 5,
      reason: "hash",
    });
  });

  it("accepts and counts what was redacted, and only when it is wholly gone", () => {
    const redacted = changed(2, { salt: null, payload: null });
    expect(verifyLog({ rows: redacted, people: [] })).toMatchObject({
      status: "intact",
      redacted: { payloads: 1, people: 1 },
    });
    expect(verifyLog({ rows: changed(2, { payload: null }) })).toMatchObject({ sequence: 3, reason: "half-redacted" });
    expect(verifyLog({ rows: changed(2, { salt: null }) })).toMatchObject({ sequence: 3, reason: "half-redacted" });
  });

  it("notices a person who was put in another's place, or was never recorded", () => {
    const other = { ...PERSON, user: "U2" };
    const stranger = { ...PERSON, pseudonym: "p_2" };
    expect(verifyLog({ rows: STORY, people: [other] })).toMatchObject({ sequence: 1, reason: "person" });
    expect(verifyLog({ rows: STORY, people: [PERSON, stranger] })).toMatchObject({ reason: "unrecorded-person" });
  });
});
