import type { LogRow, PersonRow } from "../../src/audit/verify-log.ts";
import { commitmentOf, GENESIS, headerHash } from "../../src/audit/hash-chain.ts";
import { anchorKeyOf } from "../../src/audit/anchor-key.ts";
import { signHead } from "../../src/audit/signed-head.ts";
import { canonicalJson } from "../../src/platform/canonical-json.ts";
import type { Dice } from "../sim/dice.ts";
import { type LogContent, rechained } from "./tamper-log.ts";

/** One way to change what a log says, somewhere before `anchored`, the newest event that was anchored. */
export type Tampering = (content: LogContent, dice: Dice, anchored: number) => LogContent;

const COLUMNS = ["at", "stream", "version", "type", "actor", "commitment", "hash", "salt", "payload"] as const;
// With another pseudonym a person is gone, as one who was redacted: that is another thing, and allowed.
const PERSON_COLUMNS = ["team", "user", "salt"] as const;

const indexBefore = (dice: Dice, anchored: number): number => dice.below(anchored - 1);

/** Another text: one character added, left out or replaced. */
export function otherText(text: string, dice: Dice): string {
  const place = dice.below(text.length + 1);
  const sort = dice.below(3);
  const letter = dice.pick(["0", "1", "a", "f", "x", '"', ",", " ", "é"]);
  const changed = text.slice(0, place) + (sort === 0 ? "" : letter) + text.slice(place + (sort === 1 ? 0 : 1));
  return changed === text ? `${text}${letter}` : changed;
}

function otherValue<Value>(value: Value, dice: Dice): Value | string | number {
  if (typeof value === "number") return value + dice.pick([-1, 1, 60_000]);
  return typeof value === "string" ? otherText(value, dice) : "00";
}

function withRow(rows: readonly LogRow[], index: number, change: (row: LogRow) => LogRow): LogRow[] {
  return rows.map((row, each) => (each === index ? change(row) : row));
}

function numbered(rows: readonly LogRow[]): LogRow[] {
  return rows.map((row, index) => ({ ...row, sequence: index + 1 }));
}

/** A made-up event that fits the one before it. */
function invented(before: LogRow, dice: Dice): LogRow {
  const salt = dice.hex(32);
  const payload = canonicalJson({ path: "gate", by: "U0EVE" });
  const sequence = before.sequence + 1;
  const commitment = commitmentOf(salt, payload);
  const header = { sequence, at: before.at, stream: before.stream, version: before.version + 1, actor: before.actor };
  const row = { ...header, type: "gate.decided", commitment };
  return { ...row, hash: headerHash({ ...row, previousHash: before.hash }), salt, payload };
}

const without = (rows: readonly LogRow[], index: number, count: number): LogRow[] => rows.toSpliced(index, count);

/** What somebody does who may write to the file, from the clumsiest to one who computes everything anew. */
export const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  "edit an event": ({ rows, people }, dice, anchored) => {
    const index = indexBefore(dice, anchored);
    const column = dice.pick(COLUMNS);
    return { people, rows: withRow(rows, index, (row) => ({ ...row, [column]: otherValue(row[column], dice) })) };
  },
  "edit an event and its own hashes": ({ rows, people }, dice, anchored) => {
    const index = indexBefore(dice, anchored);
    const previousHash = rows[index - 1]?.hash ?? GENESIS.hash;
    const change = (row: LogRow): LogRow => {
      const payload = canonicalJson({ changed: dice.hex(8) });
      const other = { ...row, payload, salt: row.salt ?? "", commitment: commitmentOf(row.salt ?? "", payload) };
      return { ...other, hash: headerHash({ ...other, previousHash }) };
    };
    return { people, rows: withRow(rows, index, change) };
  },
  "edit a person": ({ rows, people }, dice) => {
    const index = dice.below(people.length);
    const column = dice.pick(PERSON_COLUMNS);
    const change = (person: PersonRow): PersonRow => ({ ...person, [column]: otherText(person[column], dice) });
    return { rows, people: people.map((person, each) => (each === index ? change(person) : person)) };
  },
  "swap two people": ({ rows, people }, dice) => {
    const first = dice.below(people.length);
    const second = (first + 1 + dice.below(people.length - 1)) % people.length;
    const pseudonyms = people.map(({ pseudonym }) => pseudonym);
    const other = (each: number): number => (each === first ? second : first);
    const moved = people.map((person, each) =>
      each === first || each === second ? { ...person, pseudonym: pseudonyms[other(each)] ?? "" } : person,
    );
    return { rows, people: moved };
  },
  "add a person": ({ rows, people }, dice) => ({
    rows,
    people: [...people, { pseudonym: `p_${dice.hex(32)}`, team: "T1", user: "U0EVE", salt: dice.hex(32) }],
  }),
  "delete events": ({ rows, people }, dice, anchored) => ({
    people,
    rows: without(rows, indexBefore(dice, anchored), 1 + dice.below(3)),
  }),
  "delete events and number the rest anew": ({ rows, people }, dice, anchored) => ({
    people,
    rows: numbered(without(rows, indexBefore(dice, anchored), 1 + dice.below(3))),
  }),
  "insert an event": ({ rows, people }, dice, anchored) => {
    const index = indexBefore(dice, anchored);
    const before = rows[index];
    return { people, rows: numbered(before === undefined ? [] : rows.toSpliced(index + 1, 0, invented(before, dice))) };
  },
  "say something twice": ({ rows, people }, dice, anchored) => {
    const index = indexBefore(dice, anchored);
    return { people, rows: numbered(rows.toSpliced(index, 0, ...rows.slice(index, index + 1))) };
  },
  "swap two events": ({ rows, people }, dice, anchored) => {
    const first = indexBefore(dice, anchored);
    const second = (first + 1 + dice.below(rows.length - 1)) % rows.length;
    const [one, other] = [rows[first], rows[second]];
    if (one === undefined || other === undefined) return { rows: [], people };
    return { people, rows: numbered(rows.with(first, other).with(second, one)) };
  },
  "cut the tail off": ({ rows, people }, dice, anchored) => ({
    people,
    rows: rows.slice(0, indexBefore(dice, anchored)),
  }),
  "cut the tail off and go on": ({ rows, people }, dice, anchored) => {
    const kept = rows.slice(0, 1 + indexBefore(dice, anchored));
    for (let left = rows.length - kept.length + dice.below(5); left > 0; left -= 1) {
      const last = kept.at(-1);
      if (last !== undefined) kept.push(invented(last, dice));
    }
    return { people, rows: rechained(kept) };
  },
  "redact one half": ({ rows, people }, dice, anchored) => {
    const index = indexBefore(dice, anchored);
    const column = dice.pick(["salt", "payload"] as const);
    return { people, rows: withRow(rows, index, (row) => ({ ...row, [column]: null })) };
  },
  "rewrite everything": rewrittenAround,
  "rewrite everything without what was signed": ({ rows, people }, dice, anchored) => {
    const kept = rows.filter(({ stream }) => stream !== "anchors");
    const change = (row: LogRow): LogRow => ({ ...row, payload: canonicalJson({ changed: dice.hex(8) }) });
    return { people, rows: rechained(withRow(kept, dice.below(Math.min(anchored, kept.length) - 1), change), people) };
  },
  "rewrite everything and sign it with a key of one's own": signedByStranger,
  "rewrite who did it": ({ rows, people }, dice) => {
    const index = dice.below(people.length);
    const renamed = people.map((person, each) => (each === index ? { ...person, user: "U0EVE" } : person));
    return { people: renamed, rows: rechained(rows, renamed) };
  },
};

/** What shows without any anchor, by the log and the public key alone. */
export const TAMPERINGS_OF_THEMSELVES: Readonly<Record<string, Tampering>> = {
  "rewrite everything": rewrittenAround,
  "rewrite everything and sign it with a key of one's own": signedByStranger,
  "rewrite everything and leave a gap in a stream": ({ rows, people }, dice) => {
    const kept = rows.filter(({ stream }) => stream !== "anchors");
    // Not the last of its stream: after that one nothing is missing.
    const inner = kept.flatMap((row, index) => (kept.slice(index + 1).some(isNextOf(row)) ? [index] : []));
    const gone = dice.pick(inner);
    return { people, rows: rechained(kept.toSpliced(gone, 1), people, (row) => row.version) };
  },
};

function rewrittenAround({ rows, people }: LogContent, dice: Dice, anchored: number): LogContent {
  const index = dice.below(anchored - 1);
  const change = (row: LogRow): LogRow => ({ ...row, payload: canonicalJson({ changed: dice.hex(8) }) });
  return { people, rows: rechained(withRow(rows, index, change), people) };
}

function signedByStranger({ rows, people }: LogContent, dice: Dice, anchored: number): LogContent {
  const change = (row: LogRow): LogRow => ({ ...row, payload: canonicalJson({ changed: dice.hex(8) }) });
  return { people, rows: resigned(withRow(rows, dice.below(anchored - 1), change), people, dice) };
}

const isNextOf =
  ({ stream }: LogRow) =>
  (other: LogRow): boolean =>
    other.stream === stream;

function resigned(rows: readonly LogRow[], people: readonly PersonRow[], dice: Dice): LogRow[] {
  const key = anchorKeyOf(Buffer.from(dice.hex(64), "hex"));
  let done: LogRow[] = rechained(rows, people);
  for (const [index, { stream, type, at }] of rows.entries()) {
    const before = done[index - 1];
    if (stream !== "anchors" || type !== "anchor.signed" || before === undefined) continue;
    const log = done[0]?.hash ?? "";
    const { at: _at, ...payload } = signHead({ sequence: before.sequence, hash: before.hash, log, at }, key);
    done = rechained(
      withRow(done, index, (row) => ({ ...row, payload: canonicalJson(payload) })),
      people,
    );
  }
  return done;
}
