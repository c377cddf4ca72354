import { statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";

import { exportLog, type ExportFilter, type ExportFormat } from "../audit/export-log.ts";
import { type ChainHead, GENESIS } from "../audit/hash-chain.ts";
import { type LogVerdict, verifyLog } from "../audit/verify-log.ts";
import { readEnvironment } from "../config/environment.ts";
import { isoTime, tryIsoTime } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { SecretMask } from "../platform/masking.ts";
import { openLog, openLogFile } from "../store/store.ts";
import type { LogReader } from "../store/log-reader.ts";

const USAGE = `Usage: quarterdeck audit verify [PATH] [--head SEQUENCE:HASH] [--json]
       quarterdeck audit export [PATH] [--format jsonl|csv] [--from TIME] [--until TIME] [--run ID] [--user SLACK_ID]

PATH is a data folder or a copy of its quarterdeck.db; by default QUARTERDECK_DATA, or data. No configuration is read.`;

/** `quarterdeck audit`: proves that the log was not altered, or writes it out. Works beside a running server and on a copy. */
export async function audit(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args);
  const [task, path = readEnvironment(new SecretMask()).dataFolder, ...rest] = positionals;
  if (rest.length > 0) throw usage(`"${rest.join(" ")}" is too much.`);
  if (task === "verify") return verify(path, { head: values.head, isJson: values.json === true });
  if (task !== "export") throw usage(task === undefined ? "Say verify or export." : `There is no "audit ${task}".`);
  const { format = "jsonl", from, until, run, user } = values;
  const filter = { fromMs: momentOf("from", from), untilMs: momentOf("until", until), user };
  return await writeOut(path, { format: formatOf(format), filter, run });
}

function verify(path: string, asked: { readonly head: string | undefined; readonly isJson: boolean }): number {
  const anchors = asked.head === undefined ? [] : [headOf(asked.head)];
  using opened = open(path);
  const { log } = opened;
  const verdict = verifyLog({ rows: log.rows(), people: log.people(), anchors });
  process.stdout.write(asked.isJson ? `${JSON.stringify(verdict)}\n` : `${verdictText(verdict, log)}\n`);
  return verdict.status === "intact" ? 0 : 1;
}

function verdictText(verdict: LogVerdict, log: LogReader): string {
  if (verdict.status === "broken") {
    return (
      `BROKEN at event ${verdict.sequence}: ${verdict.message}.\n` +
      "Everything before that event is as it was written. Keep this file as it is, and compare it with a backup."
    );
  }
  const { events, head, redacted } = verdict;
  if (events === 0) return "Intact: the log is empty.";
  const { payloads, people } = redacted;
  const gone = payloads + people === 0 ? "nothing redacted" : `redacted: ${payloads} payloads, ${people} people`;
  return (
    `Intact: ${events} events, ${isoTime(log.row(1).at)} to ${isoTime(log.row(head.sequence).at)}, ${gone}.\n` +
    `Head: ${head.sequence}:${head.hash}\n` +
    "Keep the head elsewhere: `audit verify --head` then also notices a log that was cut off or written anew as a whole."
  );
}

async function writeOut(
  path: string,
  {
    format,
    filter,
    run,
  }: { readonly format: ExportFormat; readonly filter: ExportFilter; readonly run: string | undefined },
): Promise<number> {
  using opened = open(path);
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

function open(path: string): ReturnType<typeof openLog> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new AppError(`There is nothing at ${path}. Name a data folder, or a copy of its quarterdeck.db.`, {
      code: "store.missing",
    });
  }
  return stat.isDirectory() ? openLog(path) : openLogFile(path);
}

function readArguments(args: readonly string[]) {
  const option = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        head: option,
        format: option,
        from: option,
        until: option,
        run: option,
        user: option,
        json: { type: "boolean" },
      },
    });
  } catch (cause) {
    // Node's own words go on with advice about arguments that begin with a hyphen, which nothing here has.
    const [problem = ""] = cause instanceof Error ? cause.message.split(". ") : [];
    throw usage(`${problem}.`);
  }
}

function headOf(text: string): ChainHead {
  const [, sequence = "", hash = ""] = /^(\d{1,15}):([0-9a-f]{64})$/u.exec(text) ?? [];
  if (hash === "") throw usage(`"${text}" is no head: it is SEQUENCE:HASH, as "audit verify" prints it.`);
  const head = { sequence: Number(sequence), hash };
  if (head.sequence <= GENESIS.sequence) throw usage("The first event has the sequence 1.");
  return head;
}

function formatOf(text: string): ExportFormat {
  if (text === "jsonl" || text === "csv") return text;
  throw usage(`"${text}" is no format.`);
}

function momentOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const atMs = tryIsoTime(text);
  if (atMs !== undefined) return atMs;
  throw usage(`--${name} "${text}" is no time: write 2026-01-31 or 2026-01-31T10:00:00Z.`);
}

function usage(problem: string): AppError {
  return new AppError(`${problem}\n${USAGE}`.trim(), { code: "usage" });
}
