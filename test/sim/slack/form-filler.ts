import type { Schedule } from "../schedule.ts";
import { isObject, listIn, type LooseObject, textIn } from "./loose-object.ts";
import type { SlackDeliveries } from "./slack-deliveries.ts";
import { choicePayload, optionsPayload } from "./slack-payloads.ts";
import type { SlackDelivery, SlackView } from "./slack-truth.ts";
import type { SlackWorld } from "./slack-world.ts";
import type { Person } from "./workspace.ts";

/** What somebody means to choose: in the field with this label, what has this in its name or value. */
export interface FormChoice {
  readonly field: string;
  readonly choose: string;
}

export interface FormFillerDeps {
  readonly schedule: Schedule;
  readonly world: SlackWorld;
  readonly deliveries: SlackDeliveries;
  readonly person: Person;
  readonly view: SlackView;
  readonly choices: readonly FormChoice[];
  /** Between one thing that the person does and the next. */
  readonly stepMs: number;
  /** Everything is chosen, or could not be: the form is sent as it is. */
  readonly onFilled: (values: LooseObject) => void;
}

interface Field {
  readonly blockId: string;
  readonly element: LooseObject;
}

const MOST_WAITS = 6;

/** One person in front of one form that asks the application what there is to choose, and changes with each choice. */
export class FormFiller {
  readonly #deps: FormFillerDeps;
  /** By block: Slack forgets what was chosen in a block that is not shown any more. */
  readonly #chosen = new Map<string, LooseObject>();

  constructor(deps: FormFillerDeps) {
    this.#deps = deps;
  }

  begin(): void {
    this.#later(() => this.#go(0, 0));
  }

  /** What stands in all fields now. */
  get values(): LooseObject {
    return Object.fromEntries(this.#fields().map(({ field }) => [field.blockId, this.#valueOf(field)]));
  }

  #go(index: number, waits: number): void {
    const { choices, view, onFilled } = this.#deps;
    if (view.closedAt !== undefined) return;
    const choice = choices[index];
    if (choice === undefined) return onFilled(this.values);
    const found = this.#fields().find(({ label }) => label === choice.field);
    if (found === undefined) {
      // It may be shown when the application has dealt with the choice before.
      if (waits === MOST_WAITS) onFilled(this.values);
      else this.#later(() => this.#go(index, waits + 1));
      return;
    }
    const next = (options: readonly unknown[]): void => {
      const option = options.filter(isObject).find((each) => isMeant(each, choice.choose));
      if (option !== undefined) this.#choose(found.field, option);
      if (option !== undefined || waits === MOST_WAITS) this.#later(() => this.#go(index + 1, 0));
      else this.#later(() => this.#go(index, waits + 1));
    };
    if (found.field.element["type"] === "static_select") next(listIn(found.field.element, "options"));
    else this.#ask(found.field, { typed: choice.choose, next });
  }

  #ask(
    { blockId, element }: Field,
    { typed, next }: { readonly typed: string; readonly next: (options: readonly unknown[]) => void },
  ): void {
    const { view, deliveries } = this.#deps;
    const actionId = textIn(element, "action_id") ?? "";
    const origin = this.#origin();
    const body = optionsPayload(origin, view, { actionId, blockId, typed, values: this.values });
    const onEnd = ({ acknowledgement }: SlackDelivery): void => {
      next(isObject(acknowledgement) ? listIn(acknowledgement, "options") : []);
    };
    const { user } = view;
    deliveries.send({ kind: "options", user, team: origin.team, channel: "", triggerId: "", body, onEnd });
  }

  #choose({ blockId, element }: Field, option: LooseObject): void {
    const { schedule, view, deliveries } = this.#deps;
    const [type, actionId] = [textIn(element, "type"), textIn(element, "action_id") ?? ""];
    this.#chosen.set(blockId, option);
    if (element["dispatch_action"] === false) return;
    const origin = this.#origin();
    const actionTs = (schedule.now() / 1000).toFixed(6);
    const action = { type, action_id: actionId, block_id: blockId, selected_option: option, action_ts: actionTs };
    const body = choicePayload(origin, view, { values: this.values, action });
    const { triggerId, team } = origin;
    deliveries.send({ kind: "choice", user: view.user, team, channel: "", triggerId, body });
  }

  #fields(): readonly { readonly label: string; readonly field: Field }[] {
    return listIn(this.#deps.view.view, "blocks").flatMap((block, index) => {
      if (!isObject(block) || block["type"] !== "input") return [];
      const { label, element } = block;
      if (!isObject(label) || !isObject(element)) return [];
      const blockId = textIn(block, "block_id") ?? `b${index}`;
      return [{ label: textIn(label, "text") ?? "", field: { blockId, element } }];
    });
  }

  #valueOf({ blockId, element }: Field): LooseObject {
    const { type, initial_option: initial } = element;
    const option = this.#chosen.get(blockId) ?? initial ?? null;
    return { [textIn(element, "action_id") ?? ""]: { type, selected_option: option } };
  }

  #origin() {
    const { world, person } = this.#deps;
    const { workspace } = world;
    const triggerId = world.views.issueTrigger(person.id);
    return { workspace, person, team: workspace.shape.team, triggerId };
  }

  #later(action: () => void): void {
    this.#deps.schedule.after(this.#deps.stepMs, action);
  }
}

function isMeant({ text, value }: LooseObject, choose: string): boolean {
  const label = isObject(text) ? (textIn(text, "text") ?? "") : "";
  return value === choose || label === choose || String(value).startsWith(choose) || label.includes(choose);
}
