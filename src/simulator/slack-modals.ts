import { AppError } from "../platform/errors.ts";
import { SlackApiError } from "./slack-api-error.ts";
import { isObject } from "./slack-block-kit-rules.ts";
import type { SlackDelivery, SlackDeliveryOutcome } from "./slack-delivery.ts";
import type { TypedValue } from "./slack-interactive-elements.ts";
import { missingInputs, stateValues } from "./slack-modal-state.ts";
import type { JsonObject } from "./slack-messages.ts";
import { activeUser, payloadBase } from "./slack-person.ts";
import { requireView } from "./slack-view-methods.ts";
import type { SlackView } from "./slack-views.ts";
import { wireView } from "./slack-wire.ts";
import type { SlackWorld } from "./slack-world.ts";

export interface ModalSubmission {
  readonly user: string;
  /** The visible modal of the person when absent. */
  readonly viewId?: string;
  /** What was typed and chosen, by action id; the rest keeps its initial value. */
  readonly values?: Readonly<Record<string, TypedValue>>;
}

/** What happened to the modal. `incomplete` is Slack's own check, before the app is asked. */
export type ModalResult =
  | { readonly status: "closed" | "cleared" }
  | { readonly status: "updated" | "pushed"; readonly view: SlackView }
  | { readonly status: "errors" | "incomplete"; readonly errors: Readonly<Record<string, string>> }
  | { readonly status: "failed"; readonly error: string };

/** Submits and closes modals. */
export class SlackModals {
  readonly #world: SlackWorld;
  readonly #delivery: () => SlackDelivery;

  constructor(deps: { readonly world: SlackWorld; readonly delivery: () => SlackDelivery }) {
    this.#world = deps.world;
    this.#delivery = deps.delivery;
  }

  async submit(submission: ModalSubmission): Promise<ModalResult> {
    const user = activeUser(submission.user, this.#world);
    const view = this.#open(user.id, submission.viewId);
    const typed = submission.values ?? {};
    const errors = missingInputs(view.source["blocks"], typed);
    if (Object.keys(errors).length > 0) return { status: "incomplete", errors };
    const payload = {
      type: "view_submission",
      ...payloadBase(user, this.#world),
      trigger_id: this.#world.triggers.issue(user.id),
      view: wireView(view, this.#world, stateValues(view.source["blocks"], typed)),
      response_urls: [],
    };
    const outcome = await this.#delivery().deliver({ type: "interactive", payload });
    if (outcome.status === "timeout") return { status: "failed", error: "operation_timeout" };
    if (outcome.status === "unreachable") return { status: "failed", error: "dispatch_failed" };
    return this.#obey(view, isObject(outcome.payload) ? outcome.payload : {});
  }

  /** Closes the visible modal, or all of them with `all`; the outcome is of the notice to the app, if it wants one. */
  async close(closing: {
    readonly user: string;
    readonly viewId?: string;
    readonly all?: boolean;
  }): Promise<SlackDeliveryOutcome | undefined> {
    const user = activeUser(closing.user, this.#world);
    const view = this.#open(user.id, closing.viewId);
    this.#world.views.close(view, closing.all);
    if (view.source["notify_on_close"] !== true) return undefined;
    const payload = {
      type: "view_closed",
      ...payloadBase(user, this.#world),
      view: wireView(view, this.#world),
      is_cleared: closing.all ?? false,
    };
    return this.#delivery().deliver({ type: "interactive", payload });
  }

  /** Does what the acknowledgement says; an empty one closes the modal. */
  #obey(view: SlackView, answer: JsonObject): ModalResult {
    const { response_action: action, view: next, errors } = answer;
    try {
      switch (action) {
        case "errors":
          return { status: "errors", errors: texts(errors) };
        case "update":
          return { status: "updated", view: this.#world.views.update(view, requireView(next, "modal")) };
        case "push":
          return { status: "pushed", view: this.#world.views.push(view.user, requireView(next, "modal")) };
        case "clear":
          this.#world.views.close(view, true);
          return { status: "cleared" };
        default:
          this.#world.views.close(view);
          return { status: "closed" };
      }
    } catch (thrown) {
      if (thrown instanceof SlackApiError) return { status: "failed", error: thrown.error };
      throw thrown;
    }
  }

  #open(user: string, id: string | undefined): SlackView {
    const stack = this.#world.views.stack(user);
    const view = id === undefined ? stack.at(-1) : stack.find((open) => open.id === id);
    if (view !== undefined) return view;
    throw new AppError(`${user} has no open modal`, { code: "slack-simulator.no-view" });
  }
}

function texts(errors: unknown): Readonly<Record<string, string>> {
  if (!isObject(errors)) return {};
  return Object.fromEntries(Object.entries(errors).map(([blockId, text]) => [blockId, String(text)]));
}
