import {
  AppError,
  type HttpAnswer,
  type KindDeps,
  type NetworkPolicy,
  parseUrl,
  readBody,
  SecretText,
  shownUrl,
  urlInput,
  z,
} from "quarterdeck/steps";

/** The inputs that both kinds have: where the desk for changes is, and the token for it. */
export const DeskShape = {
  desk: urlInput(["https:", "http:"]).meta({ description: "The address of the desk for changes" }),
  token: SecretText.meta({ description: "The token with which it is asked" }),
} as const;

/** What of a ticket is read; the desk says more. */
const Ticket = z.looseObject({ id: z.string(), url: z.string(), state: z.enum(["open", "closed"]) });
export type Ticket = z.infer<typeof Ticket>;

interface Question {
  readonly desk: string;
  readonly token: string;
  readonly method: "GET" | "PUT";
  /** Below `/tickets/`. */
  readonly key: string;
  readonly json?: object;
  readonly policy: NetworkPolicy;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 64 * 1024;

/** Asks the desk for one ticket. Throws `acme.desk-refused`, `acme.desk-away` (to be tried again), and what `send` throws. */
export async function askDesk(send: KindDeps["send"], question: Question): Promise<Ticket> {
  const { desk, token, method, key, json, policy, signal } = question;
  const url = parseUrl(`${desk.replace(/\/+$/u, "")}/tickets/${encodeURIComponent(key)}`);
  const answer = await send({
    method,
    url,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    tls: {},
    policy,
    redirects: 0,
    maxBytes: MOST_BYTES,
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  return ticketIn(answer, shownUrl(url));
}

function ticketIn(answer: HttpAnswer, from: string): Ticket {
  if (answer.status >= 500) {
    throw new AppError(`${from} answered ${answer.status}.`, { code: "acme.desk-away", retry: "backoff" });
  }
  const ticket = Ticket.safeParse(readBody(answer).json);
  if (answer.status < 300 && ticket.success) return ticket.data;
  const message = `${from} answered ${answer.status}${answer.status < 300 ? " with something that is no ticket" : ""}. Look at the address and at what the token may do.`;
  throw new AppError(message, { code: "acme.desk-refused" });
}
