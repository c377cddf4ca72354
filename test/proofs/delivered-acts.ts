import { z } from "zod";

import type { IntakeRig } from "../support/intake-rig.ts";

const Received = z.looseObject({ id: z.string(), key: z.string(), kind: z.string() });
const Settled = z.looseObject({ id: z.string(), result: z.looseObject({ kind: z.string(), code: z.string() }) });
const Effect = z.looseObject({
  reason: z.string().optional(),
  origin: z.looseObject({ intent: z.string().optional() }).optional(),
});

// What a click is told without the run being asked.
const NOT_ASKED: ReadonlySet<string> = new Set(["run.unknown", "gate.copy", "intent.too-old"]);

/** What a person did: one press, one command. However often it is delivered, it is done once. */
export interface HumanAct {
  readonly kind: "lock" | "unlock" | "promote" | "cancel" | "click";
  readonly body: string;
  /** As the log has to know it. */
  readonly key: string;
  /** The reason of a lock, by which its effect is found again. */
  readonly mark: string;
  /** How often a delivery of it was taken. */
  taken: number;
}

/** Reads the log and says of which acts there is too much or too little. */
export function faultsOfDelivery(rig: IntakeRig, acts: readonly HumanAct[]): readonly string[] {
  const log = readLog(rig);
  const faults = acts.flatMap((act) => {
    const intents = log.received.get(act.key) ?? [];
    const wanted = act.taken > 0 ? 1 : 0;
    if (intents.length !== wanted)
      return [`${act.key} was taken ${act.taken} times and recorded ${intents.length} times`];
    return intents.flatMap((intent) => faultsOfIntent(log, act, intent));
  });
  const clicks = acts.filter(({ kind, taken }) => kind === "click" && taken > 0);
  const asked = clicks.filter(({ key }) => !NOT_ASKED.has(codeOf(log, log.received.get(key)?.[0] ?? "")));
  const facts = (log.types.get("gate.decided") ?? 0) + (log.types.get("gate.refused") ?? 0);
  if (facts !== asked.length) faults.push(`${asked.length} clicks reached a run, which knows of ${facts}`);
  return faults;
}

interface Log {
  /** The ids of the intents by key. */
  readonly received: Map<string, string[]>;
  readonly results: Map<string, string>;
  readonly marks: Map<string, number>;
  readonly runs: Map<string, number>;
  readonly types: Map<string, number>;
}

function faultsOfIntent(log: Log, act: HumanAct, intent: string): readonly string[] {
  const code = codeOf(log, intent);
  if (code === "") return act.kind === "click" ? [] : [`${act.key} was never settled`];
  if (act.kind === "lock")
    return differ(act, { is: log.marks.get(act.mark) ?? 0, wanted: code === "lock.set" ? 1 : 0 });
  if (act.kind === "promote")
    return differ(act, { is: log.runs.get(intent) ?? 0, wanted: code === "run.started" ? 1 : 0 });
  return [];
}

function differ(act: HumanAct, { is, wanted }: { readonly is: number; readonly wanted: number }): readonly string[] {
  return is === wanted ? [] : [`${act.key} (${act.kind}) was done ${is} times instead of ${wanted}`];
}

function codeOf(log: Log, intent: string): string {
  return log.results.get(intent) ?? "";
}

function readLog({ store }: IntakeRig): Log {
  const log: Log = { received: new Map(), results: new Map(), marks: new Map(), runs: new Map(), types: new Map() };
  for (const { type, payload } of store.log.rows()) {
    count(log.types, type);
    const fact: unknown = JSON.parse(payload ?? "null");
    if (type === "intent.received") {
      const { key, id } = Received.parse(fact);
      log.received.set(key, [...(log.received.get(key) ?? []), id]);
    }
    if (type === "intent.settled") {
      const { id, result } = Settled.parse(fact);
      if (!log.results.has(id)) log.results.set(id, result.code);
    }
    if (type === "lock.set") count(log.marks, Effect.parse(fact).reason ?? "");
    if (type === "run.started") count(log.runs, Effect.parse(fact).origin?.intent ?? "");
  }
  return log;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
