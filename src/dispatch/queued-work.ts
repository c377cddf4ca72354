import { effectKey } from "../domain/effect.ts";
import type { StepKind } from "../engine/step-kind.ts";
import { type EnvelopeFault, type EnvelopeKey, openEnvelope } from "./envelope.ts";
import { kindName } from "./kind-name.ts";
import { JobHead, type JobRef, PROTOCOL, QueuedJob, tryReadJob, type WireJob } from "./wire.ts";

export type QueuedWork =
  | { readonly kind: "job"; readonly work: WireJob }
  /** Our server made it, and this worker cannot execute it. */
  | { readonly kind: "unable"; readonly ref: JobRef; readonly message: string }
  /** Our server did not make it. */
  | { readonly kind: "refused"; readonly fault: EnvelopeFault };

/** Reads what was found in the queue, which anybody may have put there. */
export function readQueuedWork(key: EnvelopeKey, data: unknown, kinds: ReadonlyMap<string, StepKind>): QueuedWork {
  const queued = QueuedJob.safeParse(data).data;
  if (queued === undefined) return { kind: "refused", fault: "malformed" };
  const opened = openEnvelope(key, queued.envelope);
  if (opened.kind === "refused") return opened;
  const head = JobHead.safeParse(opened.body).data;
  if (head === undefined) return { kind: "refused", fault: "malformed" };
  const ref = { key: effectKey(head.effect), token: head.token };
  if (head.protocol !== PROTOCOL) return unable(ref, `it is a job of version ${head.version} of the program`);
  const sent = kindName({ kind: head.uses, origin: head.origin });
  const own = kinds.get(head.uses);
  if (own?.sort !== "action") {
    return unable(ref, `it does not know ${sent}, which version ${head.version} of the program sent`);
  }
  if (own.origin?.digest !== head.origin?.digest) return unable(ref, `it has ${kindName(own)}, and the server ${sent}`);
  const work = tryReadJob(opened.body);
  if (work === undefined) return unable(ref, `it cannot read a job of version ${head.version} of the program`);
  return { kind: "job", work };
}

function unable(ref: JobRef, message: string): QueuedWork {
  return { kind: "unable", ref, message };
}
