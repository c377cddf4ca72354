import { parseArgs } from "node:util";

import type { ExportFormat } from "../audit/export-log.ts";
import { type ChainHead, GENESIS } from "../audit/hash-chain.ts";
import { readEnvironment } from "../config/environment.ts";
import { tryIsoTime } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { SecretMask } from "../platform/masking.ts";
import { writeExport } from "./audit-export.ts";
import { showKeys } from "./audit-key.ts";
import { verify } from "./audit-verify.ts";

const USAGE = `Usage: quarterdeck audit verify [PATH] [--anchors PATH]... [--key FILE]... [--head SEQUENCE:HASH] [--json]
       quarterdeck audit export [PATH] [--format jsonl|csv] [--from TIME] [--until TIME] [--run ID] [--user SLACK_ID]
       quarterdeck audit key [PATH]

PATH is a data folder or a copy of its quarterdeck.db, for verify also a whole export as JSON lines; by default QUARTERDECK_DATA, or data.
--anchors is a file with anchors or a folder with such files, --key what "audit key" printed. No configuration is read.`;

/** `quarterdeck audit`: proves that the log was not altered, or writes it out. Works beside a running server and on a copy. */
export async function audit(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args);
  const { dataFolder, instanceSecret } = readEnvironment(new SecretMask());
  const [task, path = dataFolder, ...rest] = positionals;
  if (rest.length > 0) throw usage(`"${rest.join(" ")}" is too much.`);
  const { format = "jsonl", from, until, run, user, anchors = [], key = [], json = false } = values;
  switch (task) {
    case "verify": {
      const heads = values.head === undefined ? [] : [headOf(values.head)];
      return verify({ path, heads, anchors, keyFiles: key, configured: instanceSecret, isJson: json });
    }
    case "export": {
      const filter = { fromMs: momentOf("from", from), untilMs: momentOf("until", until), user };
      return await writeExport(path, { format: formatOf(format), filter, run });
    }
    case "key":
      return showKeys(path, instanceSecret);
    case undefined:
      throw usage("Say verify, export or key.");
    default:
      throw usage(`There is no "audit ${task}".`);
  }
}

function readArguments(args: readonly string[]) {
  const option = { type: "string" } as const;
  const options = { type: "string", multiple: true } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        head: option,
        anchors: options,
        key: options,
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
