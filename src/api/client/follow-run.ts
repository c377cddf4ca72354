import { type Backoff, backoffMs, withJitter } from "../../platform/backoff.ts";
import type { Clock } from "../../platform/clock.ts";
import { AppError, errorCode } from "../../platform/errors.ts";
import type { Random } from "../../platform/ids.ts";
import { tryJson } from "../../platform/try-json.ts";
import { type ApiClient, UNREACHABLE } from "./api-client.ts";
import { PROGRESS } from "../event-stream.ts";
import type { ServerEvent } from "./server-events.ts";
import { ToldEvent, ToldProgress, ToldRun } from "./told.ts";

interface Deps {
  readonly client: Pick<ApiClient, "ask" | "events">;
  readonly clock: Pick<Clock, "sleep" | "monotonic">;
  readonly random: Pick<Random, "fraction">;
}

export interface FollowAsk {
  readonly run: string;
  /** Each fact once, in their order, also over starts of the server. */
  readonly onEvent: (event: ToldEvent) => void;
  /** What steps are doing between the facts. */
  readonly onProgress?: ((progress: ToldProgress) => void) | undefined;
  /** Told once each time that the server went away. */
  readonly onAway?: ((message: string) => void) | undefined;
  readonly signal: AbortSignal;
}

const AGAIN: Backoff = { firstMs: 500, factor: 2, longestMs: 10_000 };
// Longer than a server takes to be started again, moved or upgraded.
const AWAY_FOR_MS = 10 * 60_000;

/**
 * Follows a run to its end, and gives the run as it is then. Throws `api.unreachable` when the server has been away for too long, and
 * `api.refused`.
 */
export async function followRun(deps: Deps, { run, onEvent, onProgress, onAway, signal }: FollowAsk): Promise<ToldRun> {
  let told = 0;
  const take = ({ event, data }: ServerEvent): void => {
    const value = tryJson(data);
    const progress = event === PROGRESS ? ToldProgress.safeParse(value).data : undefined;
    if (progress !== undefined) onProgress?.(progress);
    const fact = ToldEvent.safeParse(value).data;
    if (fact === undefined || fact.version <= told) return;
    told = fact.version;
    onEvent(fact);
  };
  return await untilThere(deps, { onAway, signal }, async () => {
    for (;;) {
      const before = told;
      for await (const event of deps.client.events({ run, after: told, signal })) take(event);
      const shown = await readRun(deps, run, signal);
      if (shown.finishedAt !== undefined && shown.version <= told) return shown;
      // The server ends a stream early only when it stops.
      if (told === before) throw stopped();
    }
  });
}

/** The run as it is now. */
export async function readRun({ client }: Pick<Deps, "client">, run: string, signal?: AbortSignal): Promise<ToldRun> {
  const { body } = await client.ask({ path: `/api/runs/${encodeURIComponent(run)}`, signal });
  return ToldRun.parse(body);
}

/** Tries until a server answers that is ready; what it refuses is refused. */
export async function untilThere<Value>(
  { clock, random }: Pick<Deps, "clock" | "random">,
  {
    onAway,
    signal,
    patienceMs = AWAY_FOR_MS,
  }: Pick<FollowAsk, "onAway"> & { readonly signal?: AbortSignal | undefined; readonly patienceMs?: number },
  attempt: () => Promise<Value>,
): Promise<Value> {
  let [tries, awaySince] = [1, 0];
  for (;;) {
    const begunAt = clock.monotonic();
    try {
      return await attempt();
    } catch (error) {
      if (errorCode(error) !== UNREACHABLE || signal?.aborted === true) throw error;
      const now = clock.monotonic();
      // What lasted was there.
      if (tries === 1 || now - begunAt > AGAIN.longestMs) {
        [tries, awaySince] = [1, now];
        if (error instanceof AppError) onAway?.(error.message);
      }
      if (now - awaySince >= patienceMs) throw error;
      tries += 1;
      await clock.sleep(withJitter(backoffMs(AGAIN, tries), random.fraction()), signal);
    }
  }
}

function stopped(): AppError {
  return new AppError("The server ended the stream before the run did.", { code: UNREACHABLE, retry: "backoff" });
}
