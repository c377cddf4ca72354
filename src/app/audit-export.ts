import { pipeline } from "node:stream/promises";

import { exportLog, type ExportFilter, type ExportFormat } from "../audit/export-log.ts";
import { AppError } from "../platform/errors.ts";
import type { LogReader } from "../store/log-reader.ts";
import { openAudited } from "./audit-log-file.ts";

interface Asked {
  readonly format: ExportFormat;
  readonly filter: ExportFilter;
  readonly run: string | undefined;
}

/** `quarterdeck audit export`: the log on the standard output. */
export async function writeExport(path: string, { format, filter, run }: Asked): Promise<number> {
  using opened = openAudited(path);
  const { log } = opened;
  const narrowed = { ...filter, ...(run !== undefined && { stream: streamOf(log, run) }) };
  const known = log.people();
  if (filter.user !== undefined && !known.some(({ user }) => user === filter.user)) {
    throw notFound(`${filter.user} has done nothing that is in this log. A Slack id, such as U0123ABCD, is expected.`);
  }
  const lines = exportLog({ rows: log.rows(), people: known, format, filter: narrowed });
  try {
    await pipeline(lines, withLineEnds, process.stdout, { end: false });
  } catch (error) {
    // Whoever reads has seen enough, such as `head`.
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
  }
  return 0;
}

/** The stream that is meant: its whole name, or of a run the short id that people see. An empty export would look like an answer. */
function streamOf(log: LogReader, text: string): string {
  if (log.stream(text).length > 0) return text;
  const tail = text.toUpperCase().replace(/^RUN_/u, "");
  const meant = new Set<string>();
  for (const { stream } of log.rows()) if (isRun(stream) && stream.endsWith(tail)) meant.add(stream);
  const [only, ...others] = meant;
  if (only === undefined || tail === "") throw notFound(`There is no run "${text}" in this log.`);
  if (others.length > 0) throw notFound(`"${text}" means ${[...meant].join(", ")}. Name one by its whole id.`);
  return only;
}

function isRun(stream: string): boolean {
  return stream.startsWith("run_");
}

function notFound(message: string): AppError {
  return new AppError(message, { code: "audit.not-found" });
}

async function* withLineEnds(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
