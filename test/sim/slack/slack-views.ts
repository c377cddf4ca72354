import type { Dice } from "../dice.ts";
import type { Schedule } from "../schedule.ts";
import { isObject, type LooseObject, textIn } from "./loose-object.ts";
import { refused, type SlackReply } from "./slack-reply.ts";
import type { SlackView } from "./slack-truth.ts";

interface Deps {
  readonly schedule: Pick<Schedule, "now">;
  readonly dice: Dice;
  readonly views: SlackView[];
}

interface Trigger {
  readonly user: string;
  readonly issuedAt: number;
  isUsed: boolean;
}

/** Slack takes a trigger for this long. */
const TRIGGER_MS = 3000;

/** Forms, and what allows one to be opened. */
export class SlackViews {
  /** Told of every form that somebody sees for the first time. */
  onOpened: (view: SlackView) => void = () => undefined;
  readonly #deps: Deps;
  readonly #triggers = new Map<string, Trigger>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Something that somebody did now may be answered with a form. */
  issueTrigger(user: string): string {
    const { dice, schedule } = this.#deps;
    const id = `${1000 + this.#triggers.size}.${schedule.now() % 1_000_000}.${dice.below(0x7f_ff_ff_ff).toString(16)}`;
    this.#triggers.set(id, { user, issuedAt: schedule.now(), isUsed: false });
    return id;
  }

  /** The form, while it is open. */
  find(id: string): SlackView | undefined {
    return this.#deps.views.find((view) => view.id === id && view.closedAt === undefined);
  }

  open(args: LooseObject): SlackReply {
    const { schedule, views } = this.#deps;
    const triggerId = textIn(args, "trigger_id") ?? "";
    const trigger = this.#triggers.get(triggerId);
    if (trigger === undefined) return refused("invalid_trigger_id");
    const now = schedule.now();
    if (now - trigger.issuedAt > TRIGGER_MS) return refused("expired_trigger_id");
    if (trigger.isUsed) return refused("exchanged_trigger_id");
    const problem = viewProblem(args["view"]);
    if (problem !== undefined) return refused(problem);
    trigger.isUsed = true;
    const id = `V${views.length + 1}`;
    const view = isObject(args["view"]) ? args["view"] : {};
    const { user } = trigger;
    const opened: SlackView = { id, user, triggerId, openedAt: now, hash: this.#hash(), view, closedAt: undefined };
    views.push(opened);
    this.onOpened(opened);
    return { ok: true, view: { id, hash: opened.hash } };
  }

  update(args: LooseObject): SlackReply {
    const view = this.find(textIn(args, "view_id") ?? "");
    if (view === undefined) return refused("not_found");
    const hash = textIn(args, "hash");
    if (hash !== undefined && hash !== view.hash) return refused("hash_conflict");
    const problem = viewProblem(args["view"]);
    if (problem !== undefined) return refused(problem);
    if (isObject(args["view"])) view.view = args["view"];
    view.hash = this.#hash();
    return { ok: true, view: { id: view.id, hash: view.hash } };
  }

  close(view: SlackView): void {
    view.closedAt ??= this.#deps.schedule.now();
  }

  #hash(): string {
    const { dice, schedule } = this.#deps;
    return `${Math.floor(schedule.now() / 1000)}.${dice.below(0x7f_ff_ff_ff).toString(36)}`;
  }
}

function viewProblem(view: unknown): string | undefined {
  if (!isObject(view) || view["type"] !== "modal") return "invalid_arguments";
  const memory = textIn(view, "private_metadata") ?? "";
  return memory.length > 3000 ? "invalid_arguments" : undefined;
}
