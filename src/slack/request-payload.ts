import { parse } from "node:querystring";

import { z } from "zod";

import { tryJson } from "../platform/try-json.ts";
import { EventBody, InteractionBody } from "./slack-body.ts";

/** What a signed request of Slack asks for. */
export type RequestPayload =
  | { readonly kind: "command" | "interaction" | "event"; readonly payload: Readonly<Record<string, unknown>> }
  /** Slack's first contact with an address. */
  | { readonly kind: "challenge"; readonly challenge: string }
  /** Slack looks whether the certificate is good. */
  | { readonly kind: "check" }
  | { readonly kind: "unknown" };

/** How a body is encoded. */
export type RequestType = "form" | "json";

const Challenge = z.looseObject({ type: z.literal("url_verification"), challenge: z.string().max(1000) });
const Event = EventBody.extend({ type: z.literal("event_callback") });

const MOST_FIELDS = 100;

/** The type that the header says; undefined for any other than the two that Slack uses. */
export function requestType(contentType: string | undefined): RequestType | undefined {
  return TYPES.get(contentType?.toLowerCase() ?? "");
}

const TYPES: ReadonlyMap<string, RequestType> = new Map([
  ["application/x-www-form-urlencoded", "form"],
  ["application/x-www-form-urlencoded; charset=utf-8", "form"],
  ["application/json", "json"],
  ["application/json; charset=utf-8", "json"],
]);

/** Reads the body of a request whose signature is good. What one encoding is for is not taken from the other. */
export function readPayload(type: RequestType, body: Buffer): RequestPayload {
  const text = body.toString("utf8");
  return type === "form" ? readForm(text) : readJson(text);
}

function readForm(text: string): RequestPayload {
  const fields = parse(text, undefined, undefined, { maxKeys: MOST_FIELDS });
  if (typeof fields["payload"] === "string") {
    const payload = InteractionBody.safeParse(tryJson(fields["payload"])).data;
    return payload === undefined ? { kind: "unknown" } : { kind: "interaction", payload };
  }
  const isCommand = typeof fields["command"] === "string" && fields["event"] === undefined;
  if (isCommand) return { kind: "command", payload: fields };
  return fields["ssl_check"] === "1" ? { kind: "check" } : { kind: "unknown" };
}

function readJson(text: string): RequestPayload {
  const value = tryJson(text);
  const challenge = Challenge.safeParse(value).data;
  if (challenge !== undefined) return { kind: "challenge", challenge: challenge.challenge };
  const payload = Event.safeParse(value).data;
  return payload === undefined ? { kind: "unknown" } : { kind: "event", payload };
}
