import { commitSources } from "../argocd/argocd-server.ts";
import type { GateSubject } from "../domain/gate.ts";
import type { Answer } from "../engine/answer.ts";
import { gatherEvidence } from "../steps/gate-evidence.ts";
import { liveRevision } from "../steps/live-revision.ts";
import { textOf } from "./command-values.ts";
import { namePlace } from "./name-places.ts";
import type { QuestionAsk, QuestionDeps } from "./question-ask.ts";
import { resolveTyped } from "./resolve-revision.ts";
import { lookAtTargets } from "./resolve-target.ts";

/** What a revision would change in one environment: the same that people are shown before they approve it. */
export async function diffAnswer(deps: QuestionDeps, ask: QuestionAsk): Promise<Answer> {
  const named = namePlace(deps.inventory, ask);
  if (named.kind === "refused") return named.answer;
  const { service, target } = named.value;
  const { signal } = ask;
  const looked = await lookAtTargets(deps.servers, { service, targets: [target], signal });
  if (looked.kind === "refused") return looked.answer;
  const text = textOf(ask.command, ask.values, "revision");
  const revision = await resolveTyped(deps, { text, seen: looked.value, signal });
  if (revision.kind === "refused") return revision.answer;
  const [seen] = looked.value;
  if (seen === undefined) throw new TypeError(`${target.app} was not looked at`);
  const { application, location } = seen;
  const { sha, short, subject } = revision.value;
  const from = liveRevision(application);
  const { repository } = commitSources(application);
  const change: Pick<GateSubject, "fromRevision" | "toRevision" | "repository"> = {
    fromRevision: from,
    toRevision: sha,
    repository,
  };
  const git = deps.git;
  const proofs = (app: string): ReturnType<QuestionDeps["proofs"]>[number] | undefined => deps.proofs(app)[0];
  const evidence = await gatherEvidence(
    { servers: deps.servers, git, proofs },
    { subject: change, application, location, prompt: "", context: { signal, facts: {} } },
  );
  const place = { service: service.name, environment: target.name, app: target.app };
  return { kind: "diff", ...place, fromRevision: from, revision: { sha, short, subject }, evidence };
}
