import { z } from "zod";

import type { Failure } from "../../domain/outcome.ts";
import { durationInput } from "../timing/duration-input.ts";
import { expired, Ignored, withoutIgnored } from "./ignore-list.ts";
import { Counts, countsOf, countsText, DEFAULT_FAIL_ON, FailOn, overLimit, worstFirst } from "./severity.ts";
import type { Finding } from "./trivy-report.ts";

/** What every scan takes. */
export const SCAN_INPUT = {
  "fail-on": FailOn.optional().meta({
    description: "How many findings of each severity there may be; `{ critical: 0, high: 0 }` unless said",
  }),
  ignore: z
    .array(Ignored)
    .max(500)
    .optional()
    .meta({ description: "Findings that are let pass, each with a reason and a last day" }),
  "give-up-after": durationInput({ leastMs: 1000, mostMs: 6 * 3_600_000 })
    .optional()
    .meta({ description: "How long the scan may take; 15m unless said" }),
};

export const DEFAULT_TIMEOUT_MS = 900_000;

/** What was found that counts: those ignored, and those that nobody can fix where only others were asked for, are not in it. */
export const SCAN_OUTPUT = {
  counts: Counts,
  /** How many were let pass by the list. */
  ignored: z.int(),
  /** The worst five. */
  worst: z.array(
    z.strictObject({
      id: z.string(),
      where: z.string(),
      severity: z.string(),
      title: z.string(),
      installed: z.string(),
      fixed: z.string(),
    }),
  ),
};

const MOST_WORST = 5;

export interface Judged {
  readonly counts: Counts;
  readonly ignored: number;
  readonly worst: Finding[];
  /** `1 high, 4 medium; 2 ignored` */
  readonly text: string;
  readonly over: readonly string[];
}

/** Weighs what was found against what may be there. */
export function judgeFindings(
  found: readonly Finding[],
  wanted: { readonly "fail-on"?: FailOn | undefined; readonly ignore?: readonly Ignored[] | undefined },
): Judged {
  const { left, ignored } = withoutIgnored(found, wanted.ignore ?? []);
  const counts = countsOf(left);
  const text = `${countsText(counts)}${ignored === 0 ? "" : `; ${ignored} ignored`}`;
  const over = overLimit(counts, wanted["fail-on"] ?? DEFAULT_FAIL_ON);
  return { counts, ignored, worst: worstFirst(left).slice(0, MOST_WORST), text, over };
}

/** The failure of a scan that found too much; undefined for one that did not. */
export function tooMany(what: string, { over, worst, counts }: Judged): Failure | undefined {
  if (over.length === 0) return undefined;
  const message = `${what} has ${over.join(" and ")}. The worst: ${worst.map(findingText).join("; ")}. The report has all of them`;
  return {
    code: "trivy.findings",
    message,
    retry: "never",
    details: { counts, worst: worst.map((finding) => ({ ...finding })) },
  };
}

/** `CVE-2019-14697 (critical) in musl 1.1.20-r4, fixed in 1.1.20-r5` */
export function findingText({ id, severity, where, installed, fixed }: Finding): string {
  const version = installed === "" ? "" : ` ${installed}`;
  return `${id} (${severity}) in ${where}${version}${fixed === "" ? "" : `, fixed in ${fixed}`}`;
}

/** The failure of a list with entries that count no more: somebody has to look at them again. */
export function expiredEntries(ignore: readonly Ignored[] | undefined, atMs: number): Failure | undefined {
  const over = expired(ignore ?? [], atMs);
  if (over.length === 0) return undefined;
  const names = over.map(({ id, until }) => `${id} (until ${until})`).join(", ");
  const message = `The ignore list has entries whose time is over: ${names}. Look at them again; take them out, or give them a new day and reason`;
  return { code: "trivy.ignore-expired", message, retry: "never", details: { expired: over.map(({ id }) => id) } };
}
