import type { Incident } from "../../observe/incident-book.ts";
import { dateToken } from "../mrkdwn.ts";
import { message, section, type MessageContent } from "../blocks.ts";
import { endText, placeText } from "./incident-alert.ts";

/** What became of the application that a failed run left ill, below the run's own alert. */
export function renderIncidentEnd(incident: Incident): MessageContent {
  const place = placeText(incident);
  if (incident.status === "open") {
    const since = dateToken(incident.changedAt, "{ago}");
    const words = `${place} is ${incident.health} again`;
    return message(`${words}.`, [section(`:rotating_light: *${words}* (${since})`)]);
  }
  const emoji = incident.status === "recovered" ? ":white_check_mark:" : ":wastebasket:";
  const words = `${place} ${endText(incident)}`;
  return message(`${words}.`, [section(`${emoji} *${words}*`)]);
}
