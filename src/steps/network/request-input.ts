import { z } from "zod";

import { SecretText } from "../../engine/secret-text.ts";
import { AppError } from "../../platform/errors.ts";
import { durationInput } from "../timing/duration-input.ts";
import type { HttpCall } from "./http-call.ts";
import { TlsInput, tlsChoice } from "./tls-choice.ts";

// What the connection itself needs, or where one request could be made two.
const OURS: ReadonlySet<string> = new Set(
  "connection content-length expect host http2-settings keep-alive proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split(
    " ",
  ),
);

const HeaderName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/u, "the name of a header has letters, digits and dashes")
  .refine((name) => !OURS.has(name.toLowerCase()), "this header follows from the request itself and cannot be set");

const LONGEST_MS = 300_000;
const DEFAULT_TIMEOUT_MS = 10_000;

/** What every step takes that sends requests to others. */
export const RequestShape = {
  headers: z
    .record(HeaderName, SecretText)
    .optional()
    .meta({ description: "Headers by name; a value may be a secret as a whole" }),
  bearer: SecretText.optional().meta({ description: "A token, sent as `Authorization: Bearer`" }),
  basic: z
    .strictObject({ user: z.string(), password: SecretText })
    .optional()
    .meta({ description: "A user with a password, sent as `Authorization: Basic`" }),
  tls: TlsInput.optional().meta({ description: "How to know the server, where the machine's own authorities do not" }),
  timeout: durationInput({ leastMs: 100, mostMs: LONGEST_MS })
    .optional()
    .meta({ description: "How long one answer may take, redirects and body included; 10s unless said" }),
} as const;
const RequestParts = z.strictObject(RequestShape);
type RequestParts = z.infer<typeof RequestParts>;

/** What `RequestShape` says, as a call takes it. Throws `http.bad-header` for a value that no header can have. */
export async function requestParts(input: RequestParts): Promise<Pick<HttpCall, "headers" | "tls" | "timeoutMs">> {
  const { headers = {}, bearer, basic, tls, timeout = DEFAULT_TIMEOUT_MS } = input;
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const authorization = authorizationOf({ bearer, basic });
  const all = { ...Object.fromEntries(own), ...(authorization !== undefined && { authorization }) };
  for (const [name, value] of Object.entries(all)) checkValue(name, value);
  return { headers: all, tls: await tlsChoice(tls), timeoutMs: timeout };
}

function authorizationOf({ bearer, basic }: Pick<RequestParts, "bearer" | "basic">): string | undefined {
  if (bearer !== undefined) return `Bearer ${bearer}`;
  if (basic === undefined) return undefined;
  return `Basic ${Buffer.from(`${basic.user}:${basic.password}`, "utf8").toString("base64")}`;
}

/** The value is not repeated: it may be a secret. */
function checkValue(name: string, value: string): void {
  if (/^[\t\x20-\x7e\x80-\xff]*$/u.test(value)) return;
  const message = `The value of the header ${name} has a line end or a character that no header can carry. Check the secret or the text that it is made of.`;
  throw new AppError(message, { code: "http.bad-header" });
}
