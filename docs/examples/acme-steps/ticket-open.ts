import { createHash } from "node:crypto";

import {
  type ActionContext,
  defineAction,
  effectKey,
  type KindDeps,
  NETWORK_FAILURES,
  NetworkPolicy,
  type StepKind,
  z,
} from "quarterdeck/steps";

import { askDesk, DeskShape } from "./ticket-desk.ts";

const Input = z.strictObject({
  ...DeskShape,
  title: z.string().min(1).max(200).meta({ description: "What is changed, in one line" }),
  app: z.string().optional().meta({ description: "The application that is changed, for whoever reads the ticket" }),
});

const Output = z.strictObject({
  ticket: z.string().meta({ description: "The ticket's id" }),
  url: z.string().meta({ description: "Where people read it" }),
});

/** Opens a ticket for a change. */
export function ticketOpen({ send, networkPolicy }: KindDeps): StepKind {
  return defineAction({
    kind: "acme/ticket",
    summary: "Opens a ticket for a change at Acme's desk.",
    input: Input,
    output: Output,
    // The desk knows the ticket again by its key, which is the same after a crash: it is never opened twice.
    repeat: "keyed",
    // Only the server knows the policy; a worker gets it with the job.
    prepare: () => Promise.resolve(networkPolicy()),
    run: async (input, context) => {
      context.progress({ text: `Opening a ticket: ${input.title}` });
      const ticket = await askDesk(send, {
        ...input,
        method: "PUT",
        key: keyOf(context),
        json: { title: input.title, app: input.app, run: context.facts.runTitle, by: context.facts.requesterUser },
        policy: NetworkPolicy.parse(context.prepared),
        signal: context.signal,
      });
      return { status: "succeeded", output: { ticket: ticket.id, url: ticket.url } };
    },
    notes: {
      failures: {
        ...NETWORK_FAILURES,
        "acme.desk-away": { retry: "backoff", meaning: "The desk could not answer just now." },
        "acme.desk-refused": { retry: "never", meaning: "The desk refused the ticket, or is not where `desk` says." },
      },
      example: `id: ticket
uses: acme/ticket
with:
  desk: https://desk.acme.example
  token: \${{ secrets.ACME_DESK }}
  title: Promote checkout
retry: { attempts: 3, delay: 10s }
`,
    },
  });
}

/** The same for an attempt whatever happens to its worker, and another one when a person retries the step. */
function keyOf({ effect }: Pick<ActionContext, "effect">): string {
  return createHash("sha256").update(effectKey(effect)).digest("hex").slice(0, 32);
}
