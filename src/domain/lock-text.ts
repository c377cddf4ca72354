import { z } from "zod";

import { shortId } from "../platform/ids.ts";
import type { LockReply } from "./lock-book.ts";
import type { Failure } from "./outcome.ts";
import type { LockNode } from "./plan.ts";
import type { RunState } from "./run-state.ts";

/** Why a request of the run for locks cannot even wait; undefined when it is granted or waits. */
export function lockRefusal(
  reply: LockReply,
  {
    run,
    keys,
    whenLocked,
  }: { readonly run: string; readonly keys: readonly string[]; readonly whenLocked: LockNode["whenLocked"] },
): Failure | undefined {
  const names = keys.join(", ");
  if (reply.kind === "cycle" && reply.run === run) {
    const message =
      `Another branch of this run holds ${names} and waits, directly or through others, for a lock that this branch holds: ` +
      "neither could ever go on. Let both take them in the same order, or together.";
    return { code: "lock.cycle", message, retry: "never", details: { run } };
  }
  if (reply.kind === "cycle") {
    const other = shortId(reply.run);
    const message =
      `${other} holds ${names} and waits, directly or through others, for a lock that this run holds: neither could ever go on. ` +
      `This one came later and gives way. Retry it when ${other} has ended.`;
    return { code: "lock.cycle", message, retry: "never", details: { run: reply.run } };
  }
  if (reply.kind === "free" || whenLocked === "queue") return undefined;
  // Branches of one run take turns: the lock is this run's already.
  if (reply.kind === "taken" && reply.run === run) return undefined;
  if (reply.kind === "hand-locked") {
    const { key, reason } = reply.lock;
    const message = `${key} is locked by hand (${reason}), and this command does not wait. Try again when it has been unlocked.`;
    return { code: "lock.by-hand", message, retry: "never", details: { key, reason } };
  }
  const holder = reply.run === undefined ? "another run" : shortId(reply.run);
  const message = `${names} is locked by ${holder}, and this command does not wait. Try again when it has ended.`;
  return { code: "lock.taken", message, retry: "never" };
}

/** What a step says of the commit that was live before it. */
const Operated = z.object({ operation: z.object({ before: z.object({ revision: z.string() }) }) });

/** Why a hold is left, as people read it beside the lock. */
export function holdReason({ id, steps }: RunState): string {
  const all = [...steps.values()].toReversed();
  const operated = all.flatMap(({ output }) => Operated.safeParse(output).data?.operation.before.revision ?? []);
  const from = operated[0] ?? all.find(({ gate }) => gate !== undefined)?.gate?.subject.fromRevision ?? "";
  return `rolled back${from === "" ? "" : ` from ${from.slice(0, 7)}`} by ${shortId(id)}`;
}
