import { tryMachine } from "../domain/machine.ts";
import type { RunView } from "../domain/run-view.ts";
import type { EventStore, PeopleStore, SlotStore } from "../engine/ports.ts";
import type { Outbox } from "./outbox.ts";
import type { FileUploads } from "./file-uploads.ts";
import { runFiles } from "./run-files.ts";
import { runSlots, type ShowSettings } from "./run-slots.ts";
import { refusal } from "./slack-failure.ts";
import { cardSlot, gateSlot, runOfSlot } from "./slot-ids.ts";
import type { ViewLookups } from "./views/view-lookups.ts";

export interface PresenterDeps {
  readonly outbox: Pick<Outbox, "want" | "isSettled" | "lookAgain">;
  readonly files: Pick<FileUploads, "want" | "isSettled">;
  readonly slots: Pick<SlotStore, "slot">;
  readonly store: Pick<EventStore, "markShown">;
  readonly people: Pick<PeopleStore, "person">;
  readonly lookups: ViewLookups;
  readonly settings: ShowSettings;
}

interface Shown {
  readonly view: RunView;
  readonly slots: readonly string[];
  readonly files: readonly string[];
}

// Of runs that are open and fully shown, so many are remembered; the others are looked at anew when something happens to them.
const MOST_REMEMBERED = 500;

/**
 * Keeps Slack's messages as the runs are. What it shows follows from a run alone: after a restart the runs that were not fully
 * shown are handed in again, and only what differs is sent.
 */
export class Presenter {
  readonly #deps: PresenterDeps;
  readonly #shown = new Map<string, Shown>();

  constructor(deps: PresenterDeps) {
    this.#deps = deps;
  }

  /** A run is as `view` says, or a step of it has made progress. */
  onRunChanged(view: RunView): void {
    const before = this.#shown.get(view.id)?.view;
    if (before !== undefined && before.version > view.version) return;
    this.#show(view, before?.version === view.version);
  }

  /** People look for the messages of a run: its card and what it asks are made sure of, in case somebody deleted them. */
  lookAgain(view: RunView): void {
    this.#show(view, false);
    const asking = [...view.state.steps.values()]
      .filter(({ sort, status }) => sort === "gate" && status === "running")
      .map(({ path, voided }) => gateSlot(view.id, path, voided.length));
    for (const slot of [cardSlot(view.id), ...asking]) this.#deps.outbox.lookAgain(slot);
  }

  /** Slack shows what was wanted of a slot, or cannot: when it stands elsewhere, other messages of the run link to it or say so. */
  onSettled(slot: string, isMoved: boolean): void {
    const run = runOfSlot(slot);
    const shown = this.#shown.get(run);
    if (shown === undefined) return;
    if (isMoved) this.#show(shown.view, false);
    else this.#settle(run);
  }

  #show(view: RunView, isProgress: boolean): void {
    const { outbox, lookups, settings } = this.#deps;
    const isLost = (slot: string): boolean => this.#isLost(slot);
    const card = this.#deps.slots.slot(cardSlot(view.id));
    const home = card?.ts === undefined || this.#isLost(card.slot) ? undefined : card.channel;
    const wanted = runSlots({ view, isProgress, settings, lookups, strayed: this.#strayed(view), home, isLost });
    this.#shown.delete(view.id);
    const files = runFiles(view);
    this.#shown.set(view.id, { view, slots: wanted.map(({ slot }) => slot), files: files.map(({ slot }) => slot) });
    for (const slot of wanted) outbox.want(slot);
    for (const file of files) this.#deps.files.want(file);
    this.#settle(view.id);
  }

  #settle(run: string): void {
    const shown = this.#shown.get(run);
    if (shown === undefined || !this.#isSettled(shown)) return;
    this.#deps.store.markShown(run, shown.view.version);
    if (shown.view.state.finishedAt !== undefined) this.#shown.delete(run);
    if (this.#shown.size > MOST_REMEMBERED) this.#forgetOldest();
  }

  #isSettled({ slots, files }: Shown): boolean {
    if (!files.every((slot) => this.#deps.files.isSettled(slot))) return false;
    return slots.every((slot) => this.#deps.outbox.isSettled(slot));
  }

  #forgetOldest(): void {
    for (const [run, shown] of this.#shown) {
      if (!this.#isSettled(shown)) continue;
      this.#shown.delete(run);
      return;
    }
  }

  /** Nothing can be posted where the slot stands, or should. */
  #isLost(slot: string): boolean {
    const code = this.#deps.slots.slot(slot)?.lostReason;
    if (code === undefined) return false;
    const failure = refusal(code);
    return failure.status === "refused" && failure.reason === "channel-lost";
  }

  /** Why the card stands nowhere, or where nothing can be posted, and whom to tell. */
  #strayed({ id, state }: RunView): { readonly reason: string; readonly user: string } | undefined {
    const card = this.#deps.slots.slot(cardSlot(id));
    const asker = this.#deps.people.person(state.requester);
    if (card?.lostReason === undefined || asker === undefined || tryMachine(asker) !== undefined) return undefined;
    const { user } = asker;
    return card.ts === undefined || this.#isLost(card.slot) ? { reason: card.lostReason, user } : undefined;
  }
}
