import { describe, expect, it } from "vitest";
import { z } from "zod";

import { exportLog, type ExportFilter, type ExportFormat } from "../../../src/audit/export-log.ts";
import type { LogRow, PersonRow } from "../../../src/audit/verify-log.ts";

const ANA: PersonRow = { pseudonym: "p_ana", team: "T1", user: "U0ANA", salt: "ab" };

function row(sequence: number, more: Partial<LogRow> = {}): LogRow {
  return {
    sequence,
    at: Date.UTC(2026, 0, sequence),
    stream: "run_1",
    version: sequence,
    type: "run.started",
    actor: "p_ana",
    commitment: "c".repeat(64),
    hash: "f".repeat(64),
    salt: "s".repeat(32),
    payload: '{"title":"Promote \\"checkout\\", web"}',
    ...more,
  };
}

const lines = (rows: readonly LogRow[], format: ExportFormat, filter?: ExportFilter): readonly string[] => [
  ...exportLog({ rows, people: [ANA], format, filter }),
];

describe("exportLog", () => {
  it("writes each event as one JSON line that holds everything the chain needs", () => {
    const [line = ""] = lines([row(1)], "jsonl");
    expect(JSON.parse(line)).toEqual({
      ...row(1),
      time: "2026-01-01T00:00:00.000Z",
      previousHash: "0".repeat(64),
      team: "T1",
      user: "U0ANA",
      payload: { title: 'Promote "checkout", web' },
    });
    // As it is stored, so that the commitment can be computed again.
    expect(line).toContain(`"payload":${row(1).payload ?? ""}}`);
  });

  it("says nothing of a person who was redacted, and null for a payload that was", () => {
    const [line = ""] = lines([row(1, { actor: "p_gone", salt: null, payload: null })], "jsonl");
    expect(JSON.parse(line)).toMatchObject({ actor: "p_gone", salt: null, payload: null });
    expect(line).not.toContain('"user"');
  });

  it("quotes what CSV has to quote and names its columns", () => {
    expect(lines([row(1)], "csv")).toEqual([
      "sequence,time,stream,version,type,actor,team,user,hash,payload",
      `1,2026-01-01T00:00:00.000Z,run_1,1,run.started,p_ana,T1,U0ANA,${"f".repeat(64)},"{""title"":""Promote \\""checkout\\"", web""}"`,
    ]);
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])("lets no spreadsheet take %j for a formula", (type) => {
    expect(lines([row(1, { type })], "csv")[1]).toContain(`,'${type},`);
  });

  it("narrows by time, by stream and by person", () => {
    const rows = [row(1), row(2, { stream: "run_2" }), row(3, { actor: "" }), row(4)];
    const Line = z.looseObject({ sequence: z.number() });
    const found = (filter: ExportFilter): readonly number[] =>
      lines(rows, "jsonl", filter).map((line) => Line.parse(JSON.parse(line)).sequence);
    expect(found({ fromMs: Date.UTC(2026, 0, 2), untilMs: Date.UTC(2026, 0, 4) })).toEqual([2, 3]);
    expect(found({ stream: "run_2" })).toEqual([2]);
    expect(found({ user: "U0ANA" })).toEqual([1, 2, 4]);
    expect(found({ user: "U0NOBODY" })).toEqual([]);
  });
});
