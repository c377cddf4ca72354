import type { Schedule } from "../schedule.ts";
import type { PersonStanding } from "./slack-truth.ts";
import type { Trouble } from "./slack-troubles.ts";
import type { SlackWorld } from "./slack-world.ts";

/** What others than the people of the scenario do to Slack: administrators, and Slack itself. Plain data. */
export type SlackAct =
  | { readonly kind: "set-group"; readonly group: string; readonly users: readonly string[] }
  | { readonly kind: "disable-group"; readonly group: string }
  | { readonly kind: "set-standing"; readonly user: string; readonly standing: PersonStanding }
  /** Counted from the newest, modulo their number. */
  | { readonly kind: "delete-message"; readonly choice: number }
  | { readonly kind: "archive"; readonly channel: string; readonly forMs: number }
  | { readonly kind: "remove-bot"; readonly channel: string; readonly forMs: number }
  /** Every call of the method is one too many for a while. */
  | { readonly kind: "limit"; readonly method: string; readonly forMs: number }
  | { readonly kind: "trouble"; readonly trouble: Trouble; readonly forMs: number };

/** Does it now, and takes back after its time what passes. */
export function actOnSlack(act: SlackAct, world: SlackWorld, schedule: Schedule): void {
  const { workspace } = world;
  switch (act.kind) {
    case "set-group":
      workspace.setGroup(act.group, act.users);
      return;
    case "disable-group":
      workspace.setGroup(act.group, undefined);
      return;
    case "set-standing":
      workspace.setStanding(act.user, act.standing);
      return;
    case "delete-message":
      deleteMessage(act.choice, world, schedule.now());
      return;
    case "archive":
      flip(schedule, act.forMs, (isArchived) => workspace.setChannel(act.channel, { isArchived }));
      return;
    case "remove-bot":
      flip(schedule, act.forMs, (isOut) => workspace.setChannel(act.channel, { hasBot: !isOut }));
      return;
    case "limit":
      world.limits.freeze(act.method, schedule.now() + act.forMs);
      return;
    case "trouble":
      flip(schedule, act.forMs, (isOn) => (isOn ? world.troubles.begin(act.trouble) : world.troubles.end(act.trouble)));
  }
}

function flip(schedule: Schedule, forMs: number, set: (isOn: boolean) => void): void {
  set(true);
  schedule.after(forMs, () => set(false));
}

function deleteMessage(choice: number, world: SlackWorld, now: number): void {
  const there = world.truth.messages.filter(({ deletedAt }) => deletedAt === undefined);
  const message = there.at(-1 - (choice % Math.max(1, there.length)));
  if (message !== undefined) world.board.delete(message, now);
}
