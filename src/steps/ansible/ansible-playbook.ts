import { z } from "zod";

import { Artifact } from "../../domain/artifact.ts";
import { JsonValue, type Outcome } from "../../domain/outcome.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { emptyFolder } from "../../programs/empty-folder.ts";
import { CheckResult } from "../image/check-result.ts";
import { RunLog } from "../tools/run-log.ts";
import { gitFolderFaults } from "../written-faults.ts";
import type { AnsibleDeps } from "./ansible-deps.ts";
import { PlaybookInput } from "./ansible-input.ts";
import { PLAYBOOK_NOTES } from "./ansible-notes.ts";
import { HostCounts } from "./event-line.ts";
import { judgePlay } from "./judge-play.ts";
import { playDigest, PlayRecord, type Rest, restOf } from "./play-record.ts";
import { callAnsible, type Played } from "./ansible-call.ts";
import { layOut } from "./workplace.ts";

const Output = z.strictObject({
  hosts: z.record(z.string(), HostCounts).meta({ description: "How often what came of a task, by host" }),
  counts: HostCounts.meta({ description: "The same of all hosts together" }),
  changed: z.boolean().meta({ description: "Whether anything was changed; with `check`, whether anything would be" }),
  stats: z.record(z.string(), JsonValue).meta({ description: "What the playbook put out with `set_stats`, by name" }),
  hostStats: z
    .record(z.string(), z.record(z.string(), JsonValue))
    .meta({ description: "The same for each host, where it is said with `per_host`" }),
  check: CheckResult.meta({ description: "What came of it in words" }),
});
type Output = z.infer<typeof Output>;

/** What the server gathers: the folder, and whether anything is changed. */
const Prepared = z.strictObject({ source: Artifact.optional(), isCheck: z.boolean() });

/**
 * Runs a playbook. A retry is limited to the hosts that are left. Handlers run on a host also where a task of it failed
 * (`--force-handlers`); those that could not, because the host was away or the play was cut short, are written down, and are
 * notified again by the next attempt, which is no success before they have run.
 */
export function ansiblePlaybook(deps: AnsibleDeps): StepKind {
  const { preparation } = deps;
  return defineAction({
    kind: "ansible/playbook",
    summary: "Runs a playbook of Ansible on hosts.",
    input: PlaybookInput,
    output: Output,
    givenFaults: gitFolderFaults("directory"),
    notes: PLAYBOOK_NOTES,
    // Only one that changes nothing may be repeated by itself, and of the others it says itself whether they were begun.
    repeat: "keyed",
    isAwaited: (prepared) => Prepared.safeParse(prepared).data?.isCheck === false,
    prepare: preparation && ((input, context) => prepare(preparation, input, context)),
    run: (input, context) => run(deps, input, context),
  });
}

async function prepare(
  { exportFolder }: NonNullable<AnsibleDeps["preparation"]>,
  { directory, check = false }: PlaybookInput,
  { signal }: Pick<ActionContext, "signal">,
): Promise<z.infer<typeof Prepared>> {
  if ("local" in directory) return { isCheck: check };
  return { isCheck: check, source: await exportFolder({ ...directory, signal }) };
}

async function run(deps: AnsibleDeps, input: PlaybookInput, context: ActionContext): Promise<StepResult<Output>> {
  const { effect, signal, artifacts } = context;
  const play = playDigest(input);
  const isCheck = input.check === true;
  const recorded = (data: unknown): PlayRecord | undefined => (isCheck ? undefined : PlayRecord.safeParse(data).data);
  const before = recorded(context.checkpointed ?? context.earlier);
  if (before?.attempt === effect.attempt) return again(before, input);
  const { source } = Prepared.parse(context.prepared);
  const log = new RunLog(secretsOf(input));
  const rest = restOf({ before, behind: recorded(context.facts.leftBehind) }, input);
  return await deps.folders.use({ name: `ansible ${effect.run} ${effect.path}`, signal }, async (folder) => {
    try {
      const ready = await layOut(deps.ansible, context, { folder, input, source, rest });
      const save = async (record: Omit<PlayRecord, "attempt" | "play">): Promise<void> => {
        if (isCheck) return;
        const noted = { attempt: effect.attempt, play, ...log.masked(record) };
        await context.checkpoint(JsonValue.parse(JSON.parse(JSON.stringify(noted))));
      };
      await save({ rest });
      const played = await callAnsible(deps, { ready, rest, log, context, save });
      const result = log.masked(resultOf(input, rest, played));
      if (isCheck) await leaveDiff(played, log, artifacts);
      const outcome: Outcome = result.status === "succeeded" ? { ...result, output: toJson(result.output) } : result;
      await save({ outcome, rest: restAfter(rest, played) });
      return result;
    } finally {
      await emptyFolder(folder);
      // That a log could not be kept changes nothing of what was done.
      await log.put(artifacts).catch(() => undefined);
    }
  });
}

/** The same attempt once more: what it came to is known, or it was cut short. */
function again({ outcome }: PlayRecord, { playbook }: PlaybookInput): StepResult<Output> {
  if (outcome?.status === "succeeded") return { status: "succeeded", output: Output.parse(outcome.output) };
  if (outcome !== undefined) return outcome;
  const message = `${playbook} was cut short by a crash while it changed hosts. Look how far it came; a person decides whether it is tried again`;
  return { status: "failed", failure: { code: "step.interrupted", message, retry: "never" } };
}

function resultOf(input: PlaybookInput, rest: Rest, played: Played): StepResult<Output> {
  const { playbook, handlers = "run", check: isCheck = false } = input;
  const judged = judgePlay({ ...played, playbook, isCheck, handlers });
  if (judged.kind === "failed") return { status: "failed", failure: judged.failure };
  const { done, stats, hostStats } = restAfter(rest, played);
  const counts = totalOf(Object.values(done));
  const changed = counts.changed > 0;
  const all = Object.values(done);
  const some = all.filter((host) => host.changed > 0).length;
  const check = {
    name: `ansible ${playbook}`.slice(0, 200),
    result: `${isCheck ? "would change" : "changed"} ${some} of ${all.length} hosts (${counts.changed} tasks)`,
  };
  return { status: "succeeded", output: { hosts: done, counts, changed, stats, hostStats, check } };
}

/** What the next attempt goes on from after this one. */
function restAfter(rest: Rest, { watch }: Played): Rest {
  if (!watch.isOver) return { ...rest, owed: [...watch.owed] };
  const left = watch.left(rest.hosts);
  const well = [...watch.hosts].filter(([name, { failed, unreachable }]) => {
    return failed + unreachable === 0 && (left === undefined || !left.includes(name));
  });
  const hostStats = { ...rest.hostStats };
  for (const [host, values] of Object.entries(watch.hostStats)) hostStats[host] = { ...hostStats[host], ...values };
  return {
    ...(left !== undefined && { hosts: [...left] }),
    owed: [...watch.owed],
    done: { ...rest.done, ...Object.fromEntries(well) },
    stats: { ...rest.stats, ...watch.stats },
    hostStats,
  };
}

function totalOf(hosts: readonly HostCounts[]): HostCounts {
  const total = { ok: 0, changed: 0, failed: 0, unreachable: 0, skipped: 0, rescued: 0, ignored: 0 };
  for (const host of hosts) {
    total.ok += host.ok;
    total.changed += host.changed;
    total.failed += host.failed;
    total.unreachable += host.unreachable;
    total.skipped += host.skipped;
    total.rescued += host.rescued;
    total.ignored += host.ignored;
  }
  return total;
}

/** A key is as secret line by line: that is how programs show it. */
function secretsOf(input: PlaybookInput): readonly string[] {
  const { "secret-variables": variables = {}, "vault-secret": vault = "", "ssh-key": key = "" } = input;
  const whole = [...Object.values(variables), vault, key];
  const lines = whole.flatMap((text) => text.split("\n")).filter((line) => !line.startsWith("-----"));
  return [...whole, ...whole.map((text) => text.trim()), ...lines];
}

async function leaveDiff({ diff }: Played, log: RunLog, artifacts: ActionContext["artifacts"]): Promise<void> {
  if (diff.length === 0) return;
  const content = Buffer.from(log.masked(diff.join("")));
  await artifacts.put({ name: "changes.diff", mediaType: "text/x-diff; charset=utf-8", content });
}

function toJson(output: Output): Record<string, z.infer<typeof JsonValue>> {
  return z.record(z.string(), JsonValue).parse(JSON.parse(JSON.stringify(output)));
}
