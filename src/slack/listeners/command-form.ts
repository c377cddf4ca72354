import type { FormChoices, FormField, FormState } from "../../engine/command-form.ts";
import { timeLimit } from "../../platform/time-limit.ts";
import { option } from "../blocks.ts";
import { truncate } from "../mrkdwn.ts";
import type { CommandArrival } from "../front-door.ts";
import { renderAnswer } from "../views/answer.ts";
import {
  type FormMemory,
  formBlock,
  formFieldOf,
  renderCommandForm,
  type ShownOutlook,
  tryFormMemory,
} from "../views/command-form.ts";
import { type Ack, answerOf, type FormErrors, type ListenerDeps, record, tryAck } from "./listener.ts";
import { actorTeam, type ChoicePayload, chosenIn, type FormPayload, OptionsPayload } from "./slack-payloads.ts";

/** What Slack is told that can be chosen. */
export interface OfferedOptions {
  readonly options: ReturnType<typeof option>[];
}

// Slack waits three seconds for options, and for what is wrong with a form that was sent.
const OPTIONS_WITHIN_MS = 2200;
const CHECK_WITHIN_MS = 1800;
const OUTLOOK_WITHIN_MS = 30_000;
const MOST_ERROR = 150;

/** Slack asks what can be chosen in a field of a form. */
export async function handleOptions(deps: ListenerDeps, payload: unknown, ack: Ack<OfferedOptions>): Promise<void> {
  const asked = OptionsPayload.safeParse(payload).data;
  const memory = tryFormMemory(asked?.view?.private_metadata ?? "");
  const field = formFieldOf(asked?.action_id ?? "");
  if (asked === undefined || memory === undefined || field === undefined || field === "environment") {
    await tryAck(deps, ack, { options: [] });
    return;
  }
  using limit = timeLimit(deps.clock, OPTIONS_WITHIN_MS);
  const choices = { command: memory.command, service: memory.service };
  const offered = await inTime(deps, OPTIONS_WITHIN_MS, {
    work: deps.frontDoor.forms.options({ choices, field, typed: asked.value, signal: limit.signal }),
    otherwise: [],
  });
  await tryAck(deps, ack, { options: offered.map((each) => option(each)) });
}

/** Somebody chose something in a form: what depends on it is shown, and then what would happen. */
export async function handleChoice(deps: ListenerDeps, payload: ChoicePayload, ack: Ack): Promise<void> {
  await tryAck(deps, ack);
  const { view } = payload;
  const memory = tryFormMemory(view.private_metadata);
  if (memory === undefined) return;
  const choices = choicesIn(view, memory);
  const state = deps.frontDoor.forms.state(choices);
  if (state === undefined) return;
  const turn = deps.forms.begin(view.id);
  const isWhole = isComplete(state, choices);
  const shown: Shown = { viewId: view.id, state, memory };
  const hash = await show(deps, shown, {
    outlook: { kind: isWhole ? "working" : "incomplete" },
    hash: view.hash,
    turn,
  });
  if (!isWhole || hash === undefined) return;
  const outlook = await outlookOf(deps, { payload, choices, turn });
  // What somebody has changed meanwhile is shown by whoever deals with that.
  if (outlook !== undefined) await show(deps, shown, { outlook, hash, turn });
}

interface Shown {
  readonly viewId: string;
  readonly state: FormState;
  readonly memory: FormMemory;
}

/** Shows the form; undefined when it is not there any more, or a newer change shows it. */
async function show(
  deps: ListenerDeps,
  { viewId, state, memory }: Shown,
  { outlook, hash, turn }: { readonly outlook: ShownOutlook; readonly hash: string; readonly turn: AbortSignal },
): Promise<string | undefined> {
  if (turn.aborted) return undefined;
  const view = renderCommandForm(state, { memory, outlook }, deps.lookups);
  const first = await deps.gateway.updateView({ viewId, hash, view });
  if (first.status === "done") return first.hash;
  const isConflict = first.status !== "limited" && first.code === "hash_conflict";
  // An older change came in between; this one shows everything anew.
  const again = isConflict && !turn.aborted ? await deps.gateway.updateView({ viewId, hash: undefined, view }) : first;
  if (again.status === "done") return again.hash;
  if (!turn.aborted) deps.logger.info("a form could not be shown anew", { result: again });
  return undefined;
}

async function outlookOf(
  deps: ListenerDeps,
  {
    payload,
    choices,
    turn,
  }: { readonly payload: ChoicePayload; readonly choices: FormChoices; readonly turn: AbortSignal },
): Promise<ShownOutlook | undefined> {
  const person = { team: actorTeam(payload), user: payload.user.id };
  using limit = timeLimit(deps.clock, OUTLOOK_WITHIN_MS);
  const signal = AbortSignal.any([turn, limit.signal]);
  try {
    return await deps.frontDoor.forms.outlook({ choices, person, signal });
  } catch (error) {
    if (!turn.aborted) deps.logger.warn("what would happen could not be looked up", { error: String(error) });
    return turn.aborted ? undefined : { kind: "incomplete" };
  }
}

/** Somebody sent the form: what is wrong is shown at its field, and what is right is a command like any other. */
export async function handleCommandForm(deps: ListenerDeps, form: FormPayload, ack: Ack<FormErrors>): Promise<void> {
  const { view } = form;
  const memory = tryFormMemory(view.private_metadata);
  if (memory === undefined) {
    await tryAck(deps, ack);
    return;
  }
  const choices = choicesIn(view, memory);
  // Of a command that is gone, whoever sent it is told so.
  const fields = deps.frontDoor.forms.state(choices)?.fields ?? FIELDS;
  const wrong = missing(fields, choices) ?? (await checked(deps, form, { fields, choices }));
  if (wrong !== undefined) {
    const errors = { [formBlock(wrong.field, choices.service)]: truncate(wrong.message, MOST_ERROR) };
    await tryAck(deps, ack, { response_action: "errors", errors });
    return;
  }
  const arrival = arrivalOf(deps, { form, memory, choices });
  const recorded = await record(deps, `form/${arrival.team}/${view.id}/${view.hash}`, arrival);
  if (recorded.kind !== "recorded") {
    const errors = {
      [formBlock(fields[0] ?? "service", undefined)]:
        "This could not be written down yet, so nothing was started. Send it again.",
    };
    await tryAck(deps, ack, { response_action: "errors", errors });
    return;
  }
  deps.forms.end(view.id);
  await tryAck(deps, ack);
  const answer = answerOf(recorded);
  if (answer !== undefined) await deps.answers.send(arrival, answer);
}

interface Sent {
  readonly form: FormPayload;
  readonly memory: FormMemory;
  readonly choices: FormChoices;
}

function arrivalOf(deps: ListenerDeps, { form, memory, choices }: Sent): CommandArrival {
  const { command, channel, responseUrl, answerUntil } = memory;
  const sender = { team: actorTeam(form), user: form.user.id, channel, responseUrl, answerUntil };
  return { kind: "command", ...sender, door: "modal", command, values: deps.frontDoor.forms.values(choices) };
}

interface Wrong {
  readonly field: FormField;
  readonly message: string;
}

const FIELDS: readonly FormField[] = ["service", "revision", "environment"];

const CHOOSE: Readonly<Record<FormField, string>> = {
  service: "Choose a service.",
  revision: "Choose a revision.",
  environment: "Choose how far it goes.",
};

function missing(fields: readonly FormField[], choices: FormChoices): Wrong | undefined {
  const open = fields.filter((field) => choices[field] === undefined);
  const [first] = open;
  if (first === undefined) return undefined;
  // All that depends on the service is shown after it was chosen, at once.
  const isBeingShown = choices.service !== undefined && open.length === fields.length - 1;
  if (!isBeingShown) return { field: first, message: CHOOSE[first] };
  return { field: "service", message: "Wait a moment: what there is to choose for this service is being shown." };
}

/** What can be found out in time about what is wrong; whatever takes longer is told after the form is closed. */
async function checked(
  deps: ListenerDeps,
  form: FormPayload,
  { fields, choices }: { readonly fields: readonly FormField[]; readonly choices: FormChoices },
): Promise<Wrong | undefined> {
  const person = { team: actorTeam(form), user: form.user.id };
  using limit = timeLimit(deps.clock, CHECK_WITHIN_MS);
  const work = deps.frontDoor.forms.outlook({ choices, person, signal: limit.signal }).catch(() => undefined);
  const outlook = await inTime(deps, CHECK_WITHIN_MS, { work, otherwise: undefined });
  if (outlook?.kind === "wrong") {
    return { field: outlook.field, message: renderAnswer(outlook.answer, deps.lookups).text };
  }
  const [obstacle] = outlook?.plan.obstacles ?? [];
  return obstacle === undefined ? undefined : { field: fields.at(-1) ?? "environment", message: obstacle };
}

/** What stands in the fields. Those of another service than the one that is chosen do not count. */
function choicesIn(view: FormPayload["view"], memory: FormMemory): FormChoices {
  const service = chosenIn(view.state, formBlock("service", undefined));
  const chosen = (field: FormField): string | undefined => chosenIn(view.state, formBlock(field, service));
  return { command: memory.command, service, revision: chosen("revision"), environment: chosen("environment") };
}

function isComplete({ fields }: FormState, choices: FormChoices): boolean {
  return fields.every((field) => choices[field] !== undefined);
}

async function inTime<Value>(
  deps: Pick<ListenerDeps, "clock">,
  withinMs: number,
  { work, otherwise }: { readonly work: Promise<Value>; readonly otherwise: Value },
): Promise<Value> {
  const late = Promise.withResolvers<Value>();
  const timer = deps.clock.setTimer(withinMs, () => late.resolve(otherwise));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    timer.cancel();
  }
}
