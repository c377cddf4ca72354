import { ANA, DEPLOYS, MARCO, OLGA, PRIYA } from "../../src/demo/people.ts";
import { commandAction } from "../../src/demo/story.ts";
import { systemClock } from "../../src/platform/clock.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import type { ChaosWorld } from "./chaos-world.ts";
import { hasEnded, type NoticeBoard } from "./notice-board.ts";

/** Something that a person did and that Slack told them had arrived. */
export interface Act {
  /** The key under which the log has to have it. */
  readonly key: string;
  readonly what: string;
  readonly user: string;
  readonly atMs: number;
  /** What the acknowledgement itself said, if anything. */
  readonly shown: string;
}

export interface CrowdDeps {
  readonly world: ChaosWorld;
  readonly board: NoticeBoard;
  readonly fractions: () => number;
  /** The parts of what people do, from 0 to 1; everything is approved where absent. */
  readonly rejects?: number;
  readonly cancels?: number;
}

const TEAM = "T0HARBOR01";
const PAYMENTS = "G0PAYMENT1";
const AGAIN_MS = 60;
const LOOK_MS = 40;
// A person who sees no card, or no reaction to a click, does it again.
const IMPATIENT_MS = 10_000;
const LONGEST_STEP = 3;

/** People who promote one commit after the other, approve, reject and cancel, and try again until Slack says that it arrived. */
export class Crowd {
  readonly acknowledged: Act[] = [];
  /** How often something was tried, acknowledged or not. */
  tries = 0;
  readonly #deps: CrowdDeps;
  readonly #over = new AbortController();
  readonly #full = new AbortController();
  readonly #loops: Promise<void>[] = [];
  readonly #pressed = new Map<string, number>();

  constructor(deps: CrowdDeps) {
    this.#deps = deps;
  }

  start(): void {
    for (const service of this.#deps.world.services) this.#loops.push(this.#promoteOn(service));
    this.#loops.push(this.#decideOn());
  }

  /** Nobody promotes anything new; what is there is still decided on. */
  noMore(): void {
    this.#full.abort();
  }

  /** Resolves when everybody has gone home. */
  async end(): Promise<void> {
    this.#full.abort();
    this.#over.abort();
    await Promise.all(this.#loops);
  }

  async #promoteOn(service: string): Promise<void> {
    const { world, board, fractions } = this.#deps;
    await this.#pause(fractions() * 1500);
    for (let next = 1; next < world.commits.length && !this.#full.signal.aborted;) {
      const short = (world.commits[next] ?? "").slice(0, 7);
      const title = `Promote ${service} ${short} to prod`;
      const [user, channel] = fractions() < 0.5 ? [ANA, DEPLOYS] : [OLGA, fractions() < 0.5 ? DEPLOYS : PAYMENTS];
      const cancelAfterMs = fractions() < (this.#deps.cancels ?? 0) ? fractions() * 3000 : undefined;
      for (let seen = board.card(title); seen === undefined && !this.#full.signal.aborted; seen = board.card(title)) {
        await this.#insist({ user, channel, text: `/promote ${service} ${short} to prod` });
        await this.#while(() => board.card(title) === undefined, IMPATIENT_MS);
      }
      if (cancelAfterMs !== undefined) {
        await this.#while(() => isOpen(board.card(title)), cancelAfterMs);
        await this.#cancel(user, board.card(title));
      }
      await this.#while(() => isOpen(board.card(title)), Infinity);
      next += 1 + Math.floor(fractions() * LONGEST_STEP);
    }
  }

  /** Types a command until Slack says that it arrived. */
  async #insist(typed: { readonly user: string; readonly channel: string; readonly text: string }): Promise<void> {
    const { people } = this.#deps.world.demo.slack;
    while (!this.#full.signal.aborted) {
      this.tries += 1;
      const result = await people.typeCommand(typed);
      if (result.status === "acknowledged") {
        this.#note(`slash/${TEAM}/${result.triggerId}`, typed.text, typed.user, result.shown?.text);
        return;
      }
      await this.#pause(AGAIN_MS);
    }
  }

  async #cancel(user: string, card: SlackMessage | undefined): Promise<void> {
    const actionId = commandAction(card, "cancel");
    if (card === undefined || actionId === undefined) return;
    await this.#press({ user, message: card, actionId, what: `cancel ${card.text}` });
  }

  async #decideOn(): Promise<void> {
    while (!this.#over.signal.aborted) {
      const now = Date.now();
      const waiting = this.#deps.board.openGates.filter(({ channel, ts }) => {
        return now - (this.#pressed.get(`${channel}/${ts}`) ?? 0) > IMPATIENT_MS;
      });
      await Promise.all(waiting.map((message) => this.#decide(message)));
      await this.#pause(LOOK_MS);
    }
  }

  async #decide(message: SlackMessage): Promise<void> {
    const { fractions, rejects = 0 } = this.#deps;
    const dice = fractions();
    if (dice < rejects) return await this.#reject(message);
    const approve = (user: string): Promise<boolean> =>
      this.#press({ user, message, actionId: "gate_approve", what: `approve ${message.text}` });
    // Some do it at the very same moment, and the requester tries it, too.
    const users = message.channel === DEPLOYS && dice > 0.8 ? [PRIYA, MARCO] : [PRIYA];
    const pressed = await Promise.all([...users, ...(dice > 0.95 ? [ANA] : [])].map((user) => approve(user)));
    if (pressed[0] === true) this.#pressed.set(`${message.channel}/${message.ts}`, Date.now());
  }

  async #reject(message: SlackMessage): Promise<void> {
    const { slack } = this.#deps.world.demo;
    const { channel, ts } = message;
    try {
      this.tries += 1;
      const clicked = await slack.people.click({ user: PRIYA, channel, ts, actionId: "gate_reject" });
      if (clicked.status !== "acknowledged") return;
      await this.#while(() => slack.world.views.stack(PRIYA).length === 0, 2000);
      const view = slack.world.views.stack(PRIYA).at(-1);
      if (view === undefined) return;
      const form = `form/${TEAM}/${view.id}/${view.hash}`;
      const sent = await slack.people.submitModal({ user: PRIYA, viewId: view.id, values: { text: "Not today" } });
      if (sent.status === "closed") {
        this.#pressed.set(`${channel}/${ts}`, Date.now());
        this.#note(form, `reject ${message.text}`, PRIYA, undefined);
      } else await slack.people.closeModal({ user: PRIYA, all: true });
    } catch {
      // The button or the form has gone meanwhile.
    }
  }

  async #press(press: {
    readonly user: string;
    readonly message: SlackMessage;
    readonly actionId: string;
    readonly what: string;
  }): Promise<boolean> {
    const { user, message, actionId, what } = press;
    const { channel, ts } = message;
    this.tries += 1;
    try {
      const result = await this.#deps.world.demo.slack.people.click({ user, channel, ts, actionId });
      if (result.status !== "acknowledged") return false;
      this.#note(`click/${TEAM}/${result.triggerId}`, what, user, undefined);
      return true;
    } catch {
      // The button has gone meanwhile.
      return false;
    }
  }

  #note(key: string, what: string, user: string, shown: string | undefined): void {
    this.acknowledged.push({ key, what, user, atMs: Date.now(), shown: shown ?? "" });
  }

  async #while(is: () => boolean, atMostMs: number): Promise<void> {
    const end = performance.now() + atMostMs;
    while (!this.#over.signal.aborted && is() && performance.now() < end) await this.#pause(LOOK_MS);
  }

  async #pause(forMs: number): Promise<void> {
    await systemClock.sleep(forMs, this.#over.signal).catch(() => undefined);
  }
}

function isOpen(card: SlackMessage | undefined): boolean {
  return card === undefined || !hasEnded(card);
}
