import { z } from "zod";

import type { TriggerEvent, TriggerKind } from "../../../src/triggers/trigger-kind.ts";

const Sent = z.object({
  id: z.string(),
  events: z.array(z.object({ repository: z.string(), commit: z.string(), at: z.number().optional() })),
});

/** A sender that signs with the secret itself, and says what its body has. */
export const fakeKind: TriggerKind = {
  name: "fake",
  summary: "for tests",
  settings: z.strictObject({ strict: z.boolean().default(false) }),
  event: z.object({ repository: z.string(), commit: z.string(), number: z.int(), open: z.boolean() }),
  proof: "secret",
  contentTypes: ["application/json"],
  admit: ({ headers }) => (headers["x-proof"] === undefined ? "unsigned" : undefined),
  verify: ({ headers }, { secrets }) => (secrets.includes(String(headers["x-proof"])) ? undefined : "signature"),
  read: ({ body }) => {
    const text = body.toString();
    if (text === "ping") return { kind: "nothing", delivery: "ping", reason: "a ping" };
    const { data } = Sent.safeParse(JSON.parse(text));
    if (data === undefined) return { kind: "unreadable", reason: "no events" };
    return { kind: "events", delivery: data.id, events: data.events.map(eventOf) };
  },
};

export function eventOf({
  repository,
  commit,
  at,
}: {
  readonly repository: string;
  readonly commit: string;
  readonly at?: number | undefined;
}): TriggerEvent {
  return {
    event: { repository, commit, number: 7, open: true },
    content: { repository, commit },
    says: `${repository} has ${commit.slice(0, 7)}`,
    ...(at !== undefined && { happenedAt: at }),
  };
}
