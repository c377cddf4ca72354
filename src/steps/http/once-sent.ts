import { createHash } from "node:crypto";

import { z } from "zod";

import { effectKey } from "../../domain/effect.ts";
import type { Failure } from "../../domain/outcome.ts";
import type { ActionContext } from "../../engine/step-kind.ts";
import type { AppError } from "../../platform/errors.ts";
import { CallError } from "../network/call-failure.ts";

/** What is written down before a request that changes something, and again when its answer is there. */
const Sending = z.strictObject({ attempt: z.int(), key: z.string().nullable(), isAnswered: z.boolean() });
type Sending = z.infer<typeof Sending>;

/** How a request is repeated: `safe` at will, `keyed` because the other side knows it again by a key, `ask` only when a person says so. */
export type RequestRepeat = "safe" | "keyed" | "ask";

export function repeatOf(input: {
  readonly method: string;
  readonly "idempotency-key"?: boolean | undefined;
}): RequestRepeat {
  if (input.method !== "POST" && input.method !== "PATCH") return "safe";
  return input["idempotency-key"] === true ? "keyed" : "ask";
}

/**
 * Sends a request as often as it may be sent. A key follows from the effect; while it is not known what became of the request before,
 * the key of that one is used again, also by the next attempt. Without a key, a request that may have been sent under this attempt is
 * never sent again: `interrupted`, and a person decides by a retry.
 */
export async function onceSent<Answer>(
  repeat: RequestRepeat,
  context: Pick<ActionContext, "effect" | "checkpointed" | "checkpoint">,
  send: (key: string | undefined) => Promise<Answer>,
): Promise<{ readonly kind: "answered"; readonly answer: Answer } | { readonly kind: "interrupted" }> {
  if (repeat === "safe") return { kind: "answered", answer: await send(undefined) };
  const before = Sending.safeParse(context.checkpointed).data;
  const { attempt } = context.effect;
  if (repeat === "ask" && before?.attempt === attempt) return { kind: "interrupted" };
  const key = repeat === "keyed" ? keyOf(context, before) : null;
  await context.checkpoint({ attempt, key, isAnswered: false });
  const answer = await send(key ?? undefined);
  if (key !== null) await context.checkpoint({ attempt, key, isAnswered: true });
  return { kind: "answered", answer };
}

function keyOf({ effect }: Pick<ActionContext, "effect">, before: Sending | undefined): string {
  const earlier = before?.key ?? undefined;
  const isOpen = before?.isAnswered === false || before?.attempt === effect.attempt;
  if (earlier !== undefined && isOpen) return earlier;
  return createHash("sha256").update(effectKey(effect)).digest("hex").slice(0, 32);
}

/** What a lost answer means for a request that nobody may repeat: it may have done its work. */
export function lostAnswer(error: AppError, repeat: RequestRepeat): Failure | undefined {
  const mayBeDone = error instanceof CallError && error.wasConnected && error.code !== "http.too-many-redirects";
  if (repeat !== "ask" || !mayBeDone) return undefined;
  return { code: "http.unknown-effect", message: `${error.message} ${UNKNOWN}`, retry: "never" };
}

const UNKNOWN =
  'Whether the other side acted on it is not known. Look there first, then retry the step; with "idempotency-key: true" it can be repeated without asking.';

/** The failure of a request that an execution before may have sent. */
export function interrupted(what: string): Failure {
  return {
    code: "http.unknown-effect",
    message: `${what} was being sent when its worker ended. ${UNKNOWN}`,
    retry: "never",
  };
}
