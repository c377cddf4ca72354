import type { Dice } from "../../dice.ts";
import type { FarEnd, Heard, Reply } from "./net-http.ts";
import { Places } from "./places.ts";

/** The secret that steps send with their requests. */
export const BEARER = "canary-of-the-net-0042";

const STATES = [
  "good",
  "good",
  "good",
  "flaky",
  "down",
  "other",
  "slow",
  "silent",
  "broken",
  "large",
  "elsewhere",
  "home",
  "inside",
] as const;
type State = (typeof STATES)[number];

export const READY = '{"state":"ready"}';
const MOST_READ = 1024 * 1024;

/** The services that are looked at: each address of `shop.test` is one of its own, that comes and goes. */
export class WebEnds {
  readonly #dice: Dice;
  readonly #services: Places<State>;
  /** What was sent to where it must not get. */
  readonly leaks: string[] = [];

  constructor(dice: Dice, from: number) {
    this.#dice = dice;
    this.#services = new Places<State>({ dice, from, states: STATES, good: "good" });
  }

  get ends(): readonly (readonly [string, FarEnd])[] {
    const page: Reply = { kind: "answer", afterMs: 3, status: 200, body: "please sign in" };
    const login: FarEnd = (request) => {
      this.#overhear(request);
      return page;
    };
    const intern: FarEnd = () => {
      this.leaks.push("a request gets to where none may be sent");
      return page;
    };
    return [
      ["shop.test", (request) => this.#serve(request)],
      ["login.test", login],
      ["intern.test", intern],
    ];
  }

  calm(from: number): void {
    this.#services.calm(from);
  }

  #overhear({ url, headers }: Heard): void {
    if (JSON.stringify([url.href, headers]).includes(BEARER))
      this.leaks.push("a secret is sent to somebody who was not meant to get it");
  }

  #serve({ url, at }: Heard): Reply {
    const dice = this.#dice;
    if (url.protocol === "http:") this.leaks.push("a request goes on without TLS");
    const state = this.#services.at(url.pathname, at);
    const answer = (afterMs: number, status: number, body: string): Reply => ({
      kind: "answer",
      afterMs,
      status,
      body,
    });
    const good = answer(dice.between(2, this.#services.isCalm ? 6 : 60), 200, READY);
    const led = (location: string): Reply => ({
      kind: "answer",
      afterMs: 4,
      status: 302,
      headers: { location },
      body: "",
    });
    switch (state) {
      case "good":
        return good;
      case "flaky":
        return dice.chance(0.5) ? good : answer(5, dice.pick([200, 500, 404]), '{"state":"starting"}');
      case "down":
        return dice.chance(0.5) ? answer(5, 503, READY) : { kind: "lost", afterMs: 2, code: "network.unreachable" };
      case "other":
        return answer(5, 200, '{"state":"stopping"}');
      case "slow":
        return answer(dice.between(100, 4000), 200, READY);
      case "silent":
        return { kind: "silent" };
      case "broken":
        return { kind: "lost", afterMs: dice.between(5, 400), code: "network.broken" };
      case "large":
        return answer(9, 200, READY.padEnd(MOST_READ + 1));
      case "elsewhere":
        return led("https://login.test/?from=shop");
      case "home":
        return led(dice.chance(0.5) ? url.href : "http://shop.test/plain");
      case "inside":
        return led("https://intern.test/");
    }
  }
}
