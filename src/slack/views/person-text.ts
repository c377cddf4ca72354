import { machineText, tryMachine } from "../../domain/machine.ts";
import type { Approver } from "../../domain/target.ts";
import { groupMention, inert, userMention } from "../mrkdwn.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** A person as Slack shows them; somebody who was redacted stays somebody. */
export function personText(pseudonym: string, lookups: ViewLookups): string {
  const person = lookups.people(pseudonym);
  if (person === undefined) return "somebody";
  const machine = tryMachine(person);
  return machine === undefined ? userMention(person.user) : inert(machineText(machine), 90);
}

/** Those who may approve. Whoever is mentioned here is notified when the message is posted. */
export function approverMentions(approvers: readonly Approver[]): string {
  return joined(
    approvers.map((approver) => (approver.kind === "user" ? userMention(approver.user) : groupMention(approver.group))),
    "or",
  );
}

/** `a, b or c`; beyond ten only how many more. */
export function joined(parts: readonly string[], word: "and" | "or"): string {
  const shown = parts.length > 10 ? [...parts.slice(0, 9), `${parts.length - 9} more`] : parts;
  const last = shown.at(-1) ?? "";
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(", ")} ${word} ${last}`;
}
