import type { SlotStore } from "../../engine/ports.ts";
import type { Clock } from "../../platform/clock.ts";
import { errorCode, errorText } from "../../platform/errors.ts";
import type { Logger } from "../../platform/logger.ts";
import type { MessageContent } from "../blocks.ts";
import type { Answer } from "../../engine/answer.ts";
import type { Arrival, FrontDoor, Sender } from "../front-door.ts";
import type { SlackAnswers } from "../slack-answers.ts";
import type { FormTurns } from "../form-turns.ts";
import type { SlackGateway } from "../slack-gateway.ts";
import { renderAnswer } from "../views/answer.ts";
import { renderNotice } from "../views/notice.ts";
import type { ViewLookups } from "../views/view-lookups.ts";
import { actorTeam, type ClickPayload } from "./slack-payloads.ts";

/** Tells Slack that something has arrived, within three seconds of its arrival; rejects when the connection is gone. */
export type Ack<Response = never> = (response?: Response) => Promise<void>;

/** A message that only the person sees who typed the command. */
export interface PrivateAnswer {
  readonly response_type: "ephemeral";
  readonly text: string;
  readonly blocks: MessageContent["blocks"];
}

/** What Slack shows beside the fields of the form. */
export interface FormErrors {
  readonly response_action: "errors";
  readonly errors: Record<string, string>;
}

/** What a listener works with. Payload and ack are all that it sees of the transport. */
export interface ListenerDeps {
  readonly frontDoor: FrontDoor;
  readonly answers: Pick<SlackAnswers, "send" | "hold">;
  readonly gateway: Pick<SlackGateway, "openView" | "updateView">;
  readonly forms: FormTurns;
  readonly slots: Pick<SlotStore, "slot" | "slotByMessage">;
  readonly lookups: ViewLookups;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The workspace in which the app is installed, once it is known. */
  readonly ownTeam: () => string | undefined;
}

/** How long Slack takes answers through a response address, less a minute. */
export const ANSWERABLE_MS = 29 * 60_000;
// Slack gives up on an acknowledgement after three seconds.
const ACK_WITHIN_MS = 2300;

export type Recorded =
  /** `form` is the command that a form is to be opened for; `answer` is what is said where none can be. */
  | { readonly kind: "recorded"; readonly answer: MessageContent | undefined; readonly form?: string }
  | { readonly kind: "failed"; readonly notice: MessageContent }
  /** Not on the disk yet; `later` never rejects. */
  | { readonly kind: "slow"; readonly later: Promise<Recorded> };

/** Hands an arrival to the front door, and comes back in time for the acknowledgement whatever happens. */
export async function record(deps: ListenerDeps, key: string, arrival: Arrival): Promise<Recorded> {
  const done = received(deps, key, arrival);
  const late = Promise.withResolvers<Recorded>();
  const timer = deps.clock.setTimer(ACK_WITHIN_MS, () => late.resolve({ kind: "slow", later: done }));
  try {
    return await Promise.race([done, late.promise]);
  } finally {
    timer.cancel();
  }
}

/**
 * Says privately that nothing came of a click, and acknowledges it once that is said: where it cannot be, Slack's own warning says
 * so.
 */
export async function turnDown(
  deps: ListenerDeps,
  { to, notice, ack }: { readonly to: Sender; readonly notice: MessageContent; readonly ack: Ack },
): Promise<void> {
  const late = Promise.withResolvers<boolean>();
  const timer = deps.clock.setTimer(ACK_WITHIN_MS, () => late.resolve(false));
  const isTold = await Promise.race([deps.answers.send(to, notice), late.promise]);
  timer.cancel();
  if (isTold) await tryAck(deps, ack);
}

/** What can be told to the person now. */
export function answerOf(recorded: Recorded): MessageContent | undefined {
  if (recorded.kind === "recorded") return recorded.answer;
  return recorded.kind === "failed" ? recorded.notice : undefined;
}

async function received(deps: ListenerDeps, key: string, arrival: Arrival): Promise<Recorded> {
  try {
    const answer: Answer | undefined = await deps.frontDoor.receive(key, arrival);
    const form = answer?.kind === "form" ? { form: answer.command } : {};
    return { kind: "recorded", answer: answer && renderAnswer(answer, deps.lookups), ...form };
  } catch (error) {
    const code = errorCode(error);
    deps.logger.error("something that arrived from Slack could not be recorded", {
      kind: arrival.kind,
      code,
      error: errorText(error),
    });
    const message = "This could not be written down, so it did not happen.";
    return { kind: "failed", notice: renderNotice({ code, message }) };
  }
}

/** Acknowledges; false when the connection is gone, so that the person sees an error and has to be answered another way. */
export async function tryAck<Response>(deps: ListenerDeps, ack: Ack<Response>, response?: Response): Promise<boolean> {
  try {
    await ack(response);
    return true;
  } catch (error) {
    deps.logger.warn("Slack could not be told that something arrived", { error: errorText(error) });
    return false;
  }
}

/** Who pressed a button, and where the answer goes. */
export function senderOf(deps: ListenerDeps, click: ClickPayload): Sender {
  return {
    team: actorTeam(click),
    user: click.user.id,
    channel: click.container.channel_id ?? "",
    threadTs: click.container.thread_ts,
    responseUrl: click.response_url,
    answerUntil: deps.clock.now() + ANSWERABLE_MS,
  };
}
