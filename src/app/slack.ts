import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { MACHINES } from "../domain/machine.ts";
import type { RunView } from "../domain/run-view.ts";
import type { Answer } from "../engine/answer.ts";
import type { Artifacts } from "../engine/artifacts.ts";
import type { HomeSource } from "../engine/home-content.ts";
import type { IncidentMessage } from "../observe/watch-ports.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { FileUploads } from "../slack/file-uploads.ts";
import type { Arrival, FrontDoor } from "../slack/front-door.ts";
import { HomeTab } from "../slack/home-tab.ts";
import { incidentMessage, type IncidentPlaces } from "../slack/incident-messages.ts";
import { FormTurns } from "../slack/form-turns.ts";
import { Outbox } from "../slack/outbox.ts";
import { OwnIdentity } from "../slack/own-identity.ts";
import { Presenter } from "../slack/presenter.ts";
import type { Wanted } from "../slack/slot-entry.ts";
import { SlackAnswers } from "../slack/slack-answers.ts";
import { SlackApp } from "../slack/slack-app.ts";
import { SlackDirectory } from "../slack/slack-directory.ts";
import { SlackGateway } from "../slack/slack-gateway.ts";
import { readIdentity, type SlackIdentity } from "../slack/slack-identity.ts";
import { slackLookups } from "../slack/slack-lookups.ts";
import { uploadBytes } from "../slack/upload-bytes.ts";
import { ViewPacer } from "../slack/view-pacer.ts";
import { renderAnswer } from "../slack/views/answer.ts";
import type { ViewLookups } from "../slack/views/view-lookups.ts";
import type { Store } from "../store/store.ts";
import type { Standing } from "../web/readiness.ts";
import { applicationPage } from "./application-page.ts";
import { OvertakenRuns, runProspects } from "./run-prospects.ts";
import type { LiveSettings } from "./live-settings.ts";
import type { SlackWire } from "./outside.ts";

interface Deps {
  readonly wire: SlackWire;
  readonly live: Pick<LiveSettings, "configuration">;
  readonly store: Store;
  readonly artifacts: Pick<Artifacts, "read">;
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly inventory: Inventory;
  /** What people see of a run now. */
  readonly viewOf: (run: string) => RunView;
  /** Whether runs have pages that people can open. */
  readonly hasPages: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

// The start does not wait longer for a Slack that is silent.
const OPEN_WITHIN_MS = 3000;
const REFUSED_AGAIN_MS = 30_000;
const FLUSH_MS = 5000;
// A call that Slack does not answer ends by itself after its time-out; whether it had an effect is found out at the next start.
const LAST_CALLS_MS = 1000;

/** Slack's side of the application: what people see, what they do, and who they are. */
export class Slack implements AsyncDisposable {
  readonly directory: SlackDirectory;
  readonly #deps: Deps;
  readonly #gateway: SlackGateway;
  readonly #answers: SlackAnswers;
  readonly #lookups: ViewLookups;
  readonly #outbox: Outbox;
  readonly #files: FileUploads;
  readonly #presenter: Presenter;
  readonly #pacer: ViewPacer;
  readonly #overtaken: OvertakenRuns;
  readonly #identity: OwnIdentity;
  #app: SlackApp | undefined;
  #home: HomeTab | undefined;
  readonly #stop = new AbortController();

  constructor(deps: Deps) {
    const { wire, hasPages, live, store, clock, random, logger } = deps;
    const { clients, apiUrl } = wire;
    const identity = (): SlackIdentity | undefined => this.#identity.current;
    this.#deps = deps;
    const read = (): Promise<SlackIdentity> => readIdentity(clients.directory);
    this.#identity = new OwnIdentity({ read, clock, logger });
    this.#gateway = new SlackGateway({ clients, botUser: () => identity()?.botUser });
    this.#answers = new SlackAnswers({ gateway: this.#gateway, clock, logger, apiUrl, post: wire.post });
    this.directory = new SlackDirectory({
      client: clients.directory,
      clock,
      identity,
      get ownTeams() {
        return live.configuration.slack.teams;
      },
    });
    this.#lookups = slackLookups({
      people: store.people,
      slots: store.slots,
      identity,
      linkOf: (app) => applicationPage(deps.servers, app),
      prospects: runProspects({ events: store.events, inventory: deps.inventory }),
      hasPages,
      mainCommand: () => live.configuration.slack.commands.main,
    });
    const onSettled = (slot: string, isMoved: boolean): void => this.#presenter.onSettled(slot, isMoved);
    this.#outbox = new Outbox({ messages: this.#gateway, store: store.slots, clock, random, logger, onSettled });
    this.#files = new FileUploads({
      client: clients.home,
      upload: uploadBytes,
      artifacts: deps.artifacts,
      slots: store.slots,
      clock,
      logger,
      botUser: () => identity()?.botUser,
      reservePosting: (place) => this.#outbox.reservePosting(place),
      onSettled: (slot) => onSettled(slot, false),
    });
    this.#presenter = new Presenter({
      outbox: this.#outbox,
      files: this.#files,
      slots: store.slots,
      store: store.events,
      people: store.people,
      lookups: this.#lookups,
      get settings() {
        const { channel, approvals, alerts } = live.configuration.slack;
        return { team: identity()?.team, channel, approvals, alerts };
      },
    });
    this.#overtaken = new OvertakenRuns(store);
    this.#pacer = new ViewPacer({ clock, logger, draw: (view) => this.#draw(view) });
  }

  /** A run has changed: its messages follow. */
  show(run: string, view: () => RunView): void {
    this.#pacer.show(run, view);
    this.#home?.changed();
  }

  #draw(view: RunView): void {
    // What machines asked for stands in the workspace that we are in, which has to be known.
    if (view.state.origin.team === MACHINES && this.team === undefined) {
      void this.identified.then(() => this.#draw(view));
      return;
    }
    this.#presenter.onRunChanged(view);
    // What this one has brought there, the card of the one before does not offer to take back any more.
    for (const run of this.#overtaken.overtakenBy(view)) this.#pacer.show(run, () => this.#deps.viewOf(run));
  }

  /** Somebody was led to a run that is there already: they find its messages, also when those were deleted. */
  lookAgain(view: RunView): void {
    this.#presenter.lookAgain(view);
  }

  /** Shows something that is not about a run, in a slot of its own; what the slot showed before is changed. */
  announce({ slot, channel, parent, content }: Pick<Wanted, "slot" | "channel" | "parent" | "content">): void {
    const want = (): void => {
      const team = this.#identity.current?.team;
      if (team !== undefined) this.#outbox.want({ slot, team, channel, parent, content, priority: 1, terminal: true });
    };
    if (this.#identity.current !== undefined) want();
    else void this.identified.then(want);
  }

  /** Shows what became of an incident. It is drawn when the workspace is known, because links lead through its address. */
  showIncident(shown: IncidentMessage, places: () => IncidentPlaces): void {
    const draw = (): void => {
      const wanted = incidentMessage(shown, places(), this.#lookups);
      if (wanted !== undefined) this.announce(wanted);
    };
    if (this.#identity.current !== undefined) draw();
    else void this.identified.then(draw);
  }

  /** The workspace that we are in; undefined until Slack has said it. */
  get team(): string | undefined {
    return this.#identity.current?.team;
  }

  /** Resolves when Slack has said who we are: before that nobody can be told from a stranger. */
  get identified(): Promise<void> {
    return this.#identity.known;
  }

  /** Whether what people do gets here, and whether they can be told from strangers. */
  get standing(): Standing {
    if (this.#stop.signal.aborted) return "stopping";
    if (this.#identity.current === undefined) return "not identified";
    return this.connected > 0 ? "ready" : "disconnected";
  }

  /** How many ways in stand open. */
  get connected(): number {
    return this.#deps.wire.receiver.connected;
  }

  /** How many messages Slack does not show as they are wanted. */
  get backlog(): number {
    return this.#outbox.backlog;
  }

  /** A private answer to somebody; never throws, and Slack may refuse it. */
  async reply(arrival: Arrival, answer: Answer): Promise<void> {
    // What was said to a command at once is replaced by its answer; whatever a button stands on is not ours to replace.
    await this.#answers.send(arrival, renderAnswer(answer, this.#lookups), { replaces: arrival.kind === "slash" });
  }

  /**
   * Opens the door: from here on commands and clicks arrive. Throws when the tokens are refused; while Slack cannot be
   * reached it goes on trying in the background.
   */
  async open(frontDoor: FrontDoor, source: HomeSource): Promise<void> {
    const { clock, logger } = this.#deps;
    const home = new HomeTab({ gateway: this.#gateway, source, lookups: this.#lookups, clock, logger });
    this.#home = home;
    const opening = this.#open(frontDoor, home);
    const late = Promise.withResolvers<"late">();
    const timer = clock.setTimer(OPEN_WITHIN_MS, () => late.resolve("late"));
    try {
      if ((await Promise.race([opening, late.promise])) !== "late") return;
    } finally {
      timer.cancel();
    }
    logger.warn("Slack does not answer; the server goes on without it and keeps trying");
    void this.#goOn(opening, () => this.#open(frontDoor, home));
  }

  /** Where Slack refuses us only later, the server is there already, and somebody may mend that. */
  async #goOn(opening: Promise<void>, again: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#deps;
    for (let attempt = opening; !this.#stop.signal.aborted; attempt = again()) {
      try {
        return await attempt;
      } catch (error) {
        logger.error("Slack cannot be used; it is tried again", { error: errorText(error) });
      }
      await clock.sleep(REFUSED_AGAIN_MS, this.#stop.signal).catch(() => undefined);
    }
  }

  async #open(frontDoor: FrontDoor, home: HomeTab): Promise<void> {
    const { wire, store, clock, logger } = this.#deps;
    await this.#identity.find();
    if (this.#stop.signal.aborted) return;
    this.#app = new SlackApp({
      ...wire,
      clock,
      logger,
      frontDoor,
      home,
      lookups: this.#lookups,
      answers: this.#answers,
      gateway: this.#gateway,
      slots: store.slots,
      ownTeam: () => this.#identity.current?.team,
      forms: new FormTurns(),
    });
    await this.#app.start();
  }

  /** Shuts the door: what has arrived is recorded and acknowledged, and nothing more arrives. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#identity[Symbol.dispose]();
    await this.#app?.[Symbol.asyncDispose]();
  }

  /** Sends what is wanted, as far as it goes quickly. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#home?.[Symbol.dispose]();
    this.#pacer[Symbol.dispose]();
    await this.#files[Symbol.asyncDispose]();
    await this.#outbox.flush(FLUSH_MS);
    await Promise.race([this.#outbox[Symbol.asyncDispose](), this.#deps.clock.sleep(LAST_CALLS_MS)]);
  }
}
