import { z } from "zod";

const Moment = z.enum(["before", "after"]);

/**
 * What goes wrong with a call. `before` and `after` say whether the call has taken effect when the connection is reset or
 * falls silent; `cut` takes effect, then ends the answer in the middle; `late` resets the connection and takes effect so much later,
 * after what was called meanwhile.
 */
export const SlackFault = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("rate-limited"), retryAfterSeconds: z.number().optional() }),
  z.strictObject({ kind: z.literal("status"), status: z.number().int(), body: z.string().optional() }),
  z.strictObject({ kind: z.literal("error"), error: z.string() }),
  z.strictObject({ kind: z.literal("html") }),
  z.strictObject({ kind: z.literal("silence"), when: Moment }),
  z.strictObject({ kind: z.literal("reset"), when: Moment }),
  z.strictObject({ kind: z.literal("cut") }),
  z.strictObject({ kind: z.literal("late"), byMs: z.number().min(0) }),
  z.strictObject({ kind: z.literal("delay"), delayMs: z.number().min(0) }),
]);
export type SlackFault = z.infer<typeof SlackFault>;

/** Which calls a fault befalls. */
export const SlackFaultRule = z.strictObject({
  /** A Web API method; `response_url` and `upload` for those addresses; `*` for every call. */
  method: z.string(),
  /** Only calls about this channel. */
  channel: z.string().optional(),
  fault: SlackFault,
  /** How many such calls go well first. */
  skip: z.number().int().min(0).optional(),
  /** How many calls it befalls; all of them until it is removed, when absent. */
  times: z.number().int().min(1).optional(),
});
export type SlackFaultRule = z.infer<typeof SlackFaultRule>;

/** The faults that are waiting for their calls; the oldest rule that fits is used. */
export class SlackFaults {
  readonly #rules = new Set<{ readonly rule: SlackFaultRule; skip: number; times: number }>();

  /** Returns the function that removes the rule. */
  add(rule: SlackFaultRule): () => void {
    const waiting = { rule, skip: rule.skip ?? 0, times: rule.times ?? Infinity };
    this.#rules.add(waiting);
    return () => void this.#rules.delete(waiting);
  }

  clear(): void {
    this.#rules.clear();
  }

  /** The fault that befalls this call, counting it. */
  take(method: string, channel: string | undefined): SlackFault | undefined {
    for (const waiting of this.#rules) {
      const { rule } = waiting;
      const fits = rule.method === "*" || rule.method === method;
      if (!fits || (rule.channel !== undefined && rule.channel !== channel)) continue;
      if (waiting.skip > 0) {
        waiting.skip -= 1;
        continue;
      }
      waiting.times -= 1;
      if (waiting.times <= 0) this.#rules.delete(waiting);
      return rule.fault;
    }
    return undefined;
  }
}
