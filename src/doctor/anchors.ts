import type { AnchorTarget } from "../audit/anchor-target.ts";
import type { KnownAnchors } from "../audit/anchor-log.ts";
import { durationText } from "../platform/duration.ts";
import { errorMessage } from "../platform/errors.ts";
import { type Finding, Subject } from "./finding.ts";

type Target = Pick<AnchorTarget, "address" | "tryOut">;

export interface AnchorsQuestion {
  /** As configured; `address` is where each is known in the log. */
  readonly targets: readonly Target[];
  readonly everyMs: number;
  /** Undefined when the log cannot be read. */
  readonly known: KnownAnchors | undefined;
  readonly now: number;
}

// As long as this, what was signed may still be on its way.
const PATIENCE_MS = 300_000;
const WHY = "until it is there, whoever may write to the log can change what was not anchored, and nobody sees it";

/** Whether each place in which the log is to be anchored takes anchors, and has the newest. */
export async function anchorFindings(question: AnchorsQuestion, signal: AbortSignal): Promise<readonly Finding[]> {
  const found = question.targets.map(async (target) => {
    const about = new Subject("audit", target.address);
    return [...(await trial(about, target, signal)), ageFinding(about, target.address, question)];
  });
  return (await Promise.all(found)).flat();
}

async function trial(about: Subject, target: Target, signal: AbortSignal): Promise<readonly Finding[]> {
  if (target.tryOut === undefined) return [];
  try {
    await target.tryOut(signal);
    return [about.ok("it takes anchors")];
  } catch (error) {
    return [about.problem({ what: errorMessage(error), why: WHY, mend: "do as the message says" })];
  }
}

function ageFinding(about: Subject, address: string, { known, everyMs, now }: AnchorsQuestion): Finding {
  const signed = known?.signed;
  if (signed === undefined) return about.ok("nothing was anchored yet; the server does it when something has happened");
  const newest = known?.written.get(address);
  const has =
    newest === undefined ? "no anchor was put there" : `the newest anchor there is of event ${newest.sequence}`;
  const age = newest === undefined ? "" : `, ${durationText(Math.max(0, now - newest.at))} ago`;
  const isBehind = newest === undefined || newest.sequence < signed.sequence;
  if (!isBehind || now - signed.at < Math.min(everyMs, PATIENCE_MS)) return about.ok(`${has}${age}`);
  const what = `${has}${age}, though event ${signed.sequence} was signed ${durationText(now - signed.at)} ago`;
  return about.warning({ what, why: WHY, mend: "see whether a server runs, and what its own log says of anchors" });
}
