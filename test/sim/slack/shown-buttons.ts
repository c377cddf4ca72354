import { isObject, listIn, type LooseObject, textIn } from "./loose-object.ts";
import { type SlackEphemeral, type SlackMessage, shownNow } from "./slack-truth.ts";

/** What a person means to press, told by what is written on it. */
export type ButtonKind =
  | "approve"
  | "reject"
  | "cancel"
  | "wait-again"
  | "sync-again"
  | "retry"
  | "ask-again"
  | "roll-back"
  | "promote-on"
  | "details"
  | "link";

const WRITTEN: Readonly<Record<ButtonKind, RegExp>> = {
  approve: /^Approve$/u,
  reject: /^Reject$/u,
  cancel: /^Cancel$/u,
  "wait-again": /^Wait again$/u,
  "sync-again": /^Sync again$/u,
  retry: /^Retry(?: the step)?$/u,
  "ask-again": /^Ask again$/u,
  "roll-back": /^Roll back$/u,
  "promote-on": /^Promote to /u,
  details: /^Details$/u,
  link: /^(?:Open |Look and decide)/u,
};

/** A button as a person sees it, and where. */
export interface ShownButton {
  readonly element: LooseObject;
  readonly blockId: string;
  readonly place: SlackMessage | SlackEphemeral;
  /** Whether the message shows it still. */
  readonly isNow: boolean;
}

/** All buttons of a kind that are shown now, those of the newest message first. */
export function buttonsNow(places: readonly (SlackMessage | SlackEphemeral)[], kind: ButtonKind): ShownButton[] {
  return places.toReversed().flatMap((place) => {
    if ("deletedAt" in place && place.deletedAt !== undefined) return [];
    return buttonsIn(shownNow(place).blocks, kind).map((found) => ({ ...found, place, isNow: true }));
  });
}

/** All buttons of a kind that messages showed once and do not show any more, those that went last first. */
export function buttonsBefore(places: readonly SlackMessage[], kind: ButtonKind): ShownButton[] {
  return places.toReversed().flatMap((place) => {
    const isGone = place.deletedAt !== undefined;
    const current = isGone ? [] : buttonsIn(shownNow(place).blocks, kind).map(({ element }) => element["value"]);
    const values = new Set<unknown>(current);
    const found: ShownButton[] = [];
    for (const { blocks } of place.versions.toReversed()) {
      for (const button of buttonsIn(blocks, kind)) {
        const value = button.element["value"];
        if (values.has(value)) continue;
        values.add(value);
        found.push({ ...button, place, isNow: false });
      }
    }
    return found;
  });
}

function buttonsIn(blocks: readonly unknown[], kind: ButtonKind): { element: LooseObject; blockId: string }[] {
  return blocks.flatMap((block, index) => {
    if (!isObject(block)) return [];
    const elements = block["type"] === "actions" ? listIn(block, "elements") : [block["accessory"]];
    const blockId = textIn(block, "block_id") ?? `b${index}`;
    return elements
      .filter(isObject)
      .filter((element) => isWritten(element, kind))
      .map((element) => ({ element, blockId }));
  });
}

function isWritten({ type, text }: LooseObject, kind: ButtonKind): boolean {
  return type === "button" && isObject(text) && WRITTEN[kind].test(textIn(text, "text") ?? "");
}
