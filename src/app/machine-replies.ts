import { type Machine, machineUser, tryMachine } from "../domain/machine.ts";
import type { Answer } from "../engine/answer.ts";
import { candidatesText } from "../engine/candidates-text.ts";
import { mistakeLine } from "../engine/mistake-line.ts";
import type { Cause, Noted } from "../engine/machine-door.ts";
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

interface Trouble {
  readonly machine: Machine;
  readonly command: string;
  readonly cause: Cause | undefined;
  /** What is the same where it goes wrong in the same way, such as `access.not-granted`. */
  readonly code: string;
  readonly reason: string;
}

// So that a sender that goes wrong all day is one message an hour.
const TOGETHER_MS = 60 * 60_000;
const MOST_TROUBLES = 1000;
const GOOD = new Set([
  "run.started",
  "run.joined",
  "run.cancelling",
  "run.retried",
  "signal.sent",
  "lock.set",
  "lock.lifted",
]);

/**
 * Tells in the channel what machines asked for in vain, after that is on record. Of what goes wrong again and again in the same way the
 * last one is shown, with how many there were.
 */
export class MachineReplies {
  readonly #deps: Deps;
  /** By machine, command and what is wrong. */
  readonly #since = new Map<string, { readonly since: number; count: number }>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Whoever uses the API is answered there. */
  reply(arrival: MachineArrival, answer: Answer): void {
    const machine = tryMachine(arrival);
    if (machine === undefined || arrival.door === "api" || isGood(answer)) return;
    const { command, cause } = arrival;
    this.#tell({ machine, command, cause, code: codeOf(answer), reason: reasonOf(answer) });
  }

  /** What could not even be asked for, because an expression failed. */
  failed({ machine, cause, failed = [] }: Noted): void {
    for (const { command, reason } of failed)
      this.#tell({ machine, command, cause, code: "expression.failed", reason });
  }

  #tell({ machine, command, cause, code, reason }: Trouble): void {
    const { slack, live, clock } = this.#deps;
    const which = `${machineUser(machine)}/${command}/${code}`;
    const { since, count } = this.#counted(which, clock.now());
    const { alerts, channel } = live.configuration.slack;
    const content = renderMachineTrouble({ machine, cause, command, reason, count, since });
    slack.announce({ slot: `machines/${which}/${since}`, channel: alerts?.channel ?? channel, content });
  }

  #counted(which: string, now: number): { readonly since: number; readonly count: number } {
    const known = this.#since.get(which);
    if (known !== undefined && now - known.since < TOGETHER_MS) {
      known.count += 1;
      return known;
    }
    if (this.#since.size >= MOST_TROUBLES) this.#since.clear();
    const fresh = { since: now, count: 1 };
    this.#since.set(which, fresh);
    return fresh;
  }
}

function isGood(answer: Answer): boolean {
  return answer.kind === "notice" && GOOD.has(answer.code);
}

function codeOf(answer: Answer): string {
  return answer.kind === "notice" ? answer.code : answer.kind;
}

function reasonOf(answer: Answer): string {
  if (answer.kind === "notice") return answer.message;
  if (answer.kind === "text") return mistakeLine(answer.text);
  if (answer.kind === "candidates") return candidatesText(answer);
  if (answer.kind === "locked") return answer.locks.map(({ key, reason }) => `${key} is locked: ${reason}`).join("; ");
  return "it is a question, which only people ask";
}
