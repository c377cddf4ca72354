import type { HttpConnections } from "../../src/argocd/argocd-http.ts";
import type { Carrier } from "./carrier.ts";
import type { Dice } from "./dice.ts";
import type { Life } from "./life.ts";
import type { Schedule } from "./schedule.ts";

/** What Argo CD answers to a request. */
export interface ArgocdAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Argo CD, as far as it is asked over HTTP. */
export interface ArgocdFarEnd {
  /** `end` is called once, now or later. */
  answer(
    request: { readonly method: string; readonly path: string; readonly body?: unknown },
    end: (answer: ArgocdAnswer) => void,
  ): void;
  /** What a watch is refused with now; undefined when it is not. */
  refusalOfWatch(): ArgocdAnswer | undefined;
  /** Calls `deliver` with the frames of the watch from now on; returns what ends it. */
  watch(path: string, deliver: (chunk: string) => void): () => void;
}

/** How frames of the watch fare on their way, as shares of all frames. */
export interface FrameLuck {
  lost: number;
  doubled: number;
  late: number;
}

export interface ArgocdConnectionsDeps {
  readonly life: Life;
  readonly carrier: Carrier;
  readonly line: Schedule;
  readonly dice: Dice;
  readonly argocd: ArgocdFarEnd;
  readonly frames: Readonly<FrameLuck>;
  /** Open watches, so that they can be cut. */
  readonly watches: Set<() => void>;
}

type Request = Parameters<HttpConnections["request"]>[0];
type Response = Awaited<ReturnType<HttpConnections["request"]>>;

const STREAM = "/api/v1/stream/applications";

/** The connections of one process to the simulated Argo CD. */
export function argocdConnections(deps: ArgocdConnectionsDeps): HttpConnections {
  return {
    request: (request) => (request.path.startsWith(STREAM) ? openStream(deps, request) : ask(deps, request)),
    destroy: () => Promise.resolve(),
  };
}

async function ask({ life, carrier, argocd }: ArgocdConnectionsDeps, request: Request): Promise<Response> {
  const { method, path, body, signal } = request;
  const answered = await carrier.carry<ArgocdAnswer>(
    { life, port: "argocd", name: `${method} ${path}`, signal },
    (end) => argocd.answer({ method, path, body: body === undefined ? undefined : JSON.parse(body) }, end),
  );
  return responseOf(answered);
}

function responseOf({ status, contentType, text }: ArgocdAnswer): Response {
  return response(status, contentType, [Buffer.from(text)][Symbol.iterator]());
}

/** Argo CD sends the head of a stream with its first frame. */
function openStream(deps: ArgocdConnectionsDeps, { path, signal }: Request): Promise<Response> {
  const { life, carrier, argocd, watches } = deps;
  return carrier.carry<Response>({ life, port: "argocd", name: `GET ${path}`, signal }, (answer) => {
    const refusal = argocd.refusalOfWatch();
    if (refusal !== undefined) return answer(responseOf(refusal));
    const body = new FrameBody(deps);
    let isOpen = false;
    const end = argocd.watch(path, (chunk) => {
      body.send(chunk);
      if (isOpen) return;
      isOpen = true;
      answer(response(200, "text/event-stream", body));
    });
    const cut = (): void => {
      end();
      watches.delete(cut);
      signal?.removeEventListener("abort", cut);
      body.cut();
    };
    watches.add(cut);
    life.onDeath(cut);
    body.onLeft = cut;
    signal?.addEventListener("abort", cut, { once: true });
  });
}

function response(statusCode: number, contentType: string, chunks: Iterator<Buffer> | FrameBody): Response {
  const body = chunks instanceof FrameBody ? chunks : { [Symbol.asyncIterator]: () => asyncChunks(chunks) };
  const destroy = (): void => (chunks instanceof FrameBody ? chunks.onLeft() : undefined);
  return {
    statusCode,
    headers: { "content-type": contentType },
    body: Object.assign(body, { on: () => ({ destroy }) }),
  };
}

function asyncChunks(chunks: Iterator<Buffer>): AsyncIterator<Uint8Array> {
  return { next: () => Promise.resolve(chunks.next()) };
}

/** The body of a stream: frames in their order, each after its way through the network. */
class FrameBody implements AsyncIterable<Uint8Array> {
  onLeft: () => void = () => undefined;
  readonly #deps: ArgocdConnectionsDeps;
  readonly #arrived: string[] = [];
  #waiting: { resolve: (result: IteratorResult<Uint8Array>) => void; reject: (error: Error) => void } | undefined;
  #isCut = false;
  /** TCP keeps the order: nothing overtakes what was sent before it. */
  #lastArrival = 0;

  constructor(deps: ArgocdConnectionsDeps) {
    this.#deps = deps;
  }

  send(chunk: string): void {
    const { dice, frames } = this.#deps;
    if (frames.lost > 0 && dice.chance(frames.lost)) return;
    this.#carry(chunk);
    if (frames.doubled > 0 && dice.chance(frames.doubled)) this.#carry(chunk);
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#waiting?.reject(new Error("socket hang up"));
    this.#waiting = undefined;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => this.#next(),
      return: () => {
        this.onLeft();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #carry(chunk: string): void {
    const { carrier, line, dice, frames } = this.#deps;
    const lateMs = frames.late > 0 && dice.chance(frames.late) ? dice.between(500, 8000) : 0;
    const at = Math.max(this.#lastArrival, line.now() + carrier.latencyMs("argocd") + lateMs);
    this.#lastArrival = at;
    line.after(at - line.now(), () => this.#arrive(chunk));
  }

  #arrive(chunk: string): void {
    if (this.#isCut || this.#deps.life.isDead) return;
    const { trouble } = this.#deps.carrier.ways.argocd;
    if (trouble === "refused") return this.onLeft();
    if (trouble !== undefined) return;
    const waiting = this.#waiting;
    if (waiting === undefined) return void this.#arrived.push(chunk);
    this.#waiting = undefined;
    waiting.resolve({ done: false, value: Buffer.from(chunk) });
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#arrived.shift();
    if (chunk !== undefined) return Promise.resolve({ done: false, value: Buffer.from(chunk) });
    if (this.#isCut) return Promise.reject(new Error("socket hang up"));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }
}
