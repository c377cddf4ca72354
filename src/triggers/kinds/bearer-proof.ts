import type { DeliveryHead, Disbelief } from "../trigger-kind.ts";
import { loneHeader } from "./lone-header.ts";
import { isOneOfSecrets } from "./same-secret.ts";

/** Where a sender puts a secret that it sends as it is. */
export type BearerProof =
  /** `Authorization: Bearer SECRET`, `Basic` with the secret as the password and any user, or the secret alone. */
  | { readonly kind: "authorization" }
  /** The value of this header, in lower case. */
  | { readonly kind: "header"; readonly header: string }
  /** `?NAME=SECRET` in the address. */
  | { readonly kind: "query"; readonly parameter: string };

export function admitBearer(head: DeliveryHead, proof: BearerProof): Disbelief | undefined {
  return statedSecret(head, proof) === undefined ? "unsigned" : undefined;
}

export function verifyBearer(
  head: DeliveryHead,
  proof: BearerProof,
  secrets: readonly string[],
): Disbelief | undefined {
  const stated = statedSecret(head, proof);
  if (stated === undefined) return "unsigned";
  return isOneOfSecrets(stated, secrets) ? undefined : "signature";
}

function statedSecret({ headers, query }: DeliveryHead, proof: BearerProof): string | undefined {
  switch (proof.kind) {
    case "authorization":
      return authorizationSecret(loneHeader(headers, "authorization"));
    case "header":
      return loneHeader(headers, proof.header);
    case "query": {
      const [value = "", ...more] = new URLSearchParams(query).getAll(proof.parameter);
      return value === "" || more.length > 0 ? undefined : value;
    }
  }
}

function authorizationSecret(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const [, scheme = "", rest = ""] = /^(bearer|basic) +(.*)$/iu.exec(value) ?? [];
  if (scheme === "") return value;
  const secret = scheme.toLowerCase() === "bearer" ? rest.trim() : passwordOf(rest);
  return secret === "" ? undefined : secret;
}

/** Empty for what is no pair of a user and a password. */
function passwordOf(credentials: string): string {
  const bytes = Buffer.from(credentials, "base64");
  if (bytes.toString("base64") !== credentials) return "";
  const [, ...password] = bytes.toString("utf8").split(":");
  return password.join(":");
}
