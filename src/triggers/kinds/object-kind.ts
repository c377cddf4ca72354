import { z } from "zod";

import type { Reading, TriggerKind } from "../trigger-kind.ts";
import { readJsonMap } from "./read-json.ts";
import { readShape } from "./read-shape.ts";
import { admitSender, verifySender, type SenderProof } from "./sender-proof.ts";

const NoSettings = z.strictObject({});

interface ObjectKind<Sent> extends Pick<TriggerKind, "name" | "summary" | "event"> {
  readonly proof: SenderProof;
  /** What it sends, and what messages call that. */
  readonly sent: z.ZodType<Sent>;
  readonly what: string;
  /** `body` has the bytes, for a delivery that has no id of its own. */
  readonly readingOf: (value: Sent, body: Buffer) => Reading;
}

/** A sender that posts one JSON object of one shape, proves it in one way, and needs no settings. */
export function objectKind<Sent>(sender: ObjectKind<Sent>): TriggerKind<z.infer<typeof NoSettings>> {
  const { name, summary, event, proof, sent, what, readingOf } = sender;
  return {
    name,
    summary,
    settings: NoSettings,
    event,
    proof: "secret",
    contentTypes: ["application/json"],
    admit: (head) => admitSender(head, proof),
    verify: (delivery, { secrets }) => verifySender(delivery, proof, secrets),
    read({ body }) {
      const payload = readJsonMap(body);
      if (payload.kind === "unreadable") return payload;
      const read = readShape(payload.value, sent, what);
      return read.kind === "unreadable" ? read : readingOf(read.value, body);
    },
  };
}
