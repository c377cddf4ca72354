import type { Approver } from "../domain/target.ts";
import type { IncidentMessage } from "../observe/watch-ports.ts";
import type { MessageContent } from "./blocks.ts";
import { alertSlot, incidentEndSlot, incidentSlot } from "./slot-ids.ts";
import { renderIncident } from "./views/incident-alert.ts";
import { renderIncidentEnd } from "./views/incident-end.ts";
import { renderIncidentGroup } from "./views/incident-group.ts";
import type { ViewLookups } from "./views/view-lookups.ts";

export interface IncidentPlaces {
  readonly alerts: { readonly channel: string; readonly mention?: Approver | undefined } | undefined;
  /** Where everything goes that has no channel of its own. */
  readonly channel: string;
  /** The channel of a service, where it has one. */
  channelOf(service: string): string | undefined;
  /** Whether there are buttons that change something. */
  readonly mayAct: boolean;
}

/** A message about incidents, as it should be. */
export interface IncidentSlot {
  readonly slot: string;
  readonly channel: string;
  readonly parent?: string;
  readonly content: MessageContent;
}

/** The message in Slack; undefined for an incident of which a run has told everything there is to say. */
export function incidentMessage(
  shown: IncidentMessage,
  places: IncidentPlaces,
  lookups: ViewLookups,
): IncidentSlot | undefined {
  const mention = places.alerts?.mention;
  if (shown.kind === "group") {
    const content = renderIncidentGroup({ ...shown, mention }, lookups);
    return { slot: incidentSlot(shown.group.id), channel: places.alerts?.channel ?? places.channel, content };
  }
  const { incident } = shown;
  const channel = places.alerts?.channel ?? places.channelOf(incident.service) ?? places.channel;
  if (incident.toldBy === "") {
    const content = renderIncident({ incident, mention, mayAct: places.mayAct }, lookups);
    return { slot: incidentSlot(incident.id), channel, content };
  }
  if (incident.status === "open" && incident.flaps === 0) return undefined;
  const parent = alertSlot(incident.toldBy);
  return { slot: incidentEndSlot(incident.id), channel, parent, content: renderIncidentEnd(incident) };
}
