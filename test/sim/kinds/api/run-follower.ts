import type { ApiCaller, Call, Moment } from "./api-caller.ts";
import type { ApiServer } from "./api-server.ts";

/** Something that came by a stream. */
export interface Told {
  readonly id: number | undefined;
  readonly event: string;
  readonly data: unknown;
  readonly at: Moment;
}

/** One time that a run was followed, from its opening until it was cut or ended. */
export interface Following {
  readonly call: Call;
  /** The newest fact that whoever follows had by then. */
  readonly after: number;
  /** In the order in which it came, what is no fact included. */
  readonly told: Told[];
  /** How it is over. */
  end: "cut" | "ended" | "died" | undefined;
  endedAt: Moment | undefined;
}

interface Deps {
  readonly caller: ApiCaller;
  readonly run: string;
  /** The newest fact that it pretends to have at first. */
  readonly after: number;
}

interface Open {
  readonly following: Following;
  readonly stop: AbortController;
}

/** Who wants to know each fact of a run once and in order, whatever is cut. */
export class RunFollower {
  readonly run: string;
  readonly first: number;
  /** Each time that it was let. */
  readonly followings: Following[] = [];
  /** When it was told not to come back. */
  overAt: Moment | undefined;
  last: number;
  readonly #caller: ApiCaller;
  #open: Open | undefined;

  constructor({ caller, run, after }: Deps) {
    this.#caller = caller;
    this.run = run;
    this.first = after;
    this.last = after;
  }

  get isOpen(): boolean {
    return this.#open !== undefined && this.#open.following.end === undefined;
  }

  /** What is being told now. */
  get now(): Following | undefined {
    return this.isOpen ? this.#open?.following : undefined;
  }

  /** Asks to be told on; `byQuery` is the other way of saying from where. */
  async open(
    token: { readonly name: string; readonly secret: string },
    { byQuery = false }: { readonly byQuery?: boolean } = {},
  ): Promise<void> {
    if (this.isOpen) return;
    const path = `/api/runs/${this.run}/events`;
    const { call, stream, server } = await this.#caller.open(
      { ...token, path, query: byQuery ? `after=${this.last}` : "" },
      byQuery || this.last === 0 ? {} : { "last-event-id": String(this.last) },
    );
    if (call.answer?.status === 204) this.overAt = call.answer.at;
    if (stream === undefined || server === undefined) return;
    this.overAt = undefined;
    const following: Following = { call, after: this.last, told: [], end: undefined, endedAt: undefined };
    this.followings.push(following);
    const stop = new AbortController();
    this.#open = { following, stop };
    void this.#read(following, { pieces: stream(stop.signal), server, signal: stop.signal });
  }

  /** The connection is cut; what was on its way is lost where `isLost`. */
  cut(isLost = false): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    this.#end(open.following, "cut");
    open.stop.abort(new Error("cut"));
    const newest = open.following.told.at(-1);
    if (isLost && newest?.id !== undefined) {
      open.following.told.pop();
      this.last = newest.id - 1;
    }
  }

  async #read(
    following: Following,
    {
      pieces,
      server,
      signal,
    }: { readonly pieces: AsyncIterable<string>; readonly server: ApiServer; readonly signal: AbortSignal },
  ): Promise<void> {
    void server.died.then(() => this.#end(following, "died"));
    try {
      for await (const piece of pieces) {
        if (signal.aborted || server.isDead) break;
        const told = toldBy(piece, this.#caller.moment());
        following.told.push(told);
        if (told.id !== undefined) this.last = told.id;
      }
    } catch (error) {
      if (!server.isDead) following.call.failure = String(error);
    }
    this.#end(following, "ended");
  }

  #end(following: Following, how: NonNullable<Following["end"]>): void {
    if (following.end !== undefined) return;
    following.end = how;
    following.endedAt = this.#caller.moment();
  }
}

function toldBy(piece: string, at: Moment): Told {
  const [, id] = /^id: (\d+)$/mu.exec(piece) ?? [];
  const [, event = ""] = /^event: (.+)$/mu.exec(piece) ?? [];
  const [, data] = /^data: (.+)$/mu.exec(piece) ?? [];
  return { id: id === undefined ? undefined : Number(id), event, data: data && JSON.parse(data), at };
}
