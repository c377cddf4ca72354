import type { Clock, Timer } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { RefusalLog } from "../platform/refusal-log.ts";
import { type ChannelKeys, openEnvelope, sealEnvelope } from "./envelope.ts";
import type { Link } from "./link.ts";
import { Answer, type AnswerContent, type Places, type ReportContent, type Verdict } from "./wire.ts";

interface Deps {
  readonly worker: string;
  readonly keys: ChannelKeys;
  readonly places: Places;
  readonly link: Pick<Link, "listen" | "publish">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onStop: (stop: Extract<AnswerContent, { type: "stop" }>) => void;
  /** The server has started anew and knows nothing of what this worker executes; or wants to know what it has. */
  readonly onRollCall: (isNewServer: boolean) => void;
}

/** What a report says besides the id under which its answer is awaited. */
type WithoutRequest<Content> = Content extends { request: string } ? Omit<Content, "request"> : never;
type Question = WithoutRequest<ReportContent>;

interface Asked {
  /** Whether a server that has started anew is asked as well. */
  readonly outlivesServer: boolean;
  readonly content: ReportContent;
  readonly end: (verdict: Verdict) => void;
  readonly fail: (error: AppError) => void;
  /** Which reports asked it, and when, the newest last. */
  sent: readonly { readonly seq: number; readonly at: number }[];
}

const AGAIN_MS = 500;
// No server starts anew faster, and it takes a worker for lost after 2.5 s of silence: a yes to something older may be about the past.
const STALE_MS = 1000;

/** A worker's connection to its server: questions are asked until they are answered, everything else is said once. */
export class ServerLine implements Disposable {
  readonly #deps: Deps;
  readonly #asked = new Map<string, Asked>();
  readonly #refusals: RefusalLog;
  readonly #again: Timer[] = [];
  #epoch = "";
  #seq = 0;
  #lastRequest = 0;
  /** Which report of this worker its server answered first. */
  #knownSince = 0;
  #isClosed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#refusals = new RefusalLog({
      clock: deps.clock,
      say: (fields) => deps.logger.error("an answer that our server did not make was refused", fields),
    });
    const { link, places, worker } = deps;
    for (const channel of [places.everybody, places.worker(worker)]) link.listen(channel, (text) => this.#read(text));
    this.#askAgain();
  }

  /** Which start of the server it speaks to; empty while it knows none. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Resolves when it has been sent, or could not be. */
  async tell(content: ReportContent): Promise<void> {
    const { link, places, logger } = this.#deps;
    const text = this.#seal(content);
    try {
      await link.publish(places.reports, text);
    } catch (error) {
      logger.debug("the server could not be told", { type: content.type, error: errorText(error) });
    }
  }

  /** Throws `envelope.too-large` for what the server would refuse. */
  check(content: Question): void {
    this.#seal({ ...content, request: "" });
  }

  /**
   * Resolves once the server has said yes, to something that was asked lately: where this worker stood still it asks again. Throws
   * what the server said instead, and `worker.no-server` when it did not answer within `limitMs`. When the server starts anew
   * meanwhile it throws `step.superseded`, unless the question is one that outlives the server.
   */
  ask(
    question: Question,
    { limitMs, outlivesServer = false }: { readonly limitMs: number; readonly outlivesServer?: boolean },
  ): Promise<void> {
    const { clock } = this.#deps;
    this.check(question);
    this.#lastRequest += 1;
    const request = String(this.#lastRequest);
    const content = { ...question, request } as ReportContent;
    return new Promise((resolve, reject) => {
      const limit = clock.setTimer(limitMs, () => fail(noServer(limitMs)));
      const fail = (error: AppError): void => {
        limit.cancel();
        this.#asked.delete(request);
        reject(error);
      };
      const asked: Asked = {
        outlivesServer,
        content,
        sent: [],
        end: (verdict) => {
          if (!verdict.ok) return fail(new AppError(verdict.message, verdict));
          limit.cancel();
          this.#asked.delete(request);
          resolve();
        },
        fail,
      };
      this.#asked.set(request, asked);
      this.#send(asked);
    });
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const timer of this.#again) timer.cancel();
    for (const { fail } of this.#asked.values()) fail(noServer(0));
  }

  #seal(content: ReportContent): string {
    const { keys, worker } = this.#deps;
    this.#seq += 1;
    const report = { epoch: this.#epoch, worker, seq: this.#seq, content };
    return sealEnvelope(keys.report, report);
  }

  #askAgain(): void {
    if (this.#isClosed) return;
    const { clock } = this.#deps;
    this.#again.splice(
      0,
      this.#again.length,
      clock.setTimer(AGAIN_MS, () => this.#askAgain()),
    );
    for (const asked of this.#asked.values()) {
      const newest = asked.sent.at(-1)?.at ?? -Infinity;
      if (clock.monotonic() - newest >= AGAIN_MS) this.#send(asked);
    }
  }

  #send(asked: Asked): void {
    const now = this.#deps.clock.monotonic();
    void this.tell(asked.content);
    const sent = { seq: this.#seq, at: now };
    asked.sent = [...asked.sent.filter(({ at }) => now - at <= STALE_MS), sent];
  }

  #read(text: string): void {
    const { keys, worker } = this.#deps;
    const opened = openEnvelope(keys.answer, text);
    const answer = opened.kind === "opened" ? Answer.safeParse(opened.body).data : undefined;
    if (answer === undefined) {
      return this.#refusals.note(opened.kind === "refused" ? opened.fault : "malformed");
    }
    if (answer.worker !== worker && answer.worker !== "*") return;
    if (answer.content.type === "roll-call") return this.#rollCall(answer.epoch, answer.content.answers);
    if (answer.epoch !== this.#epoch) return;
    for (const request of answer.received) this.#asked.get(request)?.end({ ok: true });
    this.#hear(answer.content);
  }

  #rollCall(epoch: string, answers: number): void {
    // Another server is believed only when it answers what was said since this one was there; a report gets it to do that.
    const isAnswer = answers > this.#knownSince && answers <= this.#seq;
    if (epoch === this.#epoch || !isAnswer) return this.#deps.onRollCall(false);
    const isNew = this.#epoch !== "";
    this.#epoch = epoch;
    this.#knownSince = answers;
    // Asked of another server, which did not know the answer either or took it to its grave.
    if (isNew)
      for (const { outlivesServer, fail } of this.#asked.values()) if (!outlivesServer) fail(supersededByServer());
    this.#deps.onRollCall(isNew);
  }

  #hear(content: Exclude<AnswerContent, { type: "roll-call" }>): void {
    if (content.type === "stop") this.#deps.onStop(content);
    if (content.type === "verdict") this.#end(content);
  }

  /** A no is for ever. */
  #end({ request, answers, verdict }: Extract<AnswerContent, { type: "verdict" }>): void {
    const asked = this.#asked.get(request);
    const at = asked?.sent.find(({ seq }) => seq === answers)?.at;
    const isLate = at === undefined || this.#deps.clock.monotonic() - at > STALE_MS;
    if (!verdict.ok || !isLate) asked?.end(verdict);
  }
}

function noServer(waitedMs: number): AppError {
  const message = `The worker could not reach the server for ${Math.round(waitedMs / 1000)} s, so it did nothing more.`;
  return new AppError(message, { code: "worker.no-server", retry: "backoff" });
}

function supersededByServer(): AppError {
  const message = "The server has started anew and hands out everything again.";
  return new AppError(message, { code: "step.superseded" });
}
