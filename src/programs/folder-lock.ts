import { link, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";

import { z } from "zod";

import type { Clock } from "../platform/clock.ts";
import { tryJson } from "../platform/try-json.ts";
import { processIdentity, processNamespace } from "./marked-processes.ts";

/** Who has a folder: where numbers of processes mean the same, by its own. */
const Holder = z.object({ namespace: z.string(), process: z.string() });

const LOOK_AGAIN_MS = 200;
const BEAT_MS = 5000;
// Of somebody on another machine or in another container it is only seen that they do not say any more that they are there.
const DEAD_AFTER_MS = 30_000;

/** The lock is a file beside the folder, which whoever has it touches again and again. */
export async function lockFolder(
  file: string,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<AsyncDisposable> {
  const namespace = await processNamespace();
  const own = JSON.stringify({ namespace, process: (await processIdentity(process.pid)) ?? `${process.pid}-0` });
  while (!(await make(file, own))) {
    const abandoned = await abandonedLock(file, { namespace, clock });
    if (abandoned === undefined) await clock.sleep(LOOK_AGAIN_MS, signal);
    else await takeAway(file, abandoned);
  }
  const state = { isHeld: true };
  const beat = (): void => {
    const now = clock.now() / 1000;
    if (state.isHeld) void utimes(file, now, now).catch(() => undefined);
  };
  const again = (): void => {
    if (!state.isHeld) return;
    beat();
    clock.setTimer(BEAT_MS, again);
  };
  again();
  return {
    async [Symbol.asyncDispose]() {
      state.isHeld = false;
      await rm(file, { force: true });
    },
  };
}

/** False where there is one already. */
async function make(file: string, content: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx", 0o600);
    await handle.writeFile(content);
    await handle.close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** What stands in the lock of somebody who is gone; undefined for a lock that is held, or not there. */
async function abandonedLock(
  file: string,
  { namespace, clock }: { readonly namespace: string; readonly clock: Clock },
): Promise<string | undefined> {
  const [text, found] = await Promise.all([readFile(file, "utf8").catch(() => ""), stat(file).catch(() => undefined)]);
  if (found === undefined) return undefined;
  const holder = Holder.safeParse(tryJson(text)).data;
  if (holder?.namespace === namespace && namespace !== "none") {
    const identity = await processIdentity(Number(holder.process.split("-")[0]));
    return identity === holder.process ? undefined : text;
  }
  return clock.now() - found.mtimeMs > DEAD_AFTER_MS ? text : undefined;
}

/** By one only: whoever renames it first. One that somebody else has made meanwhile is put back. */
async function takeAway(file: string, abandoned: string): Promise<void> {
  const away = `${file}.${process.pid}`;
  await rename(file, away).catch(() => undefined);
  const taken = await readFile(away, "utf8").catch(() => abandoned);
  if (taken !== abandoned) await link(away, file).catch(() => undefined);
  await rm(away, { force: true });
}
