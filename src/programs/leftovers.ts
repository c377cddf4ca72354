import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { type MarkedProcess, markedProcesses, processIdentity } from "./marked-processes.ts";
import { tryReadMark } from "./program-mark.ts";
import type { StopRule } from "./program-order.ts";
import { sendSignal } from "./send-signal.ts";

interface Deps {
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Leftover extends MarkedProcess {
  readonly stop: StopRule;
}

const LOOK_EVERY_MS = 50;

/**
 * Ends what earlier processes of this place started and left behind when they were killed: each is told as its step says, and gets
 * as long as that says. Resolves when none is left.
 */
export async function endLeftovers(place: string, { clock, logger }: Deps): Promise<void> {
  const found = await leftovers(place);
  if (found.length === 0) return;
  const processes = found.map(({ pid }) => pid);
  logger.warn("programs that an earlier process left behind are ended", { processes });
  for (const { pid, stop } of found) sendSignal(pid, stop.signal);
  const graceMs = Math.max(...found.map(({ stop }) => stop.graceMs));
  const until = clock.monotonic() + graceMs;
  while (clock.monotonic() < until && (await leftovers(place)).length > 0) await clock.sleep(LOOK_EVERY_MS);
  await killAll(clock, () => leftovers(place));
}

/** Ends, at once, every process that carries exactly this mark, wherever it has gone. */
export async function endMarked({ mark, clock }: { readonly mark: string; readonly clock: Clock }): Promise<void> {
  await killAll(clock, async () => (await markedProcesses(mark)).filter((each) => each.mark === mark));
}

const DEAD_WITHIN_MS = 1000;
const LOOK_AGAIN_MS = 5;

/** What is being killed may be starting another one, so it is looked again until there is none. */
async function killAll(clock: Clock, find: () => Promise<readonly MarkedProcess[]>): Promise<void> {
  const until = clock.monotonic() + DEAD_WITHIN_MS;
  for (let left = await find(); left.length > 0; left = await find()) {
    for (const { pid } of left) sendSignal(pid, "SIGKILL");
    if (clock.monotonic() > until) return;
    await clock.sleep(LOOK_AGAIN_MS);
  }
}

async function leftovers(place: string): Promise<readonly Leftover[]> {
  const found: Leftover[] = [];
  for (const each of await markedProcesses(place)) {
    const read = tryReadMark(each.mark);
    if (read === undefined || (await isAlive(read.owner))) continue;
    found.push({ ...each, stop: read.stop });
  }
  return found;
}

async function isAlive(owner: string): Promise<boolean> {
  return (await processIdentity(Number(owner.split("-")[0]))) === owner;
}
