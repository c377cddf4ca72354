import { z } from "zod";

import type { StepNotes } from "../../engine/step-notes.ts";
import { isoTime } from "../../platform/clock.ts";
import { AppError, errorCode, type Retry } from "../../platform/errors.ts";
import { visible } from "../../platform/visible-text.ts";
import { NETWORK_FAILURES } from "../network/network-notes.ts";

/** How every step fails that asks a forge: a host of repositories such as GitHub or GitLab. */
export const FORGE_FAILURES: StepNotes["failures"] = {
  ...NETWORK_FAILURES,
  "forge.bad-input": { retry: "never", meaning: "The repository or the address of the API cannot be read." },
  "forge.denied": { retry: "never", meaning: "The token is not accepted: it is wrong, expired or revoked." },
  "forge.forbidden": {
    retry: "never",
    meaning: "The token lacks a right; the message says which, where the forge does.",
  },
  "forge.not-found": {
    retry: "never",
    meaning: "There is no such thing, or the token may not see it: a forge answers both the same way.",
  },
  "forge.rate-limited": {
    retry: "backoff",
    meaning: "The forge asks to be left alone for a while, which is done; only a step that has no more time fails so.",
  },
  "forge.away": { retry: "backoff", meaning: "The forge cannot answer just now." },
  "forge.refused": { retry: "never", meaning: "The forge does not accept what was asked; the message says why." },
  "forge.bad-answer": { retry: "never", meaning: "What answered is not the API of that forge." },
  "forge.too-many": { retry: "never", meaning: "There are more pages than anybody could look at." },
};

/** An answer as far as it is judged here. */
export interface ForgeAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly json: unknown;
}

interface Asked {
  /** `GitHub` or `GitLab`, or its address where it is one's own. */
  readonly forge: string;
  /** What was asked for, for people: `the checks of acme/checkout`. */
  readonly what: string;
  readonly nowMs: number;
}

const MINUTE_MS = 60_000;
const LONGEST_MS = 3_700_000;

/** The error that an answer stands for which is none of those that were asked for. */
export function answerError(answer: ForgeAnswer, asked: Asked): AppError {
  const { status } = answer;
  const { forge, what } = asked;
  const said = forgeSays(answer.json);
  const limitMs = limitedFor(answer, asked.nowMs);
  if (limitMs !== undefined) return limited(forge, limitMs, asked.nowMs);
  const because = said === "" ? "" : `: ${said}`;
  if (status === 401) {
    const message = `${forge} does not accept the token (status 401${because}). Give a new one where the secret comes from.`;
    return forgeError("forge.denied", message);
  }
  if (status === 403) {
    const message = `The token may not have ${what} on ${forge} (status 403${because}).${neededRight(answer)}`;
    return forgeError("forge.forbidden", message);
  }
  if (status === 404) {
    const message = `${forge} does not have ${what}, or the token may not see it; both look the same from outside. Check the name, and the rights of the token.`;
    return forgeError("forge.not-found", message);
  }
  if (status >= 500 || status === 408) {
    return forgeError("forge.away", `${forge} cannot say ${what} just now (status ${status}).`, "backoff");
  }
  if (said !== "" && status >= 400) {
    return forgeError("forge.refused", `${forge} refuses ${what} (status ${status}${because}).`);
  }
  return notApi(forge, `with status ${status}`);
}

/** The error for an answer that another program gave, or one that has changed its shape. */
export function notApi(forge: string, why: string): AppError {
  return forgeError("forge.bad-answer", `What ${forge} answered ${why} is not what its API says. Check "api".`);
}

export function forgeError(code: string, message: string, retry: Retry = "never"): AppError {
  return new AppError(message, { code, retry });
}

/** The error of a forge that asks for silence, until when. */
export function limited(forge: string, afterMs: number, nowMs: number): AppError {
  const until = isoTime(nowMs + afterMs).slice(11, 19);
  return forgeError("forge.rate-limited", `${forge} asks for no more requests until ${until} UTC.`, { afterMs });
}

/** Whether an error means that a forge wants to be left alone: nothing was done then, and nothing is asked for until that is over. */
export function isLimit(error: unknown): boolean {
  return errorCode(error) === "forge.rate-limited";
}

/**
 * How long a forge wants to be left alone; undefined when this answer is about something else. GitHub limits with 403 or 429: after
 * `retry-after` seconds, at `x-ratelimit-reset` (epoch seconds) where nothing remains, and where it names neither, which its
 * secondary limits may, not before a minute has passed. GitLab limits with 429, and calls the header `ratelimit-reset`.
 */
function limitedFor({ status, headers, json }: ForgeAnswer, nowMs: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const afterS = wholeNumber(headers["retry-after"]);
  if (afterS !== undefined) return bounded(afterS * 1000);
  const resetMs = resetOf(headers, nowMs);
  if (resetMs !== undefined) return resetMs;
  const isSaid = /rate limit|abuse detection|too many requests/iu.test(forgeSays(json));
  return status === 429 || isSaid ? MINUTE_MS : undefined;
}

/** How long until there are requests left again; undefined while there are, or where nothing is said about it. */
export function resetOf(headers: ForgeAnswer["headers"], nowMs: number): number | undefined {
  if ((headers["x-ratelimit-remaining"] ?? headers["ratelimit-remaining"]) !== "0") return undefined;
  const atS = wholeNumber(headers["x-ratelimit-reset"] ?? headers["ratelimit-reset"]);
  // Our clock and theirs may differ by a little.
  return atS === undefined ? MINUTE_MS : bounded(atS * 1000 - nowMs + 1000);
}

function bounded(ms: number): number {
  return Math.min(LONGEST_MS, Math.max(1000, ms));
}

function wholeNumber(text: string | undefined): number | undefined {
  return text === undefined || !/^\d{1,12}$/u.test(text) ? undefined : Number(text);
}

/** GitHub names the rights that an App or a fine-grained token would need, and the scopes of a classic one. */
function neededRight({ headers }: ForgeAnswer): string {
  const right = headers["x-accepted-github-permissions"];
  if (right !== undefined && right !== "") return ` It needs the permission ${clean(right)}.`;
  const scopes = headers["x-accepted-oauth-scopes"];
  return scopes === undefined || scopes === "" ? "" : ` It needs one of the scopes ${clean(scopes)}.`;
}

const Said = z.looseObject({
  message: z.unknown().optional(),
  error: z.unknown().optional(),
  errors: z.array(z.unknown()).optional().catch(undefined),
});

/** What the forge itself says about an error, on one line; empty where it says nothing. */
export function forgeSays(json: unknown): string {
  const said = Said.safeParse(json).data;
  if (said === undefined) return "";
  const inner = z.array(z.looseObject({ message: z.string() })).safeParse(said.errors).data ?? [];
  const parts = [...texts(said.message ?? said.error), ...inner.map(({ message }) => message)];
  return clean(parts.join("; "));
}

/** GitLab says texts, lists of them, and lists by the field that they are about. */
function texts(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap((each) => texts(each));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([field, each]) => texts(each).map((text) => `${field} ${text}`));
}

function clean(text: string): string {
  return visible(text).replaceAll(/\s+/gu, " ").trim().slice(0, 300);
}
