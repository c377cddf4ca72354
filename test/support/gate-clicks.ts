import type { JsonObject, SlackMessage } from "../../src/simulator/slack-messages.ts";
import { type BadDay, words } from "./bad-day.ts";

export interface Press {
  readonly user: string;
  readonly message: SlackMessage;
  /** `gate_approve` when absent. */
  readonly actionId?: string;
  /** The button as it was in another rendering, when the message does not have it any more. */
  readonly from?: SlackMessage;
}

/** Presses a button and gives back what the person is then told in private. */
export async function pressAndHear(day: BadDay, press: Press): Promise<string> {
  const { messages } = day.rig.world.slack.world;
  const before = new Set(messages.all(press.message.channel).map(({ ts }) => ts));
  await pressButton(day, press);
  const answer = await day.until(`an answer to the click of ${press.user}`, () =>
    messages.all(press.message.channel).find(({ ts, viewer }) => viewer === press.user && !before.has(ts)),
  );
  return words(answer);
}

/** Presses a button; resolves when Slack has the acknowledgement. */
export async function pressButton(
  day: BadDay,
  { user, message, actionId = "gate_approve", from }: Press,
): Promise<void> {
  const { channel, ts } = message;
  const stale = from === undefined ? {} : { stale: { blockId: "old", element: buttonOf(from, actionId) } };
  const result = await day.rig.world.slack.people.click({ user, channel, ts, actionId, ...stale });
  if (result.status !== "acknowledged") throw new Error(`the click of ${user} ended with ${result.error}`);
}

/** What one person has been told in private so far, in order. */
export function toldTo(day: BadDay, user: string, channel: string): readonly string[] {
  const all = day.rig.world.slack.world.messages.all(channel);
  return all.filter(({ viewer }) => viewer === user).map(words);
}

function buttonOf({ blocks }: SlackMessage, actionId: string): JsonObject {
  for (const block of blocks) {
    const elements: unknown = block["elements"];
    if (!Array.isArray(elements)) continue;
    const found: JsonObject | undefined = elements.find((element: JsonObject) => element["action_id"] === actionId);
    if (found !== undefined) return found;
  }
  throw new Error(`the message has no ${actionId}`);
}
