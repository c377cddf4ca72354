import type { WhoAnswer, WhoPlace } from "../../engine/question-answers.ts";
import { message, section, type MessageContent } from "../blocks.ts";
import { fitBlocks } from "../fit-blocks.ts";
import { code, inert } from "../mrkdwn.ts";
import { granteesText, ruleText } from "./approval-rule-text.ts";
import { joined } from "./person-text.ts";

const MOST_PLACES = 12;
const MOST_ENTRIES = 6;

/** Who may start and who may approve what in each environment, and what the person who asks may. */
export function renderWho({ service, places, counts }: WhoAnswer): MessageContent {
  const shown = places.slice(0, MOST_PLACES);
  const title =
    service === undefined ? "Who may start what is for no service" : `Who may change ${inert(service, 100)}`;
  const words = shown.map((place) => `${placeName(place)}: ${ownText(place.own)}`);
  return message(`${title}. ${words.join(" ")}`, [
    section(`*${title}*`),
    ...fitBlocks(
      shown.map((place) => section(placeText(place, counts))),
      "and more: name an environment to see it",
    ),
  ]);
}

function placeName({ environment }: WhoPlace): string {
  return environment === undefined ? "for no environment" : inert(environment, 60);
}

function placeText(place: WhoPlace, counts: WhoAnswer["counts"]): string {
  const { environment, start, approval, own } = place;
  const starts = start.slice(0, MOST_ENTRIES).map(({ verbs, from }) => {
    const who = from.length === 0 ? "nobody: no grant allows it" : granteesText(from, counts);
    return `${joined(
      verbs.map((verb) => code(verb, 60)),
      "and",
    )}: ${who}`;
  });
  const nobody = environment === undefined ? "approvals are asked for as each command says" : "nobody has to approve";
  const asks = approval === undefined ? nobody : `approval by ${ruleText(approval, counts)}`;
  return [`*${placeName(place)}*`, ...starts, asks, ownText(own)].join("\n");
}

function ownText(own: WhoPlace["own"]): string {
  if (own === undefined) return "Slack does not say right now what you may do here.";
  const verbs = own.verbs.map((verb) => inert(verb, 60));
  const start = verbs.length === 0 ? "You may start nothing here" : `You may ${joined(verbs, "and")} here`;
  return `${start}${own.isApprover ? ", and you are among those who approve." : "."}`;
}
