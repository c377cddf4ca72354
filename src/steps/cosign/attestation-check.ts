import { z } from "zod";

import { ANY, type TypeScope } from "../../expressions/expression-type.ts";
import { AppError } from "../../platform/errors.ts";
import { assertionOver, whyNot } from "../network/answer-check.ts";
import type { Attestation } from "./cosign-output.ts";

const SCOPE: TypeScope = { predicate: ANY };

/** The short names that Cosign has for types of attestations, and what they stand for. */
const TYPES: Readonly<Record<string, string>> = {
  slsaprovenance: "https://slsa.dev/provenance/v0.2",
  slsaprovenance02: "https://slsa.dev/provenance/v0.2",
  slsaprovenance1: "https://slsa.dev/provenance/v1",
  spdx: "https://spdx.dev/Document",
  spdxjson: "https://spdx.dev/Document",
  cyclonedx: "https://cyclonedx.org/bom",
  link: "https://in-toto.io/Link/v1",
  vuln: "https://cosign.sigstore.dev/attestation/vuln/v1",
  openvex: "https://openvex.dev/ns",
};

export const WantedAttestation = z.strictObject({
  type: z
    .string()
    .max(500)
    .refine((text) => Object.hasOwn(TYPES, text) || /^https?:\/\/[^\s\0]+$/u.test(text), {
      error: `the address of a type of predicate, or one of ${Object.keys(TYPES).join(", ")}`,
    })
    .meta({ description: "The type of the predicate: its address, or a short name such as slsaprovenance1" }),
  condition: assertionOver(SCOPE)
    .optional()
    .meta({ description: "What has to hold of `predicate`, in CEL, for at least one of them" }),
});
export type WantedAttestation = z.infer<typeof WantedAttestation>;

/** The address of the type. */
export function predicateType(type: string): string {
  return TYPES[type] ?? type;
}

/** How many are as they must be. Throws `cosign.no-attestation`, and `cosign.condition` where there are some and none is. */
export function passing(
  attestations: readonly Attestation[],
  { wanted, what }: { readonly wanted: WantedAttestation; readonly what: string },
): number {
  const type = predicateType(wanted.type);
  const own = attestations.filter(({ predicateType: one }) => one === type);
  if (own.length === 0) {
    const message = `${what} has no attestation of the type ${type}: what Cosign printed is about something else`;
    throw new AppError(message, { code: "cosign.no-attestation" });
  }
  const { condition } = wanted;
  if (condition === undefined) return own.length;
  const problems = own.map(({ predicate }) => whyNot(condition, { predicate }));
  const good = problems.filter((problem) => problem === undefined).length;
  if (good > 0) return good;
  const message = `None of the ${own.length} attestations of ${what} of the type ${type} is as it must be: ${(problems[0] ?? "").slice(0, 500)}`;
  throw new AppError(message, { code: "cosign.condition" });
}
