import type { Dice } from "../dice.ts";
import type { Schedule } from "../schedule.ts";
import { type FormChoice, FormFiller } from "./form-filler.ts";
import { forgedValue } from "./forgery.ts";
import { isObject, type LooseObject, textIn } from "./loose-object.ts";
import { buttonsBefore, buttonsNow, type ShownButton } from "./shown-buttons.ts";
import type { PersonAct } from "./person-act.ts";
import type { NewDelivery, SlackDeliveries } from "./slack-deliveries.ts";
import { clickPayload, commandPayload, formPayload, homeOpenedPayload } from "./slack-payloads.ts";
import type { SlackDelivery, SlackView } from "./slack-truth.ts";
import type { SlackWorld } from "./slack-world.ts";
import type { Person } from "./workspace.ts";

type Click = PersonAct & { readonly kind: "click" };

export interface PeopleDeps {
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly world: SlackWorld;
  readonly deliveries: SlackDeliveries;
}

/** What somebody means to do with the form that will open. */
type Intention =
  | { readonly kind: "write"; readonly reason: string; readonly writeMs: number }
  | { readonly kind: "fill"; readonly choices: readonly FormChoice[] };

/** Where a workspace of another organisation stands. */
const FOREIGN_TEAM = "T9";
const BETWEEN_PRESSES_MS = 8;
const MOST_TRIES = 4;
const REASON_BLOCK = "reason";
const REASON_INPUT = "text";

/** The people in front of Slack. They press what the simulated Slack shows them, and nothing else. */
export class People {
  readonly #deps: PeopleDeps;
  /** By trigger. */
  readonly #intentions = new Map<string, Intention>();
  #events = 0;

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
    deps.world.views.onOpened = (view) => this.#opened(view);
  }

  /** Does it now, true time. Returns how many people had something to do: none where there is nothing to press. */
  act(act: PersonAct): number {
    switch (act.kind) {
      case "type":
        return this.#type(act);
      case "click":
        return this.#look(act);
      case "open-home":
        return this.#openHome(act);
    }
  }

  #type({ user, channel, command, text, fill, trouble }: PersonAct & { readonly kind: "type" }): number {
    const { world, deliveries } = this.#deps;
    const person = this.#active(user);
    const place = channel ?? world.workspace.shape.channels[0]?.id;
    if (person === undefined || place === undefined) return 0;
    const triggerId = world.views.issueTrigger(user);
    const responseUrl = this.#address(user, place, undefined);
    const { team } = world.workspace.shape;
    const origin = { workspace: world.workspace, person, team, triggerId };
    const body = commandPayload(origin, { command, text, channel: place, responseUrl });
    if (fill !== undefined) this.#intentions.set(triggerId, { kind: "fill", choices: fill });
    deliveries.send({ kind: "command", user, team, channel: place, triggerId, body, trouble });
    return 1;
  }

  #look(act: Click): number {
    const { world, schedule } = this.#deps;
    const { messages, ephemerals } = world.truth;
    const users = act.users.filter((user) => this.#active(user) !== undefined);
    const [first] = users;
    if (first === undefined) return 0;
    const mine = ephemerals.filter(({ user }) => user === first);
    const found =
      act.of === "before"
        ? buttonsBefore(messages, act.button)
        : [...buttonsNow(messages, act.button), ...buttonsNow(mine, act.button)];
    const button = found[(act.choice ?? 0) % Math.max(1, found.length)];
    if (button === undefined) return 0;
    const thinkMs = act.thinkMs ?? 0;
    for (const user of users) schedule.after(thinkMs, () => this.#press(user, button, act));
    return users.length;
  }

  #press(user: string, button: ShownButton, act: Click): void {
    const { schedule } = this.#deps;
    this.#click(user, button, act);
    for (let press = 1; press < (act.times ?? 1); press += 1) {
      schedule.after(press * BETWEEN_PRESSES_MS, () => this.#click(user, button, act));
    }
  }

  #click(user: string, button: ShownButton, act: Click): void {
    const { world, deliveries, schedule } = this.#deps;
    const person = this.#active(user);
    if (person === undefined) return;
    const { workspace } = world;
    const { channel, threadTs, ts } = button.place;
    const triggerId = world.views.issueTrigger(user);
    const isForeign = act.forged === "team" || workspace.standing(user) === "stranger";
    const team = isForeign ? FOREIGN_TEAM : workspace.shape.team;
    const own = textIn(button.element, "value");
    const value = act.forged === undefined ? own : forgedValue(own, act.forged);
    const at = schedule.now();
    const messageTs = act.forged === "copy" ? world.board.nextTs(channel, at) : ts;
    const responseUrl = this.#address(user, channel, threadTs);
    const body = clickPayload({ workspace, person, team, triggerId }, { button, value, messageTs, responseUrl, at });
    const slot = "slot" in button.place ? button.place.slot : undefined;
    const actionId = textIn(button.element, "action_id") ?? "";
    const { forged } = act;
    const click = { button: act.button, actionId, value, slot, messageTs, isStale: !button.isNow, forged };
    if (act.reason !== undefined) {
      this.#intentions.set(triggerId, { kind: "write", reason: act.reason, writeMs: act.writeMs ?? 5000 });
    }
    deliveries.send({ kind: "click", user, team, channel, triggerId, body, click, trouble: act.trouble });
  }

  #openHome({ user, trouble }: PersonAct & { readonly kind: "open-home" }): number {
    const { world, deliveries, schedule } = this.#deps;
    const person = this.#active(user);
    if (person === undefined) return 0;
    const { workspace } = world;
    const { team } = workspace.shape;
    this.#events += 1;
    const body = homeOpenedPayload({ workspace, person, team }, schedule.now(), `Ev${this.#events}`);
    deliveries.send({ kind: "event", user, team, channel: "", triggerId: "", body, trouble });
    return 1;
  }

  /** A form that somebody has asked for: they write why, or choose, and send it. */
  #opened(view: SlackView): void {
    const { schedule, world, deliveries, dice } = this.#deps;
    const intention = this.#intentions.get(view.triggerId);
    const person = this.#active(view.user);
    if (intention === undefined || person === undefined) return;
    if (intention.kind === "write") {
      const values = { [REASON_BLOCK]: { [REASON_INPUT]: { type: "plain_text_input", value: intention.reason } } };
      schedule.after(intention.writeMs, () => this.#submit(view, values, 1));
      return;
    }
    const { choices } = intention;
    const onFilled = (values: LooseObject): void => this.#submit(view, values, 1);
    const stepMs = dice.between(400, 2500);
    new FormFiller({ schedule, world, deliveries, person, view, choices, stepMs, onFilled }).begin();
  }

  #submit(view: SlackView, values: LooseObject, tryNumber: number): void {
    const { world, deliveries, dice, schedule } = this.#deps;
    const { user } = view;
    const person = this.#active(user);
    if (person === undefined || view.closedAt !== undefined) return;
    const { workspace } = world;
    const { team } = workspace.shape;
    const triggerId = world.views.issueTrigger(user);
    const body = formPayload({ workspace, person, team, triggerId }, view, values);
    const onEnd = (delivery: SlackDelivery): void => {
      if (isTaken(delivery)) world.views.close(view);
      // The form stays open with what was written, and says what was wrong.
      else if (tryNumber < MOST_TRIES) {
        schedule.after(dice.between(1000, 6000), () => this.#submit(view, values, tryNumber + 1));
      }
    };
    const sent: NewDelivery = { kind: "form", user, team, channel: "", triggerId, body, onEnd };
    deliveries.send(sent);
  }

  /** Who was deactivated can do nothing any more. */
  #active(user: string): Person | undefined {
    const { workspace } = this.#deps.world;
    return workspace.standing(user) === "deleted" ? undefined : workspace.person(user);
  }

  #address(user: string, channel: string, threadTs: string | undefined): string {
    const { addresses, truth } = this.#deps.world;
    return addresses.issue({ user, channel, threadTs, delivery: truth.deliveries.length });
  }
}

function isTaken({ failure, acknowledgement }: SlackDelivery): boolean {
  if (failure !== undefined) return false;
  return !isObject(acknowledgement) || acknowledgement["response_action"] !== "errors";
}
