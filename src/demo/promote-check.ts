import { verifyLog } from "../audit/verify-log.ts";
import { foldRun } from "../domain/evolve.ts";
import type { RunEvent } from "../domain/run-event.ts";
import { DEMO_COMMITS } from "../simulator/git-demo-repository.ts";
import type { SlackMessage } from "../simulator/slack-messages.ts";
import { openLog } from "../store/store.ts";
import { parseRunEvent } from "../store/log-reader.ts";
import type { DemoWorld } from "./demo-world.ts";
import { ANA, DEPLOYS, failure, hasButton, PRIYA } from "./story.ts";

/** Compares what a promotion left behind with what it has to leave behind; throws with everything that differs. */
export function checkPromotion(world: DemoWorld): readonly string[] {
  const found = [...checkArgocd(world), ...checkLog(world), ...checkMessages(world), ...checkCalls(world)];
  const wrong = found.filter(({ ok }) => !ok).map(({ what }) => what);
  if (wrong.length > 0) throw failure(`The story did not end as it should:\n- ${wrong.join("\n- ")}`);
  return found.map(({ what }) => what);
}

interface Finding {
  readonly what: string;
  readonly ok: boolean;
}

function finding(what: string, ok: boolean): Finding {
  return { what, ok };
}

/** Both environments are at the commit, by one sync each that is ours, and nothing else was touched. */
function checkArgocd({ argocd }: DemoWorld): readonly Finding[] {
  return argocd.state().applications.flatMap((application) => {
    const { name, liveRevision, health, deployments, operation } = application;
    if (!name.startsWith("checkout-")) return [finding(`Argo CD: ${name} was not touched`, deployments === 1)];
    return [
      finding(
        `Argo CD: ${name} is live at abc123 and Healthy`,
        liveRevision === DEMO_COMMITS.target && health === "Healthy",
      ),
      finding(`Argo CD: ${name} was synced exactly once`, deployments === 2),
      finding(
        `Argo CD: the sync of ${name} carries our run`,
        (operation?.infos["quarterdeck.run"] ?? "").startsWith("run_"),
      ),
    ];
  });
}

/** The log is an unbroken chain and says who asked, who was refused, who approved what, and what was proven. */
function checkLog({ dataFolder }: DemoWorld): readonly Finding[] {
  using opened = openLog(dataFolder);
  const { log } = opened;
  const verdict = verifyLog({ rows: log.rows(), people: log.people() });
  const rows = [...log.rows()].filter(({ stream }) => stream.startsWith("run_"));
  const runs = [...new Set(rows.map(({ stream }) => stream))];
  const events = rows.map((row) => parseRunEvent(row));
  const users = new Map(log.people().map(({ pseudonym, user }) => [pseudonym, user]));
  const who = (type: RunEvent["type"]): readonly (string | undefined)[] =>
    events.filter((event) => event.type === type).map(({ actor }) => users.get(actor ?? ""));
  const count = (type: RunEvent["type"], path: string): number =>
    events.filter((event) => event.type === type && "path" in event && event.path.endsWith(path)).length;
  const [run = ""] = runs;
  const state = runs.length === 1 ? foldRun(run, events) : undefined;
  return [
    finding("Log: the chain is unbroken", verdict.status === "intact"),
    finding("Log: there is one run, and it succeeded", state?.status === "succeeded"),
    finding("Log: Ana asked", same(who("run.started"), [ANA])),
    finding("Log: Ana was refused her own approval", same(who("gate.refused"), [ANA])),
    finding("Log: Priya approved", same(who("gate.decided"), [PRIYA])),
    finding(
      "Log: each environment was synced by one attempt",
      ["[staging]/sync", "[prod]/sync"].every((path) => count("step.started", path) === 1),
    ),
    finding(
      "Log: each environment is proven",
      ["[staging]/healthy", "[prod]/healthy"].every((path) => count("step.succeeded", path) === 1),
    ),
  ];
}

/** One card, one message per step and one request for approval, all in their final state. */
function checkMessages({ slack }: DemoWorld): readonly Finding[] {
  const posted = slack.world.messages
    .all(DEPLOYS)
    .filter(({ botId, viewer }) => botId !== undefined && viewer === undefined);
  const cards = posted.filter(({ threadTs }) => threadTs === undefined);
  const [card] = cards;
  const replies = posted.filter(({ threadTs }) => threadTs !== undefined && threadTs === card?.ts);
  const steps = ["staging", "prod"].flatMap((environment) =>
    ["sync", "healthy"].map((step) => [environment, step] as const),
  );
  const gates = replies.filter((message) => !steps.some(([environment, step]) => isStep(message, environment, step)));
  return [
    finding(
      "Slack: one card, and it says that the run succeeded",
      cards.length === 1 && (card?.text.includes("succeeded") ?? false),
    ),
    ...steps.map(([environment, step]) => {
      const own = replies.filter((message) => isStep(message, environment, step));
      const isFinal = own.length === 1 && /succeeded/u.test(own[0]?.text ?? "");
      return finding(`Slack: one message for ${environment} ${step}, and it is final`, isFinal);
    }),
    finding(
      "Slack: one request for approval, decided, without buttons",
      gates.length === 1 && gates.every((gate) => !hasButton(gate, "gate_approve")),
    ),
    finding(
      "Slack: the request names Priya as the one who approved",
      gates.some(({ blocks }) => JSON.stringify(blocks).includes(`<@${PRIYA}>`)),
    ),
  ];
}

function isStep({ text }: SlackMessage, environment: string, step: string): boolean {
  return text.startsWith(`Step ${step} in ${environment}`);
}

/** Slack never had to refuse or slow down anything that was sent. */
function checkCalls({ slack }: DemoWorld): readonly Finding[] {
  const calls = slack.world.journal.calls();
  const refused = calls.filter(({ answer, status }) => status !== 0 && answer?.["ok"] === false);
  return [
    finding(
      "Slack: no call was limited",
      calls.every(({ status }) => status !== 429),
    ),
    finding(
      `Slack: no call was refused (${refused.map(({ method, answer }) => `${method}: ${String(answer?.["error"])}`).join(", ") || "none"})`,
      refused.length === 0,
    ),
  ];
}

function same(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
