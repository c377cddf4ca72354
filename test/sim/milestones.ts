import type { LogRow } from "./check/truth.ts";

/** What ought to happen often enough in all seeds together: a simulation that never gets there proves nothing about it. */
export const MILESTONES = {
  "runs succeeded": 0,
  "runs failed": 0,
  "runs cancelled": 0,
  "runs retried": 0,
  "gates opened": 0,
  "gates approved": 0,
  "gates rejected": 0,
  "clicks refused": 0,
  "gates voided": 0,
  "steps handed out again": 0,
  "steps put off": 0,
  "attempts failed, to be repeated": 0,
  "locks waited for": 0,
  "hand locks": 0,
  incidents: 0,
};

export type Milestone = keyof typeof MILESTONES;

const BY_TYPE: Readonly<Record<string, Milestone>> = {
  "run.retried": "runs retried",
  "gate.opened": "gates opened",
  "gate.refused": "clicks refused",
  "gate.voided": "gates voided",
  "step.dispatched": "steps handed out again",
  "step.postponed": "steps put off",
  "lock.requested": "locks waited for",
  "lock.set": "hand locks",
  "incident.opened": "incidents",
};

/** The noteworthy thing that a row tells of; undefined for the others. */
export function milestoneOf({ type, payload }: LogRow): Milestone | undefined {
  const text = payload ?? "";
  switch (type) {
    case "run.finished":
      if (text.includes('"succeeded"')) return "runs succeeded";
      return text.includes('"failed"') ? "runs failed" : "runs cancelled";
    case "gate.decided":
      return text.includes('"approve"') ? "gates approved" : "gates rejected";
    case "step.failed":
      return text.includes('"retryAt"') ? "attempts failed, to be repeated" : undefined;
    default:
      return BY_TYPE[type];
  }
}
