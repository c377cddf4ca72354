import type { PeopleStore, SlotStore } from "../engine/ports.ts";
import { permalink, type SlackIdentity } from "./slack-identity.ts";
import type { ViewLookups } from "./views/view-lookups.ts";

export interface SlackLookupsDeps {
  readonly people: Pick<PeopleStore, "person">;
  readonly slots: Pick<SlotStore, "slot">;
  readonly identity: () => SlackIdentity | undefined;
  /** Where an Application (`server/namespace/name`) can be looked at. */
  readonly linkOf: (app: string) => string | undefined;
  readonly hasPages: boolean;
  readonly mainCommand: () => string;
  readonly prospects: Pick<ViewLookups, "wayBack" | "nextEnvironment">;
}

/** What views look up while they draw. */
export function slackLookups(deps: SlackLookupsDeps): ViewLookups {
  const { people, slots, identity, linkOf, hasPages, mainCommand, prospects } = deps;
  return {
    people: (pseudonym) => people.person(pseudonym),
    links: linkOf,
    wayBack: (run, app) => prospects.wayBack(run, app),
    nextEnvironment: (service, environment) => prospects.nextEnvironment(service, environment),
    hasPages,
    mainCommand,
    messages: (slot) => {
      const record = slots.slot(slot);
      if (record?.ts === undefined) return undefined;
      return permalink(identity(), { channel: record.channel, ts: record.ts, threadTs: record.threadTs });
    },
  };
}
