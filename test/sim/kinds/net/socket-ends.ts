import type { Clock } from "../../../../src/platform/clock.ts";
import { timeLimit } from "../../../../src/platform/time-limit.ts";
import { CallError } from "../../../../src/steps/network/call-failure.ts";
import type { LookAtSocket, SocketCall } from "../../../../src/steps/websocket/socket-look.ts";
import type { Dice } from "../../dice.ts";
import { Places } from "./places.ts";

const STATES = ["good", "good", "late", "babbling", "mute", "closing", "refused", "silent"] as const;
type State = (typeof STATES)[number];

export const PONG = '{"type":"pong"}';
const TICK = '{"type":"tick"}';

/** One look of a step at a WebSocket. */
export interface SocketLook {
  readonly url: string;
  readonly life: number;
  readonly askedAt: number;
  answeredAt: number | undefined;
  isOpen: boolean;
  /** What was said by the time of the answer. */
  readonly messages: string[];
  /** The connection broke off, or never was. */
  isLost: boolean;
}

interface Machine {
  readonly clock: Clock;
  readonly now: () => number;
  readonly life: number;
}

/** WebSockets that open, speak and close as they like. */
export class SocketEnds {
  readonly #dice: Dice;
  readonly #sockets: Places<State>;
  readonly looks: SocketLook[] = [];

  constructor(dice: Dice, from: number) {
    this.#dice = dice;
    this.#sockets = new Places<State>({ dice, from, states: STATES, good: "good" });
  }

  calm(from: number): void {
    this.#sockets.calm(from);
  }

  /** How one process looks at them. */
  looker({ clock, now, life }: Machine): LookAtSocket {
    return async (call) => {
      const look: SocketLook = {
        url: call.url.href,
        life,
        askedAt: now(),
        answeredAt: undefined,
        isOpen: false,
        messages: [],
        isLost: false,
      };
      this.looks.push(look);
      using limit = timeLimit(clock, call.timeoutMs);
      const begun = clock.monotonic();
      const elapsed = (): number => Math.round(clock.monotonic() - begun);
      const signal = AbortSignal.any([call.signal, limit.signal]);
      let problem: string | undefined;
      try {
        problem = await this.#hear({ ...call, signal }, { look, clock, now, elapsed });
      } catch (error) {
        call.signal.throwIfAborted();
        look.answeredAt = now();
        look.isLost = !look.isOpen || !limit.signal.aborted;
        if (!limit.signal.aborted) throw error;
        if (!look.isOpen)
          throw new CallError("it did not answer in time", { code: "network.timeout", wasConnected: false });
        problem = "no message came";
      }
      look.answeredAt = now();
      return { problem, latencyMs: elapsed() };
    };
  }

  async #hear(
    { url, judge, signal }: SocketCall,
    { look, clock, now, elapsed }: Pick<Machine, "clock" | "now"> & { look: SocketLook; elapsed: () => number },
  ): Promise<string | undefined> {
    const dice = this.#dice;
    await clock.sleep(dice.between(2, 9), signal);
    const state = this.#sockets.at(url.pathname, now());
    if (state === "refused")
      throw new CallError("nobody is there", { code: "network.unreachable", wasConnected: false });
    if (state === "silent") await clock.sleep(Number.MAX_SAFE_INTEGER, signal);
    look.isOpen = true;
    if (judge === undefined) return undefined;
    for (const [afterMs, text] of saidIn(state, dice)) {
      await clock.sleep(afterMs, signal);
      look.messages.push(text);
      if (judge({ body: Buffer.from(text), latencyMs: elapsed() }) === undefined) return undefined;
    }
    if (state === "closing") throw new CallError("it was closed", { code: "http.bad-answer", wasConnected: true });
    await clock.sleep(Number.MAX_SAFE_INTEGER, signal);
    return "nothing was ever said";
  }
}

function saidIn(state: State, dice: Dice): readonly (readonly [afterMs: number, text: string])[] {
  switch (state) {
    case "good":
      return [
        [dice.between(1, 5), TICK],
        [dice.between(1, 9), PONG],
      ];
    case "late":
      return [
        [dice.between(5, 30), TICK],
        [dice.between(100, 6000), PONG],
      ];
    case "babbling":
      return [
        [10, TICK],
        [200, "hello"],
        [300, TICK],
      ];
    case "closing":
      return [[10, TICK]];
    case "mute":
    case "refused":
    case "silent":
      return [];
  }
}
