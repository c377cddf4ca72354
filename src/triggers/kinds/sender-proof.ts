import type { Delivery, DeliveryHead, Disbelief } from "../trigger-kind.ts";
import { admitBearer, verifyBearer, type BearerProof } from "./bearer-proof.ts";
import { admitHmac, verifyHmac, type HmacProof } from "./hmac-proof.ts";
import { admitStandardWebhook, verifyStandardWebhook } from "./standard-webhooks-proof.ts";

/** How a sender proves that it knows the secret. */
export type SenderProof = HmacProof | BearerProof | { readonly kind: "standard-webhooks" };

/** What the head alone tells of a proof: whether it is there at all, and about now. */
export function admitSender(head: DeliveryHead, proof: SenderProof): Disbelief | undefined {
  switch (proof.kind) {
    case "hmac":
      return admitHmac(head, proof);
    case "standard-webhooks":
      return admitStandardWebhook(head);
    case "authorization":
    case "header":
    case "query":
      return admitBearer(head, proof);
  }
}

/** Whether the sender knows one of the secrets; without secrets nobody does. */
export function verifySender(
  delivery: Delivery,
  proof: SenderProof,
  secrets: readonly string[],
): Disbelief | undefined {
  switch (proof.kind) {
    case "hmac":
      return verifyHmac(delivery, proof, secrets);
    case "standard-webhooks":
      return verifyStandardWebhook(delivery, secrets);
    case "authorization":
    case "header":
    case "query":
      return verifyBearer(delivery, proof, secrets);
  }
}
