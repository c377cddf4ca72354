/** What one look found. `away`: nobody answered, so nothing is known. */
export type Finding =
  | { readonly kind: "good" }
  | { readonly kind: "bad"; readonly reason: string }
  | { readonly kind: "away"; readonly reason: string };

/** How long what is looked at has to be good, may be bad, and may not answer, in milliseconds. */
export interface HeldTiming {
  readonly forMs: number;
  readonly graceMs: number;
  readonly awayMs: number;
}

/** Since when what is looked at has been as it is, on a clock that never goes back. */
export type Held = { readonly kind: Finding["kind"]; readonly sinceMs: number } | undefined;

export type HeldVerdict =
  | { readonly kind: "held" }
  | { readonly kind: "bad"; readonly reason: string }
  | { readonly kind: "away"; readonly reason: string }
  /** Undecided; the verdict may change by itself after `dueMs`. */
  | { readonly kind: "open"; readonly held: Held; readonly dueMs: number };

/**
 * What a look means after those before it; pure. Time in which nobody answered is not time in which it was good. `askedMs` is when
 * the look began, `nowMs` when its answer was there: what was good is counted from the later and what was bad from the earlier one.
 */
export function judgeHeld(
  before: Held,
  finding: Finding,
  { askedMs, nowMs, timing }: { readonly askedMs: number; readonly nowMs: number; readonly timing: HeldTiming },
): HeldVerdict {
  const isSame = before?.kind === finding.kind;
  const begunMs = finding.kind === "good" ? nowMs : askedMs;
  const sinceMs = isSame ? before.sinceMs : begunMs;
  // A look that began before the time was over says nothing about its end.
  const lastedMs = (finding.kind === "good" ? askedMs : nowMs) - sinceMs;
  const limitMs = limitOf(finding, timing);
  if (lastedMs >= limitMs || (finding.kind === "good" && limitMs === 0)) {
    return finding.kind === "good" ? { kind: "held" } : { kind: finding.kind, reason: finding.reason };
  }
  return { kind: "open", held: { kind: finding.kind, sinceMs }, dueMs: limitMs - lastedMs };
}

function limitOf({ kind }: Finding, { forMs, graceMs, awayMs }: HeldTiming): number {
  switch (kind) {
    case "good":
      return forMs;
    case "bad":
      return graceMs;
    case "away":
      return awayMs;
  }
}
