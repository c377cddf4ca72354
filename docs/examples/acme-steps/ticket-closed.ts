import {
  AppError,
  defineWait,
  durationInput,
  type KindDeps,
  NETWORK_FAILURES,
  type StepKind,
  z,
} from "quarterdeck/steps";

import { askDesk, DeskShape, type Ticket } from "./ticket-desk.ts";

const EVERY_MS = 30_000;
const MINUTE_MS = 60_000;

const Input = z.strictObject({
  ...DeskShape,
  ticket: z.string().min(1).meta({ description: "The ticket's id, as `acme/ticket` gives it" }),
  every: durationInput({ leastMs: 1000, mostMs: 60 * MINUTE_MS })
    .optional()
    .meta({ description: "How often the desk is asked; 30s unless said" }),
});

const Output = z.strictObject({ url: z.string().meta({ description: "Where people read the ticket" }) });

/** Waits until somebody has closed a ticket. */
export function ticketClosed({ clock, send, networkPolicy }: KindDeps): StepKind {
  return defineWait({
    kind: "acme/ticket-closed",
    summary: "Waits until a ticket at Acme's desk is closed.",
    input: Input,
    output: Output,
    run: async ({ desk, token, ticket, every = EVERY_MS }, context) => {
      const { signal } = context;
      for (;;) {
        // A wait is on the server: the policy is the one that counts now.
        const question = { desk, token, method: "GET", key: ticket, policy: networkPolicy(), signal } as const;
        const found = await askDesk(send, question).catch((error: unknown) => away(error));
        if (found?.state === "closed") return { status: "succeeded", output: { url: found.url } };
        const open = found === undefined ? "the desk cannot be asked just now" : `${found.url} is open`;
        context.progress({ text: `Waiting for somebody to close ${ticket}: ${open}` });
        await clock.sleep(every, signal);
      }
    },
    notes: {
      failures: {
        ...NETWORK_FAILURES,
        "acme.desk-refused": { retry: "never", meaning: "The desk has no such ticket, or does not show it." },
      },
      example: `id: closed
uses: acme/ticket-closed
with:
  desk: https://desk.acme.example
  token: \${{ secrets.ACME_DESK }}
  ticket: \${{ steps.ticket.outputs.ticket }}
timeout: 8h
`,
    },
  });
}

/** A wait outlasts what passes by itself, and fails for the rest. */
function away(error: unknown): Ticket | undefined {
  if (error instanceof AppError && error.retry !== "never") return undefined;
  throw error;
}
