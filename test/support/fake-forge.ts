import type { StepKind } from "../../src/engine/step-kind.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { ForgeDeps } from "../../src/steps/forge/forge-input.ts";
import type { HttpAnswer, HttpCall } from "../../src/steps/network/http-call.ts";
import { FakeClock } from "./fake-clock.ts";
import { StepBench } from "./step-bench.ts";

export interface ForgeSays {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

/** A forge that answers as it is told, by method and path; what it is not told of is not found. */
export class FakeForge {
  readonly clock = new FakeClock();
  readonly calls: HttpCall[] = [];
  readonly bench: StepBench;
  readonly answers = new Map<string, (call: HttpCall) => ForgeSays | Error>();
  /** Before every other answer, unless it gives nothing. */
  trouble: (call: HttpCall) => ForgeSays | Error | undefined = () => undefined;
  /** How long an answer takes. */
  slowness: (call: HttpCall) => number = () => 0;
  outcome: Outcome | undefined;

  constructor(make: (deps: ForgeDeps) => StepKind, more: Partial<ForgeDeps> = {}) {
    const deps: ForgeDeps = {
      clock: this.clock,
      networkPolicy: () => ({ privateAddresses: "deny", allow: [] }),
      send: (call) => this.#send(call),
      ...more,
    };
    this.bench = new StepBench(make(deps), this.clock.now());
  }

  says(route: string, json: unknown, more: Omit<ForgeSays, "json"> = {}): void {
    this.answers.set(route, () => ({ json, ...more }));
  }

  start(input: Readonly<Record<string, unknown>>): void {
    void this.bench.run(input).then((outcome) => (this.outcome = outcome));
  }

  async pass(durationMs = 0): Promise<Outcome | undefined> {
    await this.clock.advance(durationMs);
    return this.outcome;
  }

  /** What people see last. */
  get shown(): string {
    return this.bench.progress.at(-1)?.text ?? "";
  }

  asked(route: string): number {
    return this.calls.filter((call) => routeOf(call) === route).length;
  }

  async #send(call: HttpCall): Promise<HttpAnswer> {
    this.calls.push(call);
    const said = this.trouble(call) ?? this.answers.get(routeOf(call))?.(call) ?? NOT_FOUND;
    const takesMs = this.slowness(call);
    if (takesMs > 0) await this.clock.sleep(takesMs);
    if (said instanceof Error) throw said;
    const { status = 200, headers = {}, json } = said;
    const body = Buffer.from(json === undefined ? "" : JSON.stringify(json));
    return { status, headers, body, isCut: false, url: call.url.href, redirects: 0, latencyMs: 1 };
  }
}

const NOT_FOUND: ForgeSays = { status: 404, json: { message: "Not Found" } };

function routeOf({ method, url }: HttpCall): string {
  return `${method} ${url.pathname}`;
}
