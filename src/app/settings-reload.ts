import { z } from "zod";

import type { Append, LogFact } from "../engine/ports.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { diagnosticText, InvalidFileError } from "../platform/diagnostic.ts";
import { AppError, errorCode, errorMessage, errorText } from "../platform/errors.ts";
import { digestOf } from "../platform/canonical-json.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretMask } from "../platform/masking.ts";
import type { SettingsNotice } from "../slack/views/settings-notice.ts";
import { storedEvent } from "../store/log-reader.ts";
import type { Store } from "../store/store.ts";
import { policyOf } from "./policy.ts";
import { digestChanges, type LiveSettings, type Settings, SettingsDigests } from "./live-settings.ts";

/** What made the program look at its files. */
export type ReloadTrigger = "start" | "signal" | "file";

export interface SettingsReloadDeps {
  readonly live: LiveSettings;
  readonly load: () => Promise<Settings>;
  readonly append: (change: Append) => Promise<void>;
  /** Shows a notice to those who run Quarterdeck; the same slot again changes the message that is there. */
  readonly tell: (slot: string, notice: SettingsNotice) => void;
  readonly clock: Pick<Clock, "now" | "setTimer">;
  readonly mask: SecretMask;
  readonly logger: Logger;
}

const STREAM = "server";
const AT_THE_END = -1;
const TYPE = "settings.changed";
// After this what is no mistake in a file, such as a full disk, is tried again.
const AGAIN_MS = 30_000;

/**
 * Takes over what stands in the configuration and the command files, as a whole and only when all of it can be used. Otherwise
 * what was there before stays, and the log and a message say where the mistakes are. What was taken over is in the log first.
 */
export class SettingsReload implements AsyncDisposable {
  readonly #deps: SettingsReloadDeps;
  #reloading: Promise<void> = Promise.resolve();
  /** The mistakes that were told, and where. */
  #refused: { readonly slot: string; readonly digest: string } | undefined;
  #isDisposed = false;
  #again: Timer | undefined;

  constructor(deps: SettingsReloadDeps) {
    this.#deps = deps;
  }

  /** Looks at the files; one time after the other, however often it is asked for. Never rejects. */
  reload(trigger: ReloadTrigger): Promise<void> {
    this.#reloading = this.#reloading.then(() => (this.#isDisposed ? undefined : this.#reload(trigger)));
    return this.#reloading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#again?.cancel();
    await this.#reloading;
  }

  async #reload(trigger: ReloadTrigger): Promise<void> {
    const { live, load, logger } = this.#deps;
    try {
      const settings = await load();
      const changes = live.changesTo(settings);
      if (changes.length > 0) await this.#take(settings, trigger);
      else if (trigger === "signal") logger.info("settings are as they were");
      this.#mended();
    } catch (error) {
      this.#refuse(error, trigger);
    }
  }

  async #take(settings: Settings, trigger: ReloadTrigger): Promise<void> {
    const { live, append, clock, logger, tell } = this.#deps;
    const changes = live.changesTo(settings);
    const before = live.atNextStart;
    await append(settingsChanged({ trigger, settings, changes, at: clock.now() }));
    live.replace(settings);
    const { atNextStart } = live;
    logger.info("settings changed", { trigger, changes, atNextStart });
    const isNews = atNextStart.some((part) => !before.includes(part));
    if (isNews)
      tell(`server/settings/later-${digestOf([atNextStart, clock.now()])}`, {
        kind: "restart-needed",
        what: atNextStart,
      });
  }

  #refuse(error: unknown, trigger: ReloadTrigger): void {
    const { clock, mask, logger, tell } = this.#deps;
    if (!isMistake(error)) this.#tryAgain();
    // A mistake is quoted, and it may be that a secret was written where a name belongs.
    const problems = problemsOf(error).map((problem) => mask.text(problem));
    const digest = digestOf(problems);
    if (this.#refused?.digest === digest && trigger !== "signal") return;
    for (const problem of problems) logger.error("settings cannot be used; those before stay", { trigger, problem });
    logger.debug("settings refused", { code: errorCode(error), error: errorText(error) });
    const slot = this.#refused?.slot ?? `server/settings/refused-${clock.now()}`;
    this.#refused = { slot, digest };
    tell(slot, { kind: "refused", problems });
  }

  #tryAgain(): void {
    if (this.#isDisposed) return;
    this.#again?.cancel();
    this.#again = this.#deps.clock.setTimer(AGAIN_MS, () => void this.reload("file"));
  }

  #mended(): void {
    if (this.#refused === undefined) return;
    this.#deps.logger.info("settings can be used again");
    this.#deps.tell(this.#refused.slot, { kind: "mended" });
    this.#refused = undefined;
  }
}

/** Whether somebody has to mend a file. */
function isMistake(error: unknown): boolean {
  return ["configuration.invalid", "commands.invalid"].includes(errorCode(error));
}

const Listed = z.object({ problems: z.array(z.string()).min(1) });

/** One line for each mistake: `file:line:column: ...`. */
function problemsOf(error: unknown): readonly string[] {
  if (error instanceof InvalidFileError) return error.diagnostics.map((diagnostic) => diagnosticText(diagnostic));
  const listed = error instanceof AppError ? Listed.safeParse(error.details).data : undefined;
  return listed?.problems ?? [errorMessage(error)];
}

/** Notes the settings of a start in the log, when they are others than those that the log knows. */
export async function noteSettingsAtStart(deps: {
  readonly live: LiveSettings;
  readonly store: Pick<Store, "log" | "events">;
  readonly clock: Pick<Clock, "now">;
  readonly logger: Logger;
}): Promise<void> {
  const { live, store, clock, logger } = deps;
  const known = lastKnown(store);
  const changes = known === undefined ? ["first start with this log"] : digestChanges(known, live.digests);
  if (changes.length === 0) return;
  if (known !== undefined) logger.info("settings changed while the server was stopped", { changes });
  await store.events.append(settingsChanged({ trigger: "start", settings: live, changes, at: clock.now() }));
}

function lastKnown({ log }: Pick<Store, "log">): SettingsDigests | undefined {
  const row = log.stream(STREAM).findLast(({ type, payload }) => type === TYPE && payload !== null);
  return row === undefined ? undefined : SettingsDigests.safeParse(storedEvent(row)).data;
}

function settingsChanged(from: {
  readonly trigger: ReloadTrigger;
  readonly settings: Pick<Settings, "configuration" | "digests">;
  readonly changes: readonly string[];
  readonly at: number;
}): Append {
  const { trigger, settings, changes, at } = from;
  const { configuration, digests } = settings;
  const event: LogFact = { type: TYPE, at, trigger, changes, policy: policyOf(configuration), ...digests };
  return { stream: STREAM, expectedVersion: AT_THE_END, events: [event] };
}
