import type { Dice } from "../dice.ts";
import type { Schedule } from "../schedule.ts";
import { type LooseObject, textIn } from "./loose-object.ts";
import { MessageBoard } from "./message-board.ts";
import { RateLimits } from "./rate-limits.ts";
import { ResponseAddresses, type ResponseReply } from "./response-addresses.ts";
import { SlackMethods } from "./slack-methods.ts";
import type { SlackReply } from "./slack-reply.ts";
import { SlackTroubles, troubleReply } from "./slack-troubles.ts";
import type { SlackTruth } from "./slack-truth.ts";
import { SlackViews } from "./slack-views.ts";
import { STANDARD_WORKSPACE, Workspace, type WorkspaceShape } from "./workspace.ts";

export interface SlackWorldDeps {
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly shape?: WorkspaceShape;
  /** Makes Slack's limits wider or narrower; 1 when absent. */
  readonly limits?: number;
  /** How long it takes at most until what was posted is found by reading; two seconds when absent. */
  readonly mostLagMs?: number;
}

const MOST_LAG_MS = 2000;

/** Slack as a machine without time of its own: every call happens at once, at the true time of the schedule. */
export class SlackWorld {
  readonly truth: SlackTruth = {
    messages: [],
    ephemerals: [],
    deliveries: [],
    groups: [],
    people: [],
    closures: [],
    views: [],
    homes: [],
    refusals: [],
    calls: new Map(),
  };
  readonly board: MessageBoard;
  readonly workspace: Workspace;
  readonly views: SlackViews;
  readonly addresses: ResponseAddresses;
  readonly limits: RateLimits;
  readonly troubles: SlackTroubles;
  readonly schedule: Schedule;
  readonly #methods: SlackMethods;

  constructor({ schedule, dice, shape = STANDARD_WORKSPACE, limits = 1, mostLagMs = MOST_LAG_MS }: SlackWorldDeps) {
    const { truth } = this;
    this.schedule = schedule;
    this.board = new MessageBoard(truth.messages);
    this.workspace = new Workspace(shape, { now: () => schedule.now(), ...truth });
    this.views = new SlackViews({ schedule, dice: dice.fork("views"), views: truth.views });
    this.addresses = new ResponseAddresses({ schedule, board: this.board, truth });
    this.limits = new RateLimits(limits);
    this.troubles = new SlackTroubles(dice.fork("troubles"));
    const lag = dice.fork("lag");
    const { board, views, workspace } = this;
    const lagMs = (): number => lag.below(mostLagMs + 1);
    this.#methods = new SlackMethods({ schedule, workspace, board, views, truth, lagMs });
  }

  /** One call of the Web API, carried out now. */
  call(method: string, args: LooseObject = {}): SlackReply {
    const now = this.schedule.now();
    const channel = textIn(args, "channel");
    const counted = this.#count(method);
    const retryAfterSeconds = this.limits.take(method, channel, now);
    if (retryAfterSeconds !== undefined) {
      counted.limited += 1;
      this.truth.refusals.push({ at: now, method, error: "ratelimited", channel, hadEffect: false });
      return { ok: false, error: "ratelimited", status: 429, retryAfterSeconds };
    }
    const trouble = this.troubles.hit(method);
    const reply = trouble?.hasEffect === false ? undefined : this.#methods.run(method, args);
    const said = trouble === undefined ? reply : troubleReply(trouble);
    if (said === undefined) throw new Error("a call without an answer");
    if (!said.ok) {
      const hadEffect = reply?.ok === true;
      this.truth.refusals.push({ at: now, method, error: said.error, channel, hadEffect });
    }
    return said;
  }

  /** A private answer through the address that came with what somebody did. */
  respond(url: string, body: unknown): ResponseReply {
    return this.addresses.respond(url, body);
  }

  #count(method: string): { count: number; limited: number } {
    const counted = this.truth.calls.get(method) ?? { count: 0, limited: 0 };
    if (counted.count === 0) this.truth.calls.set(method, counted);
    counted.count += 1;
    return counted;
  }
}
