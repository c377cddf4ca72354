import { appliedText, ApplyWatch } from "../../../src/steps/terraform/apply-watch.ts";
import { diagnosticText } from "../../../src/steps/terraform/diagnostic-text.ts";
import { PlanSummary, planSummary } from "../../../src/steps/terraform/plan-summary.ts";
import { parseOutputs, parseStateIdentity } from "../../../src/steps/terraform/state-outputs.ts";
import { earlyEnd, isStale } from "../../../src/steps/terraform/stopped-early.ts";
import { parseStreamLine, type StreamMessage } from "../../../src/steps/terraform/stream-message.ts";
import { AppError, errorCode } from "../../../src/platform/errors.ts";
import { recordedLines } from "../../support/fake-terraform.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const RECORDINGS = [
  "init",
  "plan-create",
  "plan-replace",
  "plan-destroy",
  "plan-nochange",
  "plan-error",
  "apply-create",
];
const TOFU_RECORDINGS = ["init-unreachable", "plan-forget", "plan-keep", "apply-keep"];
const NOTHING = { add: 0, change: 0, destroy: 0, resources: [], otherResources: 0 };

/** What a program of the Terraform family prints: the stream of a plan and of an apply, outputs and state. */
export const target: FuzzTarget = {
  seeds: [
    ...[...RECORDINGS, "apply-stale-plan"].map((name) => recordedLines(`${name}.jsonl`)),
    ...TOFU_RECORDINGS.map((name) => recordedLines(`${name}.jsonl`, "tofu")),
  ].map((lines) => lines.join("\n")),
  words: [
    '"type":"planned_change"',
    '"type":"change_summary"',
    '"type":"diagnostic"',
    '"action":"noop"',
    '"action":"replace"',
    '"action":"delete"',
    '"importing":{"id":"x"}',
    '"operation":"plan"',
    '"sensitive":true',
    '"severity":"error"',
    "Lock Info:\\n  Who: ",
    "dial tcp",
    "Saved plan is stale",
    "__proto__",
    "1e400",
    "-1",
    "\n",
  ],
  longest: 60_000,
  run(input) {
    const messages: StreamMessage[] = [];
    const damage: string[] = [];
    for (const line of input.split("\n")) {
      const parsed = refusedOr(() => parseStreamLine(line));
      if (typeof parsed === "string") damage.push(parsed);
      else if (parsed.kind === "message") messages.push(parsed.message);
    }
    return [
      damage,
      judged(messages, 0),
      judged(messages, 2),
      followed(messages),
      ended(messages, input),
      refusedOr(() => parseOutputs(input)),
      refusedOr(() => parseStateIdentity(input)),
    ];
  },
};

function judged(messages: readonly StreamMessage[], exitCode: 0 | 2): unknown {
  const found = refusedOr(() => planSummary({ messages, exitCode }));
  if (typeof found === "string") return found;
  const { isChange, ...summary } = found;
  must(PlanSummary.safeParse(summary).success, "what is read of a plan is what its schema says");
  must(isChange === (exitCode === 2), "a plan has changes when its exit code says so");
  const counted = messages.filter((message) => message.type === "change_summary").length;
  must(counted > 0, "a plan without its summary is none");
  const destroyed = messages.some(
    (message) => message.type === "planned_change" && ["delete", "replace"].includes(message.change.action),
  );
  must(!destroyed || (summary.destroy > 0 && isChange), "what is destroyed is counted");
  return summary;
}

function followed(messages: readonly StreamMessage[]): unknown {
  const watch = new ApplyWatch(NOTHING);
  const said = messages.map((message) => watch.see(message)?.text ?? "");
  const { done = 0, total = 0 } = watch.progress();
  must(done <= total, "no more is done than there is");
  const applied = watch.applied();
  must(
    applied.unfinished.every((name) => !applied.done.includes(name)),
    "what is under way is not done",
  );
  return [said, appliedText(applied)];
}

function ended(messages: readonly StreamMessage[], input: string): unknown {
  const diagnostics = messages.flatMap((message) => (message.type === "diagnostic" ? [message.diagnostic] : []));
  const bad = { diagnostics, lastWords: input.slice(-400), exitCode: 1, endedBy: undefined };
  for (const diagnostic of diagnostics) must(!diagnosticText(diagnostic).includes("\n"), "a reason is one line");
  return [earlyEnd(bad, "plan"), isStale(bad)];
}

/** What it gives, or the code with which it was refused; anything else that is thrown is a fault. */
function refusedOr<Value>(action: () => Value): Value | string {
  try {
    return action();
  } catch (error) {
    if (error instanceof AppError) return errorCode(error);
    throw error;
  }
}
