import { z } from "zod";

import { AppError } from "../../platform/errors.ts";
import { isNestedDeeper } from "../../platform/nesting.ts";
import type { Json } from "../../platform/canonical-json.ts";
import { JsonValue } from "../../domain/outcome.ts";
import { tryJson } from "../../platform/try-json.ts";

const Signature = z.looseObject({
  critical: z.looseObject({
    image: z.looseObject({ "docker-manifest-digest": z.string() }),
    type: z.string(),
  }),
  /** Who signed, where the signature is of the older format. */
  optional: z.looseObject({ Subject: z.string().optional(), Issuer: z.string().optional() }).nullish(),
});
export type Signature = z.infer<typeof Signature>;

/** Reads what `cosign verify` prints: an empty line, and then a list. Throws `cosign.unreadable-output`. */
export function parseSignatures(stdout: string): readonly Signature[] {
  const read = z.array(Signature).safeParse(tryJson(stdout));
  if (read.success) return read.data;
  throw unreadable("it is no list of signatures");
}

// Of the bundles of today, and of the signatures before them.
const SIGNATURES: ReadonlySet<string> = new Set([
  "https://sigstore.dev/cosign/sign/v1",
  "cosign container image signature",
]);

/**
 * The signatures of this very image. With the bundles of today Cosign also lists attestations, and succeeds for an image that has
 * nothing else: whoever asserted that its tests failed has not signed it.
 */
export function signaturesOf(signatures: readonly Signature[], digest: string): readonly Signature[] {
  return signatures.filter(
    ({ critical: { image, type } }) => image["docker-manifest-digest"] === digest && SIGNATURES.has(type),
  );
}

const Envelope = z.looseObject({ payloadType: z.string(), payload: z.string() });

const Statement = z.looseObject({
  subject: z.array(z.looseObject({ digest: z.record(z.string(), z.string()) })),
  predicateType: z.string(),
  predicate: JsonValue.default(null),
});

/** What somebody asserted of an image, and signed. */
export interface Attestation {
  readonly predicateType: string;
  readonly predicate: Json;
}

/** Beyond this a predicate is not looked into; a list of all packages may be larger. */
const MOST_PAYLOAD_BYTES = 1024 * 1024;
const MOST_ATTESTATIONS = 200;
const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/**
 * Reads what `cosign verify-attestation` prints, an envelope a line, and gives the statements about this very image. Throws
 * `cosign.unreadable-output`, and `cosign.too-large` for more than is looked into.
 */
export function parseAttestations(stdout: string, digest: string): readonly Attestation[] {
  const lines = stdout.split("\n").filter((line) => line.trim() !== "");
  if (lines.length > MOST_ATTESTATIONS) throw tooLarge(`there are ${lines.length} of them`);
  return lines.flatMap((line) => {
    const { subject, predicateType, predicate } = statementOf(line);
    const hex = digest.replace(/^sha256:/u, "");
    return subject.some((one) => one.digest["sha256"] === hex) ? [{ predicateType, predicate }] : [];
  });
}

function statementOf(line: string): z.infer<typeof Statement> {
  const envelope = Envelope.safeParse(tryJson(line)).data;
  if (envelope?.payloadType !== PAYLOAD_TYPE) throw unreadable("a line is no envelope of an attestation");
  // Four digits are three bytes.
  if (envelope.payload.length > (MOST_PAYLOAD_BYTES / 3) * 4) throw tooLarge("one of them is");
  const value = tryJson(Buffer.from(envelope.payload, "base64").toString("utf8"));
  if (isNestedDeeper(value)) throw unreadable("an attestation is nested too deep");
  const statement = Statement.safeParse(value).data;
  if (statement === undefined) throw unreadable("an envelope holds no statement");
  return statement;
}

function unreadable(why: string): AppError {
  const message = `What Cosign printed cannot be relied on: ${why}. Use a version that is known to work, or report it with the log`;
  return new AppError(message, { code: "cosign.unreadable-output" });
}

function tooLarge(why: string): AppError {
  const message = `The attestations are more than is looked into: ${why} beyond ${MOST_PAYLOAD_BYTES / 1024 / 1024} MiB or ${MOST_ATTESTATIONS} in number`;
  return new AppError(message, { code: "cosign.too-large" });
}
