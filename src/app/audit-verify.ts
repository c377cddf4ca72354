import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

import { publicKeysIn } from "../audit/anchor-key.ts";
import type { ChainHead } from "../audit/hash-chain.ts";
import { verifyExport } from "../audit/read-export.ts";
import { anchorsIn, type SignedHead } from "../audit/signed-head.ts";
import type { LogToVerify, LogVerdict } from "../audit/verify-log.ts";
import { isoTime } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { verifyDatabase } from "../store/verify-database.ts";
import { ownKeys } from "./audit-key.ts";
import { openAudited, requirePath } from "./audit-log-file.ts";

interface Asked {
  readonly path: string;
  readonly heads: readonly ChainHead[];
  /** Files and folders with anchors. */
  readonly anchors: readonly string[];
  /** Where they are absent, the keys of the secret that is at hand count. */
  readonly keyFiles: readonly string[];
  /** `QUARTERDECK_SECRET` */
  readonly configured: string | undefined;
  readonly isJson: boolean;
}

/** `quarterdeck audit verify`: 0 when the log holds, 1 when it does not. */
export function verify({ path, heads, anchors, keyFiles, configured, isJson }: Asked): number {
  requirePath(path);
  const areAllKeys = keyFiles.length > 0;
  const keys = areAllKeys ? keyFiles.flatMap((file) => publicKeysIn(textOf(file))) : ownKeys(path, configured);
  const signed = anchors.flatMap(anchorsAt);
  if (signed.length > 0 && keys.length === 0) throw noKey();
  const { verdict, times } = judge(path, { anchors: heads, signed, keys, areAllKeys });
  process.stdout.write(isJson ? `${JSON.stringify(verdict)}\n` : `${verdictText({ verdict, times, signed })}\n`);
  return verdict.status === "intact" ? 0 : 1;
}

interface Judged {
  readonly verdict: LogVerdict;
  /** When the first and the last event happened, in words; empty where that is not at hand. */
  readonly times: string;
}

function judge(path: string, more: Omit<LogToVerify, "rows" | "people" | "after">): Judged {
  if (isExport(path)) return { verdict: verifyExport(path, more), times: "" };
  using opened = openAudited(path);
  const { log } = opened;
  const verdict = verifyDatabase(log, more);
  if (verdict.status === "broken" || verdict.events === 0) return { verdict, times: "" };
  const [first, last] = [log.row(1), log.row(verdict.head.sequence)];
  return { verdict, times: `, ${isoTime(first.at)} to ${isoTime(last.at)}` };
}

/** An export begins with a brace, a database never does. */
function isExport(path: string): boolean {
  if (!statSync(path).isFile()) return false;
  const first = Buffer.alloc(1);
  const descriptor = openSync(path, "r");
  readSync(descriptor, first);
  closeSync(descriptor);
  return first.toString() === "{";
}

function verdictText({ verdict, times, signed }: Judged & { readonly signed: readonly SignedHead[] }): string {
  const { provenTo } = verdict;
  const anchor = signed.find(({ sequence }) => sequence === provenTo);
  const when = anchor === undefined ? "" : `, which was anchored at ${isoTime(anchor.at)}`;
  if (verdict.status === "broken") {
    const good =
      provenTo > 0
        ? `Up to event ${provenTo}${when}, it is as it was written.`
        : "Everything before that event fits together, and no anchor that was given says more.";
    const where = verdict.sequence === 0 ? "" : ` at event ${verdict.sequence}`;
    const trust = verdict.sequence === 0 ? "Nothing else was looked at." : good;
    return `BROKEN${where}: ${verdict.message}.\n${trust}\nKeep this file as it is, and compare it with a backup.`;
  }
  const { events, head, redacted, signedInside } = verdict;
  if (events === 0) return "Intact: the log is empty.";
  const { payloads, people } = redacted;
  const gone = payloads + people === 0 ? "nothing redacted" : `redacted: ${payloads} payloads, ${people} people`;
  const lines = [`Intact: ${events} events${times}, ${gone}.`, `Head: ${head.sequence}:${head.hash}`];
  if (signedInside > 0) lines.push(`Signed: ${signedInside} heads inside the log, by keys that are known here.`);
  lines.push(provenTo > 0 ? provenText({ provenTo, when, head }) : KEEP_THE_HEAD);
  return lines.join("\n");
}

const KEEP_THE_HEAD =
  "Keep the head elsewhere: `audit verify --head` then also notices a log that was cut off or written anew as a whole; so do anchors.";

function provenText({
  provenTo,
  when,
  head,
}: {
  readonly provenTo: number;
  readonly when: string;
  readonly head: ChainHead;
}): string {
  const left = head.sequence - provenTo;
  const rest = left === 0 ? "That is all of it." : `The ${left} after it fit together; the next anchor will hold them.`;
  return `Proven: up to event ${provenTo}${when}, nothing was changed since. ${rest}`;
}

/** The anchors in a file, or in every file of a folder that does not begin with a dot. Throws `audit.anchors` for one that cannot be read. */
function anchorsAt(path: string): readonly SignedHead[] {
  requirePath(path);
  const isFolder = statSync(path).isDirectory();
  const names = isFolder ? readdirSync(path).filter((name) => !name.startsWith(".")) : [];
  const files = isFolder ? names.map((name) => join(path, name)).filter((file) => statSync(file).isFile()) : [path];
  const found = files.flatMap((file) => {
    const { heads, unreadable } = anchorsIn(textOf(file));
    if (unreadable === 0 && heads.length > 0) return heads;
    const what = heads.length === 0 && unreadable === 0 ? "there is none in it" : `${unreadable} in it cannot be read`;
    throw new AppError(
      `${file} was given for anchors, and ${what}. It was damaged, or something else is in its place.`,
      {
        code: "audit.anchors",
      },
    );
  });
  if (found.length > 0) return found;
  throw new AppError(`There are no anchors in ${path}.`, { code: "audit.anchors" });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new AppError(`${file} cannot be read (${errorText(cause)}).`, { code: "audit.unreadable", cause });
  }
}

function noKey(): AppError {
  return new AppError(
    "Anchors prove nothing without the key that signed them: name the file that `quarterdeck audit key` wrote with --key.",
    { code: "audit.key" },
  );
}
