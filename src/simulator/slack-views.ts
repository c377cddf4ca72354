import type { Clock } from "../platform/clock.ts";
import { SlackApiError } from "./slack-api-error.ts";
import { nameBlocks } from "./slack-block-ids.ts";
import type { SlackChanges } from "./slack-changes.ts";
import type { SlackIds } from "./slack-ids.ts";
import type { JsonObject } from "./slack-messages.ts";

/** Slack limit: a modal stack holds three views. */
const DEEPEST_STACK = 3;

/** A modal or a Home tab of one person. `source` is what the app sent; the rest is Slack's. */
export interface SlackView {
  readonly id: string;
  readonly user: string;
  readonly source: JsonObject;
  readonly hash: string;
  readonly rootId: string;
  readonly previousId?: string | undefined;
}

/** The open modals of each person, as a stack, and each person's Home tab. */
export class SlackViews {
  readonly #clock: Clock;
  readonly #ids: SlackIds;
  readonly #changes: SlackChanges;
  readonly #stacks = new Map<string, readonly SlackView[]>();
  readonly #homes = new Map<string, SlackView>();

  constructor(deps: { readonly clock: Clock; readonly ids: SlackIds; readonly changes: SlackChanges }) {
    this.#clock = deps.clock;
    this.#ids = deps.ids;
    this.#changes = deps.changes;
  }

  /** The person's modals, the visible one last. */
  stack(user: string): readonly SlackView[] {
    return this.#stacks.get(user) ?? [];
  }

  home(user: string): SlackView | undefined {
    return this.#homes.get(user);
  }

  /** An open view by its id, or by the `external_id` that the app gave it. */
  find(idOrExternalId: string): SlackView | undefined {
    const open = [...this.#stacks.values()].flat();
    const all = [...open, ...this.#homes.values()];
    return all.find((view) => view.id === idOrExternalId || view.source["external_id"] === idOrExternalId);
  }

  /** Opens a modal, in place of whatever modals the person had open. */
  open(user: string, source: JsonObject): SlackView {
    this.#requireFreeExternalId(source);
    const id = this.#ids.next("V");
    const view: SlackView = { id, user, source: this.#withBlockIds(source), hash: this.#hash(), rootId: id };
    this.#setStack(user, [view]);
    return view;
  }

  push(user: string, source: JsonObject): SlackView {
    const stack = this.stack(user);
    const top = stack.at(-1);
    if (top === undefined) throw new SlackApiError("not_found");
    if (stack.length >= DEEPEST_STACK) throw new SlackApiError("push_limit_reached");
    this.#requireFreeExternalId(source);
    const id = this.#ids.next("V");
    const placed = { id, user, source: this.#withBlockIds(source), hash: this.#hash() };
    const view: SlackView = { ...placed, rootId: top.rootId, previousId: top.id };
    this.#setStack(user, [...stack, view]);
    return view;
  }

  /** Replaces the content of an open modal. Throws `hash_conflict` when `hash` is of an older content. */
  update(view: SlackView, source: JsonObject, hash?: string): SlackView {
    if (hash !== undefined && hash !== view.hash) throw new SlackApiError("hash_conflict");
    this.#requireFreeExternalId(source, view.id);
    const changed = { ...view, source: this.#withBlockIds(source), hash: this.#hash() };
    this.#setStack(
      view.user,
      this.stack(view.user).map((open) => (open.id === view.id ? changed : open)),
    );
    return changed;
  }

  publish(user: string, source: JsonObject, hash?: string): SlackView {
    const before = this.#homes.get(user);
    if (hash !== undefined && hash !== before?.hash) throw new SlackApiError("hash_conflict");
    this.#requireFreeExternalId(source, before?.id);
    const id = before?.id ?? this.#ids.next("V");
    const view = { id, user, source: this.#withBlockIds(source), hash: this.#hash(), rootId: id };
    this.#homes.set(user, view);
    this.#changes.notify({ kind: "home", user });
    return view;
  }

  /** Closes one modal; with `all`, the whole stack of its person. */
  close(view: SlackView, all = false): void {
    this.#setStack(view.user, all ? [] : this.stack(view.user).filter((open) => open.id !== view.id));
  }

  #setStack(user: string, stack: readonly SlackView[]): void {
    this.#stacks.set(user, stack);
    this.#changes.notify({ kind: "view", user });
  }

  #requireFreeExternalId(source: JsonObject, ownId?: string): void {
    const externalId = source["external_id"];
    if (typeof externalId !== "string" || externalId === "") return;
    const taken = this.find(externalId);
    if (taken !== undefined && taken.id !== ownId) throw new SlackApiError("duplicate_external_id");
  }

  #hash(): string {
    return `${String(Math.floor(this.#clock.now() / 1000))}.${this.#ids.hex(4)}`;
  }

  #withBlockIds(source: JsonObject): JsonObject {
    return { ...source, blocks: nameBlocks(source["blocks"], this.#ids) };
  }
}
