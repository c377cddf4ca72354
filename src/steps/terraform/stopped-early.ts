import type { Failure } from "../../domain/outcome.ts";
import { endText } from "../tools/end-text.ts";
import { awayTexts } from "../tools/says-away.ts";
import { diagnosticText, errorsText } from "./diagnostic-text.ts";
import type { Diagnostic } from "./stream-message.ts";

/** How a call ended that did not do what it was for. */
export interface EndedBadly {
  readonly diagnostics: readonly Diagnostic[];
  /** What it said last besides, for where it gave no reason as it should. */
  readonly lastWords: string;
  readonly exitCode: number | undefined;
  readonly endedBy: string | undefined;
}

/** Why a call did not do what it was for: what passes by itself, or something that people must mend. */
export type EarlyEnd =
  | { readonly kind: "locked" | "unreachable"; readonly code: string; readonly message: string }
  | { readonly kind: "failed"; readonly failure: Failure };

/** Says what a bad end means, by what the program itself says. `what` names the call and its directory. */
export function earlyEnd(ended: EndedBadly, what: string): EarlyEnd {
  const errors = ended.diagnostics.filter(({ severity }) => severity === "error");
  const all = errors.length > 0 ? errors.map(({ summary, detail }) => `${summary}\n${detail}`) : [ended.lastWords];
  const why = reasonOf(ended);
  const lock = all.find((text) => LOCKED.test(text) && !UNREADABLE.test(text));
  if (lock !== undefined) return { kind: "locked", code: "terraform.state-locked", message: lockText(lock, what) };
  // One cause that stays is enough to make waiting useless.
  if (all.every(isAway)) {
    const message = `${what} could not reach something that it needs: ${why}`;
    return { kind: "unreachable", code: "terraform.unreachable", message };
  }
  if (errors.length === 0 && TOO_OLD.test(ended.lastWords)) {
    const message = `${what} failed, because the program is too old: ${why}. Install version 1.9 or newer where the step is executed`;
    return { kind: "failed", failure: { code: "program.too-old", message, retry: "never" } };
  }
  const advice = errors.some(({ summary }) => OTHER_LOCK_FILE.test(summary)) ? ANEW : "";
  const message = `${what} failed: ${why}${advice}`;
  return { kind: "failed", failure: { code: "terraform.failed", message, retry: "never", ...placesOf(errors) } };
}

/** Whether it refused a plan because the state has been changed since. */
export function isStale({ diagnostics }: EndedBadly): boolean {
  return diagnostics.some(({ severity, summary }) => severity === "error" && STALE.test(summary));
}

const STALE = /^Saved plan (?:is stale|does not match the given state)/u;
// What it says of an option that came with a later version.
const TOO_OLD = /flag provided but not defined/u;
// The lock file names other providers than the configuration needs, as that of the other program of the family does.
const OTHER_LOCK_FILE = /^Provider dependency changes detected/u;
const ANEW =
  " Write .terraform.lock.hcl anew with the program that the step runs, and commit it: Terraform and OpenTofu take providers from different registries";
const LOCKED = /Error (?:acquiring|locking) (?:the )?state|Lock Info:/u;
// A file is read before it is locked, so this is said of the lock where it is the state itself that cannot be had, now or later.
const UNREADABLE =
  /decryption failed|Unsupported state file format|permission denied|read-only file system|is a directory/u;
const isAway = awayTexts(["could not connect to (?:the )?"]);

function reasonOf(ended: EndedBadly): string {
  const { diagnostics, lastWords } = ended;
  return errorsText(diagnostics, lastWords === "" ? `${endText(ended)} and said nothing` : lastWords);
}

/** Who holds the lock, and since when, as the backend wrote it down. */
function lockText(text: string, what: string): string {
  const field = (name: string): string => {
    const value = new RegExp(`^\\s*${name}:[ \\t]*(\\S.*)$`, "mu").exec(text)?.[1]?.trim() ?? "";
    return value.length <= 200 ? value : `${value.slice(0, 199)}…`;
  };
  const [who, since, operation, id] = ["Who", "Created", "Operation", "ID"].map(field);
  const holder = who === "" ? "something else" : who;
  const doing = operation === "" ? "" : ` for ${(operation ?? "").replace(/^OperationType/u, "").toLowerCase()}`;
  const from = since === "" ? "" : ` since ${(since ?? "").replace(/\.\d+/u, "").replace(" +0000 UTC", " UTC")}`;
  const lock = id === "" ? "" : ` (lock ${id})`;
  return `${what} waits: the state is locked by ${holder}${doing}${from}${lock}. If nobody is at work there any more, unlock it by hand`;
}

/** The files and lines that are wrong, for machines. */
function placesOf(errors: readonly Diagnostic[]): Pick<Failure, "details"> {
  const places = errors.slice(0, 20).map((error) => {
    const text = diagnosticText(error);
    return error.range === undefined ? { text } : { text, file: error.range.filename, line: error.range.start.line };
  });
  return places.length === 0 ? {} : { details: { diagnostics: places } };
}
