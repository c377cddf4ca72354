import { commitPaths } from "../argocd/argocd-server.ts";
import { matchCommand } from "../commands/match-command.ts";
import type { Command } from "../commands/command.ts";
import type { HandLock } from "../domain/hand-lock.ts";
import { type Outlined, outlinedLocks, outlinedSteps, outlineOf } from "../domain/plan-outline.ts";
import type { Plan } from "../domain/plan.ts";
import type { Revision } from "../domain/target.ts";
import { type Answer, notice } from "../engine/answer.ts";
import type { PlanAnswer, PlannedStage } from "../engine/question-answers.ts";
import type { JsonMap } from "../platform/canonical-json.ts";
import { AppError, errorMessage } from "../platform/errors.ts";
import { shortId } from "../platform/ids.ts";
import { liveRevision } from "../steps/live-revision.ts";
import { tryRuleAtStep } from "../steps/own-rule.ts";
import { commandName } from "./command-name.ts";
import { textOf } from "./command-values.ts";
import { explainMismatch } from "./explain-mismatch.ts";
import { actsIn, type NamedPlaces, namePlaces } from "./name-places.ts";
import type { QuestionAsk, QuestionDeps } from "./question-ask.ts";
import { plannedEntries, widestWindow } from "./planned-entries.ts";
import { obstacleOf, type ReadAt } from "./resolve-target.ts";
import { inputsOf, titleOf } from "./resolved-ask.ts";
import { lookAtPlaces, placesOf, resolveAsked } from "./start-request.ts";
import { unlockWords } from "./unlock-words.ts";

/** What the command that follows would do. */
export async function planAnswer(deps: QuestionDeps, ask: QuestionAsk): Promise<Answer> {
  const { person, signal } = ask;
  const match = matchCommand(deps.commands, typedLine(deps.commands, ask));
  if (match.kind === "help") return { kind: "text", text: match.text };
  if (match.kind === "mismatch") return { kind: "text", ...explainMismatch(deps, match) };
  const { command, values } = match;
  if (command.body.kind === "plan") {
    return await outlookOf(deps, { command, plan: command.body.plan, values, person, signal });
  }
  return notice(
    "plan.no-run",
    `"${commandName(command)}" starts no run, so there is nothing to plan. What can be planned begins with ${plannable(deps.commands)}.`,
  );
}

function plannable(commands: readonly Command[]): string {
  const starts = commands.flatMap((command) => (command.body.kind === "plan" ? [commandName(command)] : []));
  return starts.toSorted().join(", ");
}

/** What was typed after `plan`, with or without its slash, and without `/qd` where that is meant. */
function typedLine(commands: readonly Command[], ask: QuestionAsk): { readonly slash: string; readonly text: string } {
  const [first = "", ...rest] = textOf(ask.command, ask.values, "string").split(" ");
  const slash = first.replace(/^\//u, "");
  const isSlash = first.startsWith("/") || commands.some(({ pattern }) => pattern.slash === slash);
  if (isSlash) return { slash, text: rest.join(" ") };
  return { slash: ask.command.pattern.slash, text: [first, ...rest].join(" ") };
}

/** A command that starts a run, with what was typed for its inputs. */
export interface OutlookAsk {
  readonly command: Command;
  readonly plan: Plan;
  readonly values: JsonMap;
  readonly person: QuestionAsk["person"];
  readonly signal: AbortSignal;
}

/** What would happen if it were asked for now: a `plan`, or the reason why it cannot even be told. */
export async function outlookOf(deps: QuestionDeps, ask: OutlookAsk): Promise<Answer> {
  const named = namePlaces(deps.inventory, ask);
  if (named.kind === "refused") return named.answer;
  const looked = await lookAtPlaces(deps, named.value, ask.signal);
  if (looked.kind === "refused") return looked.answer;
  const found = await resolveAsked(deps, ask, { seen: looked.value, named: named.value });
  if (found.kind === "refused") return found.answer;
  const revision = found.value;
  const resolved = { ...named.value, revision };
  const where = { environment: named.value.environment?.name, targets: placesOf(named.value) };
  const authorization = await deps.check.mayAct(ask.person, actsIn(ask.plan.verb, where));
  const run = { id: "run_", requester: ask.person.pseudonym };
  const scope = { ...inputsOf(ask, resolved), run, steps: {}, secrets: {} };
  const outline = outlineOf(ask.plan.steps, scope);
  const stages = await Promise.all(
    looked.value.map((seen) => stageOf(deps, { ask, seen, revision, outline, places: named.value })),
  );
  const denied = authorization.kind === "denied" ? [authorization.message] : [];
  const obstacles = looked.value.flatMap((seen) => messageOf(obstacleOf([seen])));
  const beside = besideOf(deps, { outline, places: named.value });
  const locks = [...stages, ...(beside === undefined ? [] : [beside])].flatMap((each) => each.locks);
  return {
    kind: "plan",
    title: titleOf(ask, resolved),
    ...(revision !== undefined && { revision: shownRevision(revision) }),
    stages,
    ...besides(outline, { named: named.value, last: outlineOf(ask.plan.finally ?? [], scope) }),
    ...(beside !== undefined && { beside }),
    obstacles: [...denied, ...obstacles, ...locksInTheWay(deps, locks, ask.plan)],
  };
}

function shownRevision(revision: Revision): NonNullable<PlanAnswer["revision"]> {
  const { sha, short, subject, author, authoredAt } = revision;
  return { sha, short, subject, author, authoredAt };
}

/** Whether a step or a lock belongs to an environment; what names no application belongs to the only one there is. */
function isInStage({ targets }: NamedPlaces, { app }: { readonly app: string | undefined }): boolean {
  return targets.length === 1
    ? app === undefined || app === targets[0]?.app
    : targets.some((target) => target.app === app);
}

/** What is asked and taken outside of all environments; undefined where nothing is. */
function besideOf(
  deps: QuestionDeps,
  { outline, places }: { readonly outline: readonly Outlined[]; readonly places: NamedPlaces },
): PlanAnswer["beside"] {
  const keys = outlinedLocks(outline).flatMap((lock) => (isInStage(places, lock) ? [] : lock.keys));
  const gate = outlinedSteps(outline).find(
    (step) => step.app === undefined && step.sort === "gate" && step.when !== "skipped" && !isInStage(places, step),
  );
  const approval = gate && (places.environment?.approval ?? tryRuleAtStep(gate.given));
  if (keys.length === 0 && approval === undefined) return undefined;
  return { locks: keys.map((key) => lockNow(deps, key)), ...(approval !== undefined && { approval }) };
}

/** What belongs to no environment, and how the environments go together. */
function besides(
  outline: readonly Outlined[],
  { named, last }: { readonly named: NamedPlaces; readonly last: readonly Outlined[] },
): Pick<PlanAnswer, "besides" | "finally" | "atATime"> {
  const others = plannedEntries(outline, (step) => !isInStage(named, step));
  const ended = plannedEntries(last, () => true);
  const atATime = widestWindow(outline);
  return {
    ...(others.length > 0 && { besides: others }),
    ...(ended.length > 0 && { finally: ended }),
    ...(atATime > 1 && { atATime }),
  };
}

interface StageAsk {
  readonly ask: OutlookAsk;
  readonly seen: ReadAt;
  readonly revision: Revision | undefined;
  readonly outline: readonly Outlined[];
  readonly places: NamedPlaces;
}

async function stageOf(deps: QuestionDeps, stage: StageAsk): Promise<PlannedStage> {
  const { seen, outline, places } = stage;
  const { target, application } = seen;
  // What names no application belongs to the only environment there is.
  const isOwn = ({ app }: { readonly app: string | undefined }): boolean =>
    app === target.app || (app === undefined && places.targets.length === 1);
  const keys = outlinedLocks(outline)
    .filter(isOwn)
    .flatMap((lock) => lock.keys);
  const asks = outlinedSteps(outline).some((step) => isOwn(step) && step.sort === "gate" && step.when !== "skipped");
  return {
    environment: target.name,
    app: target.app,
    fromRevision: liveRevision(application),
    steps: plannedEntries(outline, isOwn),
    ...(asks && target.approval !== undefined && { approval: target.approval }),
    locks: keys.map((key) => lockNow(deps, key)),
    warnings: (await Promise.all([moveWarning(deps, stage), windowWarning(stage)])).flat(),
  };
}

function lockNow(deps: QuestionDeps, key: string): PlannedStage["locks"][number] {
  const hand = deps.locks.on(key);
  if (hand !== undefined) return { key, held: handText(hand) };
  const claim = deps.events.claims().find(({ keys, status }) => status === "held" && keys.includes(key));
  return claim === undefined ? { key } : { key, held: `held by ${shortId(claim.run)} now, so this would wait for it` };
}

function handText({ reason, run }: HandLock, how = ""): string {
  return `${run === undefined ? "locked by hand" : `held by the rollback ${shortId(run)}`}${how}: ${reason}`;
}

function locksInTheWay(deps: QuestionDeps, locks: PlannedStage["locks"], { urgent }: Plan): readonly string[] {
  return locks.flatMap(({ key }) => {
    const lock = deps.locks.on(key);
    if (lock === undefined || (urgent === true && lock.run !== undefined)) return [];
    const words = unlockWords(deps.commands, lock);
    // Before the reason, which may be long: the end is cut where there is little room.
    return [`${key} is ${handText(lock, words === undefined ? "" : ` (${words} lifts it)`)}.`];
  });
}

/** What the move from what is live to the revision is like. */
async function moveWarning(deps: QuestionDeps, { seen, revision, ask }: StageAsk): Promise<readonly string[]> {
  if (revision === undefined) return [];
  const from = liveRevision(seen.application);
  const { repository, sha: to, short } = revision;
  if (from === "") return ["Nothing is known to be live there yet."];
  if (from === to) return [`${short} is live there already.`];
  try {
    const paths = commitPaths(seen.application);
    const between = await deps.git.commitsBetween({ repository, from, to, paths, signal: ask.signal });
    if (between.kind === "forward") {
      return between.added.touching === 0 ? ["No commit in between touches this application: it changes nothing."] : [];
    }
    if (between.kind === "backward") return [`This goes back: ${short} is older than what is live.`];
    if (between.kind !== "diverged") return ["How it relates to what is live is not known."];
    const lost = between.removed.touching + between.removed.others;
    return [`The two have parted: ${lost} commits that are live now would be gone.`];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [`The commits in between could not be read: ${errorMessage(error)}`];
  }
}

async function windowWarning({ seen, ask }: StageAsk): Promise<readonly string[]> {
  const { server, address } = seen.location;
  try {
    const { canSync } = await server.client.syncWindows(address, { signal: ask.signal });
    return canSync ? [] : ["A sync window of Argo CD is closed at the moment; the sync would wait for it to open."];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return ["Whether a sync window is closed could not be read."];
  }
}

function messageOf(answer: Answer | undefined): readonly string[] {
  return answer?.kind === "notice" ? [answer.message] : [];
}
