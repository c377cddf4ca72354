import { type LogToVerify, type LogVerdict, verifyLog } from "../audit/verify-log.ts";
import type { LogReader } from "./log-reader.ts";

/** Verifies a log where it is stored, the database itself included. Never throws for what is wrong with either. */
export function verifyDatabase(log: LogReader, more: Omit<LogToVerify, "rows" | "people" | "after"> = {}): LogVerdict {
  try {
    const damage = log.damage();
    return damage === undefined ? verifyLog({ ...more, rows: log.rows(), people: log.people() }) : damaged(damage);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_"))) throw error;
    return damaged(error.message);
  }
}

function damaged(how: string): LogVerdict {
  return { status: "broken", sequence: 0, reason: "database", message: `the database is damaged: ${how}`, provenTo: 0 };
}
