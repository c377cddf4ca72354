import type { StepView } from "../../domain/run-view.ts";
import { stepPlace } from "../../domain/step-place.ts";
import { durationText } from "../../platform/duration.ts";
import { context, message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert, link } from "../mrkdwn.ts";
import { personText } from "./person-text.ts";
import { resultLines } from "./step-result.ts";
import { signalLines } from "./signal-hint.ts";
import { progressText, stepEmoji, stepWord } from "./step-words.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** The message of one step in the run's thread, edited in place until the step has ended. */
export function renderStepMessage(view: StepView, lookups: ViewLookups): MessageContent {
  const where = inert(stepPlace(view), 120);
  const place = where === "" ? "" : `${where} · `;
  const head = `${stepEmoji(view)} *${place}${inert(view.name, 60)}* ${stepWord(view)}${lasted(view)}`;
  const body = [...bodyLines(view), ...signalled(view, lookups)];
  const blocks: MessageBlock[] = [section([head, ...body].join("\n")), context(...footer(view, lookups))];
  return message(sentence(view), blocks);
}

/**
 * What a step's message becomes when the approval before it was voided, or a retry has it done over: whatever it had shown is
 * not the case any more.
 */
export function renderSetAsideStep(
  path: string,
  environment: string | undefined,
  because: "void" | "retried" = "void",
): MessageContent {
  const where = inert(stepPlace({ path, environment }), 120);
  const last = inert(path.slice(path.lastIndexOf("/") + 1), 60);
  // Of a whole iteration its place is the name.
  const [place, name] = path.endsWith("]") ? ["", where] : [where === "" ? "" : `${where} · `, last];
  const why =
    because === "void"
      ? "set aside, because the approval before it is void; it starts again after a new one"
      : "set aside, because the run was retried from an earlier step";
  return message(`${place}${name}: ${why}.`, [section(`:heavy_minus_sign: *${place}${name}* ${why}`)]);
}

function lasted(view: StepView): string {
  const { endedAt, firstStartedAt, stops } = view.step;
  return endedAt === undefined || stops !== undefined ? "" : ` after ${durationText(endedAt - firstStartedAt)}`;
}

function bodyLines(view: StepView): readonly string[] {
  const { status, failure, note } = view.step;
  switch (status) {
    case "running": {
      if (view.awaited !== undefined) return promptOf(view);
      const lines = (view.progress?.lines ?? []).slice(0, 8).map((line) => `• ${inert(line, 200)}`);
      return [progressText(view.progress), ...lines].filter((line) => line !== "");
    }
    case "postponed":
      return [inert(note ?? "", 800)];
    case "retrying":
    case "failed":
      return [inert(failure?.message ?? "", 1200)];
    case "succeeded":
      return resultLines(view);
    case "skipped":
    case "cancelled":
      return [inert(note ?? "", 400)];
  }
}

function promptOf({ step }: StepView): readonly string[] {
  const prompt = step.input["prompt"];
  return typeof prompt === "string" ? [inert(prompt, 300)] : [];
}

/** What is to be sent, or who has sent it. */
function signalled({ awaited, step }: StepView, lookups: ViewLookups): readonly string[] {
  if (awaited !== undefined) return signalLines(awaited, lookups);
  const by = step.signal === undefined ? undefined : step.output?.["by"];
  return typeof by === "string" ? [`sent by ${personText(by, lookups)}`] : [];
}

function footer(view: StepView, lookups: ViewLookups): readonly string[] {
  const { attempt, startedAt, endedAt, input, wakeAt, status } = view.step;
  const app = input["app"];
  const url = typeof app === "string" ? lookups.links(app) : undefined;
  const isWaiting = status === "retrying" || status === "postponed";
  return [
    code(view.uses, 60),
    endedAt === undefined ? `started ${dateToken(startedAt, "{ago}")}` : `ended ${dateToken(endedAt, "{time_secs}")}`,
    isWaiting && wakeAt !== undefined ? `next try ${dateToken(wakeAt, "{time_secs}")}` : "",
    attempt > 1 ? `attempt ${attempt}` : "",
    url === undefined ? "" : link(url, "open in Argo CD"),
  ];
}

function sentence(view: StepView): string {
  const where = inert(stepPlace(view), 120);
  const place = where === "" ? "" : ` in ${where}`;
  const [first] = bodyLines(view);
  const about = first === undefined ? "" : `. ${first}`;
  return `Step ${inert(view.name, 60)}${place}: ${stepWord(view)}${lasted(view)}${about}`;
}
