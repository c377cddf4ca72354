import type { RunView } from "../../domain/run-view.ts";

/** What a view cannot know from the run alone. All of them answer at once, without asking anybody. */
export interface ViewLookups {
  /** Undefined for a pseudonym that is unknown or was redacted. */
  people(pseudonym: string): { readonly user: string } | undefined;
  /** Where an Application (`server/namespace/name`) can be looked at. */
  links(app: string): string | undefined;
  /** Where the message of a slot can be looked at; undefined until Slack has accepted it. */
  messages(slot: string): string | undefined;
  /** To which revision an application could go back after a run; undefined when to none, or others have been there since. */
  wayBack(run: RunView, app: string): { readonly revision: string; readonly provenAt: number } | undefined;
  /** The environment that comes after another one of a service. */
  nextEnvironment(service: string, environment: string): string | undefined;
  /** Whether runs have pages that people can open. */
  readonly hasPages: boolean;
  /** The slash command under which everything else is a verb, as it is configured: `/qd`. */
  mainCommand(): string;
}
