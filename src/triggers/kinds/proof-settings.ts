import { z } from "zod";

import type { SenderProof } from "./sender-proof.ts";

const Header = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,100}$/u, { error: "this is no name of a header" })
  .transform((name) => name.toLowerCase());

const Bearer = z.strictObject({
  kind: z.literal("bearer").meta({
    description: "`Authorization: Bearer SECRET`, or `Basic` with the secret as the password",
  }),
});

const InHeader = z.strictObject({
  kind: z.literal("header").meta({ description: "The secret as the value of a header" }),
  header: Header.meta({ description: "The name of the header" }),
});

const InQuery = z.strictObject({
  kind: z.literal("query").meta({ description: "The secret in the address, where others may log it" }),
  parameter: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,50}$/u, { error: "this is no name of a parameter" })
    .default("token")
    .meta({ description: "The name of the parameter" }),
});

const Hmac = z.strictObject({
  kind: z.literal("hmac").meta({ description: "The HMAC of the body, with the secret as the key" }),
  header: Header.meta({ description: "The header with the signature" }),
  algorithm: z.enum(["sha256", "sha512"]).default("sha256").meta({ description: "The hash of the HMAC" }),
  encoding: z.enum(["hex", "base64"]).default("hex").meta({ description: "How the bytes are written" }),
  prefix: z.string().max(50).default("").meta({ description: "What stands before them, such as `sha256=`" }),
  "timestamp-header": Header.optional().meta({
    description: "The header with the moment of signing; then `MOMENT.BODY` is signed, and lasts five minutes",
  }),
});

const StandardWebhooks = z.strictObject({
  kind: z.literal("standard-webhooks").meta({
    description: "The headers `webhook-id`, `webhook-timestamp` and `webhook-signature` of standardwebhooks.com",
  }),
});

/** How a sender that is not known by name proves that it knows the secret. */
export const ProofSettings = z
  .discriminatedUnion("kind", [Bearer, InHeader, InQuery, Hmac, StandardWebhooks])
  .meta({ description: "How the sender proves that it knows the secret" })
  .transform((settings): SenderProof => {
    if (settings.kind === "bearer") return { kind: "authorization" };
    if (settings.kind !== "hmac") return settings;
    const { "timestamp-header": timestampHeader, ...rest } = settings;
    return { ...rest, timestampHeader };
  });
