import type { Progress } from "../../domain/outcome.ts";
import type { StepContext, StepResult } from "../../engine/step-kind.ts";
import type { Clock } from "../../platform/clock.ts";
import { durationText } from "../../platform/duration.ts";
import { AppError, errorMessage } from "../../platform/errors.ts";
import { isLimit } from "./forge-failure.ts";

const DEFAULT_INTERVAL_MS = 15_000;
const DEFAULT_AWAY_MS = 15 * 60_000;
const LONGEST_QUIET_MS = 15 * 60_000;

/** What one look gave: the end, or what people see until the next look, which may be due earlier than usual. */
export type Looked<Output> =
  | { readonly kind: "ended"; readonly result: StepResult<Output> }
  | { readonly kind: "open"; readonly progress: Progress; readonly dueMs?: number | undefined };

export interface ForgeWatch<Output> {
  readonly interval?: number | undefined;
  readonly "away-for"?: number | undefined;
  readonly context: Pick<StepContext, "signal" | "progress">;
  readonly look: () => Promise<Looked<Output>>;
}

/**
 * Looks until the end is there. A forge that asks for silence gets it, however long that is; one that is away is looked at again for
 * as long as it may be. Throws what no other look can mend, and the last error of a forge that was away for too long.
 */
export async function watchForge<Output>(clock: Clock, watch: ForgeWatch<Output>): Promise<StepResult<Output>> {
  const { interval = DEFAULT_INTERVAL_MS, "away-for": awayMs = DEFAULT_AWAY_MS, context } = watch;
  let awaySinceMs: number | undefined;
  let limits = 0;
  for (;;) {
    let pauseMs = interval;
    try {
      const looked = await watch.look();
      if (looked.kind === "ended") return looked.result;
      [awaySinceMs, limits] = [undefined, 0];
      context.progress(looked.progress);
      pauseMs = Math.min(interval, looked.dueMs ?? interval);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof AppError) || error.retry === "never") throw error;
      if (isLimit(error)) {
        pauseMs = quietFor(error, limits);
        limits += 1;
        context.progress({ text: `${errorMessage(error)} Waiting until then` });
      } else {
        awaySinceMs ??= clock.monotonic();
        const leftMs = awayMs - (clock.monotonic() - awaySinceMs);
        if (leftMs <= 0) throw error;
        context.progress({ text: `${errorMessage(error)} It may be away for ${durationText(leftMs)} more` });
        pauseMs = Math.min(interval, leftMs);
      }
    }
    await clock.sleep(pauseMs, context.signal);
  }
}

/** GitHub wants growing pauses where its limits go on, and bans who does not keep to them. */
function quietFor({ retry }: AppError, limits: number): number {
  const askedMs = typeof retry === "object" ? retry.afterMs : 0;
  return limits === 0 ? askedMs : Math.max(askedMs, Math.min(LONGEST_QUIET_MS, 60_000 * 2 ** (limits - 1)));
}
