import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { anchorKeyOf } from "../../../src/audit/anchor-key.ts";
import { exportLog } from "../../../src/audit/export-log.ts";
import { commitmentOf, GENESIS, headerHash } from "../../../src/audit/hash-chain.ts";
import { verifyExport } from "../../../src/audit/read-export.ts";
import { signHead } from "../../../src/audit/signed-head.ts";
import { type LogRow, type PersonRow, personCommitment } from "../../../src/audit/verify-log.ts";
import { canonicalJson } from "../../../src/platform/canonical-json.ts";

const ANA: PersonRow = { pseudonym: "p_1", team: "T1", user: "U0ANA", salt: "ab".repeat(16) };
const KEY = anchorKeyOf(Buffer.alloc(32, 7));

function rows(): LogRow[] {
  const facts = [
    { stream: "people", type: "person.recorded", payload: { pseudonym: "p_1", commitment: personCommitment(ANA) } },
    ...["abc", 'a "b", "payload":{}', "東京\u2028"].map((text) => ({
      stream: "run_1",
      type: "run.started",
      payload: { text },
    })),
  ];
  const versions = new Map<string, number>();
  let head = GENESIS;
  return facts.map(({ stream, type, payload }, index) => {
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    const [salt, text] = [String(index).padStart(32, "0"), canonicalJson(payload)];
    const sequence = index + 1;
    const actor = stream === "people" ? "" : "p_1";
    const row = { sequence, at: 1000 + index, stream, version, type, actor, commitment: commitmentOf(salt, text) };
    const hash = headerHash({ ...row, previousHash: head.hash });
    head = { sequence, hash };
    return { ...row, hash, salt, payload: text };
  });
}

const ROWS = rows();
const LINES = [...exportLog({ rows: ROWS, people: [ANA], format: "jsonl" })];
const anchorOf = (sequence: number) =>
  signHead({ sequence, hash: ROWS[sequence - 1]?.hash ?? "", log: ROWS[0]?.hash ?? "", at: 5000 }, KEY);

describe("an export", () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "quarterdeck-export-"))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const verify = (text: string, sequences: readonly number[] = []) => {
    const file = join(folder, "log.jsonl");
    writeFileSync(file, text);
    return verifyExport(file, { signed: sequences.map(anchorOf), keys: [KEY] });
  };

  it("holds as it was written, with or without a line end after the last line", () => {
    const intact = { status: "intact", events: 4, redacted: { payloads: 0, people: 0 }, provenTo: 4 };
    expect(verify(`${LINES.join("\n")}\n`, [2, 4])).toMatchObject(intact);
    expect(verify(LINES.join("\n"), [2, 4])).toMatchObject(intact);
  });

  it("says up to where it is proven, whichever line is broken", () => {
    const edited = LINES.with(2, (LINES[2] ?? "").replace('"user":"U0ANA"', '"user":"U0EVE"'));
    expect(verify(edited.join("\n"), [2, 4])).toEqual({
      status: "broken",
      sequence: 3,
      reason: "line",
      message: "this line is not one that an export has: something in it was added, left out or written in another way",
      provenTo: 2,
    });
    expect(verify(LINES.with(3, "not JSON").join("\n"), [2, 3])).toMatchObject({ sequence: 4, provenTo: 3 });
    expect(verify("", [2])).toMatchObject({ status: "broken", reason: "anchor" });
  });

  it("that was narrowed misses what is missing from it", () => {
    expect(verify(LINES.slice(1).join("\n"))).toMatchObject({
      status: "broken",
      message: "event 1 is missing: 2 follows 0",
    });
  });

  it("does not hold with any character changed, and any text at all has a verdict", () => {
    const text = LINES.join("\n");
    const place = fc.record({ at: fc.nat(text.length - 1), code: fc.integer({ min: 9, max: 300 }) });
    fc.assert(
      fc.property(place, ({ at, code }) => {
        const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        return changed === text || verify(changed).status === "broken";
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.constantFrom("{}", "[]\n[]", "null", "{\n")), (any) =>
        ["intact", "broken"].includes(verify(any).status),
      ),
      { numRuns: 100 },
    );
  });
});
