import { tryDuration } from "../platform/duration.ts";
import type { Retry } from "./argocd-application.ts";
import { kubernetesTime } from "./cluster-pace.ts";

const FIRST_MS = 5000;
const LONGEST_MS = 180_000;

/** How long Argo CD waits before it repeats a failed sync; `retries` is how often it has done so already. */
export function retryDelayMs(backoff: Retry["backoff"], retries: number): number {
  const first = tryDuration(backoff?.duration ?? "") ?? FIRST_MS;
  const longest = tryDuration(backoff?.maxDuration ?? "") ?? LONGEST_MS;
  return Math.min(longest, first * (backoff?.factor ?? 2) ** retries);
}

export interface NextAttempt {
  readonly failure: string;
  /** From 1. */
  readonly attempt: number;
  readonly atMs: number;
}

/** What `operationState.message` says while it waits: the failure and the time of the next attempt, such as `3:04PM`. */
export function retryText({ failure, attempt, atMs }: NextAttempt): string {
  const [hours = 0, minutes = 0] = kubernetesTime(atMs).slice(11, 16).split(":").map(Number);
  const hour = hours % 12 === 0 ? 12 : hours % 12;
  const at = `${hour}:${String(minutes).padStart(2, "0")}${hours < 12 ? "AM" : "PM"}`;
  return `${failure}. Retrying attempt #${attempt} at ${at}.`;
}
