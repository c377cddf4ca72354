import type { IncidentFact } from "./incident-fact.ts";
import type { Incident } from "./incident-book.ts";
import type { IllHealth, Symptom } from "./symptom.ts";

/**
 * What is known of an application beside the facts; it may be lost. `ailing`: ill, but not for long enough; `graceFrom` is where
 * the grace begins to count, `awayAt` since when it has been neither ill nor well in between. `mending`: healthy, but not for long enough.
 */
export type Course =
  | {
      readonly kind: "ailing";
      readonly health: IllHealth;
      readonly since: number;
      readonly graceFrom: number;
      readonly awayAt: number | undefined;
      readonly isFirstSight: boolean;
    }
  | { readonly kind: "mending"; readonly since: number };

export interface WatchTiming {
  /** How long an application may be ill before anybody is called. */
  readonly graceMs: number;
  /** How long it must be healthy to count as recovered. */
  readonly settleMs: number;
  /** How long after a recovery falling ill again is the same incident. */
  readonly flapMs: number;
}

export interface Observation {
  readonly symptom: Symptom;
  readonly now: number;
  /** Since when it has been so, as Argo CD tells it; counts only at the first look. */
  readonly since: number;
  /** `never`: it has never been looked at before. `start`: for the first time since the server started. */
  readonly look: "never" | "start" | "again";
  /** A run is at work there: what happens is its business. */
  readonly isBusy: boolean;
  /** Something was deployed after what the newest incident is blamed on. */
  readonly isDeployed: boolean;
}

export interface Known {
  readonly course: Course | undefined;
  readonly incident: Incident | undefined;
  readonly timing: WatchTiming;
}

export interface Judgement {
  readonly course: Course | undefined;
  readonly facts: readonly IncidentFact[];
  /** It has been ill for too long: an incident has to be opened. */
  readonly isDue: boolean;
  /** When to look again although nothing happens. */
  readonly lookAt: number | undefined;
}

// The stream replays the applications one by one: the whole picture has to be there before anybody is called.
const FIRST_LOOK_MS = 5000;
// How often it is asked whether the run is still at work.
const BUSY_MS = 5000;

/** What an observation of one application means; pure. */
export function judge(seen: Observation, known: Known): Judgement {
  const { incident } = known;
  if (incident?.status === "open") return judgeOpen(seen, known, incident);
  switch (seen.symptom.kind) {
    case "ill":
      return judgeIll(seen, known, seen.symptom.health);
    case "between":
      return judgeAway(seen, known);
    case "well":
    case "gone":
      return QUIET;
  }
}

const QUIET: Judgement = { course: undefined, facts: [], isDue: false, lookAt: undefined };

function judgeOpen({ symptom, now, since, look }: Observation, known: Known, { id }: Incident): Judgement {
  if (symptom.kind === "gone")
    return { ...QUIET, facts: [{ type: "incident.closed", at: now, id, reason: "deleted" }] };
  if (symptom.kind !== "well") return QUIET;
  const { course, timing } = known;
  const wellSince = course?.kind === "mending" ? course.since : firstMoment({ look, since, now });
  const lookAt = wellSince + timing.settleMs;
  if (lookAt > now) return { ...QUIET, course: { kind: "mending", since: wellSince }, lookAt };
  return { ...QUIET, facts: [{ type: "incident.recovered", at: now, id, since: wellSince }] };
}

function judgeIll(seen: Observation, known: Known, health: IllHealth): Judgement {
  const { now, isBusy, isDeployed } = seen;
  const { incident, timing } = known;
  const isSoon = incident?.status === "recovered" && now - incident.changedAt <= timing.flapMs;
  // What another deployment broke is no flap, however soon: whoever is on call is told what it was.
  const isFlap = isSoon && !isDeployed;
  if (isFlap && !isBusy) return { ...QUIET, facts: [{ type: "incident.relapsed", at: now, id: incident.id, health }] };
  const course = ailing(seen, known, health);
  const dueAt = course.graceFrom + timing.graceMs;
  if (dueAt > now) return { ...QUIET, course, lookAt: dueAt };
  return { ...QUIET, course, isDue: !isBusy, lookAt: isBusy ? now + BUSY_MS : undefined };
}

function ailing({ now, since, look }: Observation, known: Known, health: IllHealth): Course & { kind: "ailing" } {
  const { course, timing } = known;
  const isSame = course?.kind === "ailing" && (course.awayAt === undefined || now - course.awayAt <= timing.graceMs);
  if (isSame) return { ...course, health, awayAt: undefined };
  const begun = firstMoment({ look, since, now });
  const graceFrom = look === "again" ? now : Math.max(begun, now + FIRST_LOOK_MS - timing.graceMs);
  return { kind: "ailing", health, since: begun, graceFrom, awayAt: undefined, isFirstSight: look === "never" };
}

/** Progressing for a moment between two times of Degraded does not begin the grace anew. */
function judgeAway({ now }: Observation, { course, timing }: Known): Judgement {
  if (course?.kind !== "ailing") return QUIET;
  const awayAt = course.awayAt ?? now;
  return now - awayAt > timing.graceMs ? QUIET : { ...QUIET, course: { ...course, awayAt } };
}

/** What happened before the first look is dated by Argo CD, everything else by our own clock: the two may differ. */
function firstMoment({ look, since, now }: Pick<Observation, "look" | "since" | "now">): number {
  return look === "again" ? now : Math.min(since, now);
}
