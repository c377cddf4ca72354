import { commitPaths, commitSources } from "../argocd/argocd-server.ts";
import type { Service, Target } from "../domain/target.ts";
import type { Answer } from "../engine/answer.ts";
import type { Bearing, LivePlace, WhereAnswer } from "../engine/question-answers.ts";
import { liveRevision } from "../steps/live-revision.ts";
import { textOf } from "./command-values.ts";
import { nameService } from "./name-places.ts";
import { approversOf, placeOf, type QueryDeps } from "./queries.ts";
import type { QuestionAsk, QuestionDeps } from "./question-ask.ts";
import { resolveTyped, type RevisionDeps } from "./resolve-revision.ts";
import { lookAtTargets, type LookedAt } from "./resolve-target.ts";

type WhereDeps = Omit<QueryDeps, "mode" | "people" | "operations"> & RevisionDeps & Pick<QuestionDeps, "runs">;

/** What is live in each environment and who brought it there; from the newest copies that Argo CD's stream brought. */
export function liveAnswer(deps: QuestionDeps, ask: Pick<QuestionAsk, "command" | "values">): Answer {
  const named = nameService(deps.inventory, ask);
  return named.kind === "refused" ? named.answer : livePlaces(deps, named.value);
}

/** The same of a service that is known. */
export function livePlaces(deps: WhereDeps, { name: service, environments }: Service): WhereAnswer {
  return { kind: "where", service, places: environments.map((target) => livePlace(deps, target)) };
}

/** The same as Argo CD has it now, and where a revision has come. */
export async function whereAnswer(deps: QuestionDeps, ask: QuestionAsk): Promise<Answer> {
  const named = nameService(deps.inventory, ask);
  if (named.kind === "refused") return named.answer;
  const typed = textOf(ask.command, ask.values, "revision");
  return await whereIs(deps, { service: named.value, typed, signal: ask.signal });
}

function livePlace(deps: WhereDeps, target: Target): LivePlace {
  const place = placeOf(deps, target);
  const proof = deps.proofs(target.app).find(({ revision }) => revision === place.revision);
  if (proof === undefined) return place;
  // A run that was redacted, or that this version cannot read any more, still proved it.
  const run = deps.runs.tryState(proof.run);
  if (run === undefined) return place;
  const approvedBy = approversOf(deps.events, proof.run, target.name);
  return { ...place, provenBy: { run: proof.run, requester: run.requester, approvedBy } };
}

/** Where a revision of a service has come, by what was typed for it. */
export async function whereIs(
  deps: WhereDeps,
  { service, typed, signal }: { readonly service: Service; readonly typed: string; readonly signal: AbortSignal },
): Promise<Answer> {
  const looked = await lookAtTargets(deps.servers, { service, targets: service.environments, signal });
  if (looked.kind === "refused") return looked.answer;
  const revision = await resolveTyped(deps, { text: typed, seen: looked.value, signal });
  if (revision.kind === "refused") return revision.answer;
  const { sha, short, subject } = revision.value;
  const places = await Promise.all(
    looked.value.map(async (seen): Promise<LivePlace> => {
      const bearing = await bearingOf(deps, { seen, sha, signal });
      return Object.assign(livePlace(deps, seen.target), { revision: liveRevision(seen.application), bearing });
    }),
  );
  return { kind: "where", service: service.name, revision: { sha, short, subject }, places };
}

/** Whether the commit is in what is live: it is, or what is live comes after it. */
async function bearingOf(
  { git }: WhereDeps,
  { seen, sha, signal }: { readonly seen: LookedAt; readonly sha: string; readonly signal: AbortSignal },
): Promise<Bearing> {
  const live = liveRevision(seen.application);
  if (live === "") return "unknown";
  if (live === sha) return "live";
  const { repository } = commitSources(seen.application);
  const paths = commitPaths(seen.application);
  const between = await git.commitsBetween({ repository, from: sha, to: live, paths, signal });
  switch (between.kind) {
    case "same":
      return "live";
    case "forward":
      return "contained";
    case "backward":
    case "diverged":
      return "missing";
    case "unknown-live":
    case "unknown-target":
      return "unknown";
  }
}
