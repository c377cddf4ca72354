import { tryMachine } from "../domain/machine.ts";
import type { Answer } from "../engine/answer.ts";
import { candidatesText } from "../engine/candidates-text.ts";
import type { MachineArrival } from "../intake/arrival.ts";
import type { Clock } from "../platform/clock.ts";
import { renderMachineTrouble } from "../slack/views/machine-notice.ts";
import type { LiveSettings } from "./live-settings.ts";
import type { Slack } from "./slack.ts";

interface Deps {
  readonly slack: Pick<Slack, "announce">;
  readonly live: Pick<LiveSettings, "configuration">;
  readonly clock: Clock;
}

// So that a sender that goes wrong all day is one message an hour.
const TOGETHER_MS = 60 * 60_000;
const MOST_MACHINES = 1000;
const GOOD = new Set(["run.started", "run.joined"]);

/** Tells in the channel what machines asked for in vain; of many of one machine the last one, with how many there were. */
export class MachineReplies {
  readonly #deps: Deps;
  /** By machine. */
  readonly #since = new Map<string, { readonly since: number; count: number }>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Whoever uses the API is answered there. */
  reply(arrival: MachineArrival, answer: Answer): void {
    const machine = tryMachine(arrival);
    if (machine === undefined || arrival.door === "api" || isGood(answer)) return;
    const { slack, live, clock } = this.#deps;
    const { since, count } = this.#counted(arrival.user, clock.now());
    const { alerts, channel } = live.configuration.slack;
    const { command, cause } = arrival;
    const content = renderMachineTrouble({ machine, cause, command, reason: reasonOf(answer), count, since });
    slack.announce({ slot: `machines/${arrival.user}/${since}`, channel: alerts?.channel ?? channel, content });
  }

  #counted(user: string, now: number): { readonly since: number; readonly count: number } {
    const known = this.#since.get(user);
    if (known !== undefined && now - known.since < TOGETHER_MS) {
      known.count += 1;
      return known;
    }
    if (this.#since.size >= MOST_MACHINES) this.#since.clear();
    const fresh = { since: now, count: 1 };
    this.#since.set(user, fresh);
    return fresh;
  }
}

function isGood(answer: Answer): boolean {
  return answer.kind === "notice" && GOOD.has(answer.code);
}

function reasonOf(answer: Answer): string {
  if (answer.kind === "notice" || answer.kind === "text") return answer.kind === "text" ? answer.text : answer.message;
  if (answer.kind === "candidates") return candidatesText(answer);
  if (answer.kind === "locked") return answer.locks.map(({ key, reason }) => `${key} is locked: ${reason}`).join("; ");
  return "it is a question, which only people ask";
}
