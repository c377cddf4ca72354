import type { Schedule } from "../schedule.ts";
import { isObject, listIn, textIn } from "./loose-object.ts";
import type { MessageBoard } from "./message-board.ts";
import type { SlackEphemeral, SlackTruth } from "./slack-truth.ts";

interface Deps {
  readonly schedule: Pick<Schedule, "now">;
  readonly board: MessageBoard;
  readonly truth: Pick<SlackTruth, "ephemerals" | "refusals">;
}

/** Where an answer through the address is seen. */
interface Seen {
  readonly user: string;
  readonly channel: string;
  readonly threadTs: string | undefined;
  readonly delivery: number;
}

interface Address extends Seen {
  readonly issuedAt: number;
  uses: number;
  newest: SlackEphemeral | undefined;
}

export interface ResponseReply {
  readonly status: number;
  readonly text: string;
}

/** Slack limits: five answers within half an hour. */
const MOST_USES = 5;
const GOOD_FOR_MS = 30 * 60_000;

/** The addresses that come with what people do, through which they can be answered privately. */
export class ResponseAddresses {
  readonly #deps: Deps;
  readonly #addresses = new Map<string, Address>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  issue(seen: Seen): string {
    const url = `https://hooks.slack.com/actions/T1/${this.#addresses.size + 1}/secret`;
    this.#addresses.set(url, { ...seen, issuedAt: this.#deps.schedule.now(), uses: 0, newest: undefined });
    return url;
  }

  /** What the acknowledgement of a command said stands where answers through its address do. */
  acknowledged(url: string, content: unknown): void {
    const address = this.#addresses.get(url);
    if (address !== undefined && isObject(content)) this.#show(address, content, "acknowledgement");
  }

  /** `body` is what was posted, as an object or as JSON. */
  respond(url: string, body: unknown): ResponseReply {
    const { schedule, truth } = this.#deps;
    const address = this.#addresses.get(url);
    if (address === undefined) return { status: 404, text: "no_service" };
    const now = schedule.now();
    const isExpired = now - address.issuedAt > GOOD_FOR_MS;
    if (isExpired || address.uses >= MOST_USES) {
      const error = isExpired ? "expired_url" : "used_url";
      truth.refusals.push({ at: now, method: "response_url", error, channel: address.channel, hadEffect: false });
      return { status: 404, text: JSON.stringify({ ok: false, error }) };
    }
    address.uses += 1;
    const content: unknown = typeof body === "string" ? JSON.parse(body) : body;
    if (!isObject(content)) return { status: 400, text: "invalid_payload" };
    this.#show(address, content, "response");
    return { status: 200, text: "ok" };
  }

  #show(address: Address, content: Readonly<Record<string, unknown>>, via: "acknowledgement" | "response"): void {
    const { board, schedule, truth } = this.#deps;
    const at = schedule.now();
    const version = { at, text: textIn(content, "text") ?? "", blocks: listIn(content, "blocks") };
    if (content["replace_original"] === true && address.newest !== undefined) {
      address.newest.versions.push(version);
      return;
    }
    const { user, channel, delivery } = address;
    address.newest = {
      user,
      channel,
      threadTs: textIn(content, "thread_ts") ?? address.threadTs,
      ts: board.nextTs(channel, at),
      via,
      answers: delivery,
      versions: [version],
    };
    truth.ephemerals.push(address.newest);
  }
}
