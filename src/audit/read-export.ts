import { closeSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";

import { z } from "zod";

import { tryJson } from "../platform/try-json.ts";
import { exportLine } from "./export-log.ts";
import { type ChainHead, GENESIS } from "./hash-chain.ts";
import { type LogToVerify, type LogVerdict, type PersonRow, verifyLog, type LogRow } from "./verify-log.ts";

const ExportedPerson = z.strictObject({ team: z.string(), user: z.string(), salt: z.string() });
const ExportedEvent = z.strictObject({
  sequence: z.number(),
  time: z.string(),
  at: z.number(),
  stream: z.string(),
  version: z.number(),
  type: z.string(),
  actor: z.string(),
  team: z.string().optional(),
  user: z.string().optional(),
  previousHash: z.string(),
  commitment: z.string(),
  hash: z.string(),
  salt: z.string().nullable(),
  person: ExportedPerson.optional(),
  payload: z.looseObject({ pseudonym: z.unknown().optional() }).nullable(),
});
type ExportedEvent = z.infer<typeof ExportedEvent>;

// Bare quotes cannot stand inside a JSON string, so this is where the last member begins.
const PAYLOAD = ',"payload":';
const CHUNK_BYTES = 65_536;

class BrokenLine extends Error {
  readonly sequence: number;

  constructor(sequence: number) {
    super("this line is not one that an export has: something in it was added, left out or written in another way");
    this.sequence = sequence;
  }
}

/** Verifies a whole log that was exported as JSON lines, in constant memory but for the people. */
export function verifyExport(file: string, more: Omit<LogToVerify, "rows" | "people" | "after">): LogVerdict {
  const people = peopleIn(file);
  try {
    return verifyLog({ ...more, rows: rowsIn(file, people), people });
  } catch (error) {
    if (!(error instanceof BrokenLine)) throw error;
    const { sequence, message } = error;
    const before = <Head extends ChainHead>(heads: readonly Head[] = []): readonly Head[] =>
      heads.filter((head) => head.sequence < sequence);
    const rows = rowsIn(file, people, sequence);
    const { provenTo } = verifyLog({ ...more, anchors: before(more.anchors), signed: before(more.signed), rows });
    return { status: "broken", sequence, reason: "line", message, provenTo };
  }
}

function peopleIn(file: string): readonly PersonRow[] {
  return Array.from(linesOf(file)).flatMap(({ text }) => {
    // What is wrong with a line is said when it is read as an event.
    const { person, payload } = ExportedEvent.safeParse(tryJson(text)).data ?? {};
    return person === undefined ? [] : [{ ...person, pseudonym: String(payload?.pseudonym) }];
  });
}

/** Every line has to be exactly the one that an export writes of what it says: nobody reads anything in it that was not verified. */
function* rowsIn(file: string, people: readonly PersonRow[], until = Infinity): Generator<LogRow> {
  const byPseudonym = new Map(people.map((person) => [person.pseudonym, person]));
  let previousHash = GENESIS.hash;
  for (const line of linesOf(file)) {
    if (line.number >= until) return;
    const { sequence, at, stream, version, type, actor, commitment, hash, salt } = eventIn(line);
    const text = line.text.slice(line.text.indexOf(PAYLOAD) + PAYLOAD.length, -1);
    const payload = text === "null" ? null : text;
    const row = { sequence, at, stream, version, type, actor, commitment, hash, salt, payload };
    const person = byPseudonym.get(actor);
    // A line that is missing shows in the sequence, which says more.
    const isNext = sequence === line.number;
    const before = isNext ? previousHash : undefined;
    if (before !== undefined && exportLine({ row, person, previousHash: before, byPseudonym }) !== line.text) {
      throw new BrokenLine(line.number);
    }
    yield row;
    previousHash = hash;
  }
}

interface Line {
  /** 1 for the first; of an export of a whole log, the sequence of the event. */
  readonly number: number;
  readonly text: string;
}

function eventIn({ number, text }: Line): ExportedEvent {
  const event = ExportedEvent.safeParse(tryJson(text)).data;
  if (event === undefined) throw new BrokenLine(number);
  return event;
}

function* linesOf(file: string): Generator<Line> {
  const descriptor = openSync(file, "r");
  const decoder = new StringDecoder("utf8");
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = "";
  let number = 0;
  try {
    for (let size = 1; size > 0;) {
      size = readSync(descriptor, chunk);
      const lines = (rest + (size > 0 ? decoder.write(chunk.subarray(0, size)) : decoder.end())).split("\n");
      rest = lines.pop() ?? "";
      for (const text of lines) yield { number: (number += 1), text };
    }
    if (rest !== "") yield { number: number + 1, text: rest };
  } finally {
    closeSync(descriptor);
  }
}
