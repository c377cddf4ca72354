import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { type AskedRun, type BadDay, words } from "./bad-day.ts";

/** The messages of a run in all channels, by what they are: `card`, `step/...`, `gate/0/...`; more than one of a kind is a double. */
export function slotMessages(day: BadDay, run: AskedRun): ReadonlyMap<string, readonly SlackMessage[]> {
  const { workspace, messages } = day.rig.world.slack.world;
  const found = new Map<string, readonly SlackMessage[]>();
  for (const message of workspace.channels().flatMap(({ id }) => messages.all(id))) {
    const slot = slotOf(message);
    if (slot === undefined || !slot.startsWith(`${run.id}/`)) continue;
    const kind = slot.slice(run.id.length + 1);
    found.set(kind, [...(found.get(kind) ?? []), message]);
  }
  return found;
}

/** What each kind of message says in its newest form; throws when there are two of one kind. */
export function slotTexts(day: BadDay, run: AskedRun): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [kind, messages] of slotMessages(day, run)) {
    if (messages.length > 1) throw new Error(`${kind} was posted ${messages.length} times`);
    texts[kind] = messages.map((message) => words(message)).join("\n");
  }
  return texts;
}

/** Resolves when Slack shows everything that it should. */
export async function shown(day: BadDay, run: AskedRun): Promise<void> {
  await day.until("the run to end", () => run.state.finishedAt !== undefined);
  await day.until("all of it to be shown", () => day.rig.application.store.events.unshownRuns().length === 0);
}

function slotOf({ metadata }: SlackMessage): string | undefined {
  const payload = metadata?.["event_payload"];
  if (typeof payload !== "object" || payload === null || !("slot_id" in payload)) return undefined;
  return String(payload.slot_id);
}
