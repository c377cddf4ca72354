import { z } from "zod";

import type { Json } from "../../platform/canonical-json.ts";
import type { Delivery, Reading, TriggerKind } from "../trigger-kind.ts";
import { deliveryId } from "./delivery-id.ts";
import { eventTime, eventTimeOfSeconds } from "./event-time.ts";
import { loneHeader, mediaType } from "./lone-header.ts";
import { mailAddresses } from "./mail-addresses.ts";
import { oneLine } from "./one-line.ts";
import { ProofSettings } from "./proof-settings.ts";
import { readJson, readJsonText, tryText, unreadable, type Read } from "./read-json.ts";
import { FORM } from "./read-payload.ts";
import { admitSender, verifySender } from "./sender-proof.ts";
import { valueAt } from "./value-at.ts";

const Path = z.string().regex(/^[\w-]+(?:\.[\w-]+){0,19}$/u, {
  error: "this is no path; a path has the keys of the body with dots between them, such as `build.commit`",
});
const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,100}$/u, { error: "this is no name of a header" })
  .transform((name) => name.toLowerCase());

const Settings = z.strictObject({
  proof: ProofSettings,
  "delivery-header": HeaderName.optional().meta({
    description: "The header with the id of a delivery, which is the same when it is sent again",
  }),
  headers: z.array(HeaderName).max(20).default([]).meta({ description: "The headers that `event.headers` has" }),
  identity: z.array(Path).max(20).default([]).meta({
    description: "What is the same in the body when the same is told again; without it the whole body",
  }),
  "happened-at": Path.optional().meta({
    description: "Where the body says when it happened: RFC 3339, or seconds since 1970",
  }),
  "caused-by": z.array(Path).max(20).default([]).meta({
    description: "Where the body has e-mail addresses of people who caused it; they do not approve it",
  }),
});
type Settings = z.infer<typeof Settings>;

const GenericEvent = z.strictObject({
  body: z.custom<Json>().meta({ description: "The body as it came; of a form each field as a text" }),
  headers: z.record(z.string(), z.string()).meta({
    description: "The values of the headers in the list `headers`, by name in lower case; empty where one is missing",
  }),
});

/** Any sender that shows or proves to know a secret. */
export const genericKind: TriggerKind<Settings> = {
  name: "generic",
  summary: "Any program that posts JSON, a form or a CloudEvent with a secret or a signature",
  settings: Settings,
  event: GenericEvent,
  proof: "secret",
  contentTypes: ["application/json", FORM, "application/cloudevents+json"],
  admit: (head, { settings }) => admitSender(head, settings.proof),
  verify: (delivery, { settings, secrets }) => verifySender(delivery, settings.proof, secrets),
  read: genericReading,
};

function genericReading(delivery: Delivery, settings: Settings): Reading {
  const read = mediaType(delivery.headers) === FORM ? readForm(delivery.body) : readJson(delivery.body);
  if (read.kind === "unreadable") return read;
  const { value: body } = read;
  const event: z.infer<typeof GenericEvent> = {
    body,
    headers: Object.fromEntries(settings.headers.map((name) => [name, loneHeader(delivery.headers, name) ?? ""])),
  };
  const { identity, "happened-at": happenedAt, "caused-by": causedBy } = settings;
  const parts = identity.map((path) => valueAt(body, path) ?? null);
  // What says none of what identifies it would be the same as everything else of the kind.
  if (identity.length > 0 && parts.every((part) => part === null)) {
    return unreadable(`the body has none of what is to identify it: ${identity.join(", ")}`);
  }
  const content = identity.length === 0 ? body : parts;
  return {
    kind: "events",
    delivery: deliveryId(idOf(delivery, settings), delivery.body),
    events: [
      {
        event,
        content,
        says: oneLine(`A message came${parts.length === 0 ? "" : `: ${parts.map((part) => textOf(part)).join(" ")}`}`),
        happenedAt: happenedAt === undefined ? undefined : momentOf(valueAt(body, happenedAt)),
        causedBy: mailAddresses(causedBy.map((path) => textOf(valueAt(body, path) ?? null))),
      },
    ],
  };
}

function idOf({ headers }: Delivery, settings: Settings): string | undefined {
  const { "delivery-header": named, proof } = settings;
  if (named !== undefined) return loneHeader(headers, named);
  return proof.kind === "standard-webhooks" ? loneHeader(headers, "webhook-id") : undefined;
}

function readForm(body: Uint8Array): Read<Json> {
  const text = tryText(body);
  if (text === undefined) return unreadable("the body is no UTF-8");
  const fields = Object.fromEntries(new URLSearchParams(text));
  return readJsonText(JSON.stringify(fields), "the form");
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function momentOf(value: Json | undefined): number | undefined {
  if (typeof value === "number") return eventTimeOfSeconds(Math.floor(value));
  return typeof value === "string" ? eventTime(value) : undefined;
}
