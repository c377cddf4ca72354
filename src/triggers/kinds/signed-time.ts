import type { Disbelief } from "../trigger-kind.ts";

// As Slack, Stripe and Standard Webhooks have it.
const WINDOW_MS = 5 * 60_000;
const SECONDS = /^\d{1,11}$/u;
const MILLISECONDS = /^\d{12,14}$/u;

/**
 * Whether a moment that is signed together with the body is about now: at most five minutes ago, and at most five minutes to come,
 * since a signature for later would be good for all that time. Written in seconds or in milliseconds since the epoch.
 */
export function signedTime(value: string | readonly string[] | undefined, atMs: number): Disbelief | undefined {
  if (typeof value !== "string") return "unsigned";
  if (SECONDS.test(value)) return Math.abs(atMs - Number(value) * 1000) > WINDOW_MS ? "time" : undefined;
  if (MILLISECONDS.test(value)) return Math.abs(atMs - Number(value)) > WINDOW_MS ? "time" : undefined;
  return "unsigned";
}
