import { z } from "zod";

import { JsonValue, Outcome } from "../../domain/outcome.ts";
import { digestOf } from "../../platform/canonical-json.ts";
import type { PlaybookInput } from "./ansible-input.ts";
import { HostCounts } from "./event-line.ts";

/** A handler that was notified on a host and did not run there. */
export const OwedHandler = z.strictObject({ play: z.string(), host: z.string(), handler: z.string() });
export type OwedHandler = z.infer<typeof OwedHandler>;

/** What the next attempt goes on from. */
const Rest = z.strictObject({
  /** The hosts that are left; all where it is absent. */
  hosts: z.array(z.string()).optional(),
  owed: z.array(OwedHandler),
  /** Of hosts that need no other attempt. */
  done: z.record(z.string(), HostCounts),
  stats: z.record(z.string(), JsonValue),
  hostStats: z.record(z.string(), z.record(z.string(), JsonValue)),
});
export type Rest = z.infer<typeof Rest>;

/** What an execution writes down: before the play, with each handler that it comes to owe, and at its end. */
export const PlayRecord = z.strictObject({
  attempt: z.int(),
  /** Of what is played: hosts are left of the same play only. */
  play: z.string(),
  /** How it ended; absent while it runs. */
  outcome: Outcome.optional(),
  rest: Rest,
});
export type PlayRecord = z.infer<typeof PlayRecord>;

const NOTHING_BEFORE: Rest = { owed: [], done: {}, stats: {}, hostStats: {} };

interface Before {
  /** What an earlier attempt has written down. */
  readonly before: PlayRecord | undefined;
  /** The same, where something before the play was done over since: its hosts may be new, or gone. */
  readonly behind: PlayRecord | undefined;
}

/** Where an attempt begins. Handlers stay owed whatever is played, but on hosts that are there no more. */
export function restOf({ before, behind }: Before, input: PlaybookInput): Rest {
  if (before === undefined) return { ...NOTHING_BEFORE, owed: owedOn(input, behind?.rest.owed ?? []) };
  const play = playDigest(input);
  const { rest } = before;
  // Where no host is left and it failed all the same, there is nothing to limit it to.
  const isOfRest = before.play === play && rest.hosts?.length !== 0;
  return isOfRest ? rest : { ...NOTHING_BEFORE, owed: rest.owed };
}

function owedOn({ inventory }: PlaybookInput, owed: readonly OwedHandler[]): OwedHandler[] {
  // Of a file it is not known here whom it names.
  if (typeof inventory === "string") return [...owed];
  const { hosts } = inventory;
  const names = Array.isArray(hosts) ? hosts : Object.keys(hosts);
  return owed.filter(({ host }) => names.includes(host));
}

/** Which play it is; secrets have no part in it. */
export function playDigest(input: PlaybookInput): string {
  const { directory, playbook, inventory, variables = {}, limit = "", tags = [], become = false } = input;
  return digestOf({ directory, playbook, inventory, variables, limit, tags, become });
}
