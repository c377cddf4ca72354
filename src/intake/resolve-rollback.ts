import { autoSyncOn, revisionList } from "../argocd/application-facts.ts";
import { commitPaths, commitSources } from "../argocd/argocd-server.ts";
import type { HistoryEntry } from "../argocd/application.ts";
import type { Revision } from "../domain/target.ts";
import { type Answer, notice } from "../engine/answer.ts";
import type { Proof } from "../engine/step-kind.ts";
import { isWholeAt, liveRevision, sourceDigest } from "../steps/live-revision.ts";
import { sourceChanges, storedDigest, storedEntry } from "../steps/stored-sources.ts";
import { autoSyncRollback } from "../steps/sync-preflight.ts";
import { gitRefusal, resolveTyped, type RevisionDeps } from "./resolve-revision.ts";
import type { Looked, LookedAt } from "./resolve-target.ts";

/** What somebody wants to go back to. */
export interface RollbackAsk {
  readonly seen: LookedAt;
  /** The revision as it was typed; undefined for the last one that was proven. */
  readonly text: string | undefined;
  /** By Argo CD's own rollback, with the sources as they were then. */
  readonly stored: boolean;
  /** To a revision that the log has not seen healthy there. */
  readonly unproven: boolean;
  /** The command to this revision, as it can be typed. */
  readonly retype: (to: { readonly revision: string; readonly flag?: "stored" | "unproven" }) => string;
  readonly signal: AbortSignal;
}

const MOST_OFFERED = 5;

/** The revision that a rollback goes to, or what is in the way and what can be typed instead. */
export async function resolveRollback(deps: RevisionDeps, ask: RollbackAsk): Promise<Looked<Revision>> {
  const { seen, signal } = ask;
  if (autoSyncOn(seen.application)) {
    const { code, message } = autoSyncRollback(seen.application).failure;
    return refused(notice(code, `${seen.target.name}: ${message}`));
  }
  const proofs = deps
    .proofs(seen.target.app)
    .filter(({ applicationUid }) => applicationUid === seen.application.metadata.uid);
  if (ask.text !== undefined) return await toNamed(deps, ask, proofs);
  // After a sync that failed or is still running it is the one from before it, which Argo CD goes on calling deployed.
  const proof = proofs.find(({ revision }) => !isWholeAt(seen.application, revision));
  if (proof === undefined) return refused(nothingProven(ask));
  const obstacle = ask.stored ? notAsStored(ask, proof.revision, proof) : sourcesChanged(ask, proof);
  if (obstacle !== undefined) return refused(obstacle);
  return await resolveTyped(deps, { text: proof.revision, seen: [seen], signal });
}

async function toNamed(deps: RevisionDeps, ask: RollbackAsk, proofs: readonly Proof[]): Promise<Looked<Revision>> {
  const { seen, signal, text = "" } = ask;
  const revision = await resolveTyped(deps, { text, seen: [seen], signal });
  if (revision.kind === "refused") return revision;
  const { sha, short } = revision.value;
  const proof = proofs.find((each) => each.revision === sha);
  const forward = proof === undefined ? await refuseForward(deps, ask, revision.value) : undefined;
  if (forward !== undefined) return forward;
  if (proof === undefined && !ask.unproven) {
    const message = `${short} was never seen healthy in ${seen.target.name} by Quarterdeck, so it is unproven. Say that it may be, to go there all the same.`;
    return refused(notice("rollback.unproven", message, [ask.retype({ revision: short, flag: "unproven" })]));
  }
  const obstacle = ask.stored ? notAsStored(ask, sha, proof) : undefined;
  return obstacle === undefined ? revision : refused(obstacle);
}

/** What was never there and is newer than what is live is no way back: it goes through the environments before, as a promotion. */
async function refuseForward(
  deps: RevisionDeps,
  { seen, signal }: RollbackAsk,
  { repository, sha, short }: Revision,
): Promise<Looked<never> | undefined> {
  const { target, application } = seen;
  const from = liveRevision(application);
  const wasThere = application.status.history.some((entry) => revisionList(entry).includes(sha));
  if (from === "" || wasThere) return undefined;
  try {
    const asked = { repository, from, to: sha, paths: commitPaths(application), signal };
    if ((await deps.git.commitsBetween(asked)).kind !== "forward") return undefined;
  } catch (error) {
    return gitRefusal(error);
  }
  const message =
    `${short} is newer than what is live in ${target.name} (${from.slice(0, 7)}) and was never there, so going to it is no way back. ` +
    `Promote it instead: that takes it through the environments before.`;
  return refused(notice("rollback.forward", message));
}

/** What is older than our log, as Argo CD remembers it. */
function nothingProven({ seen, retype }: RollbackAsk): Answer {
  const { target, application } = seen;
  const index = commitSources(application).indexes[0] ?? 0;
  const older = new Map<string, HistoryEntry>();
  for (const entry of application.status.history.toSorted((left, right) => right.id - left.id)) {
    const revision = revisionList(entry)[index] ?? "";
    if (revision !== "" && !older.has(revision) && !isWholeAt(application, revision)) older.set(revision, entry);
  }
  const offered = [...older].slice(0, MOST_OFFERED);
  const known = `The log knows no earlier revision that was proven in ${target.name}, so there is nothing to go back to by itself.`;
  if (offered.length === 0) {
    const message = `${known} Name one: add "to" and a commit, and --unproven.`;
    return notice("rollback.nothing-proven", message);
  }
  const listed = offered.map(([revision, { deployedAt }]) => {
    const when = deployedAt === undefined ? "" : `, deployed ${deployedAt.slice(0, 16).replace("T", " ")} UTC`;
    return `${revision.slice(0, 7)}${when}`;
  });
  const message =
    `${known} Argo CD remembers ${listed.join("; ")}. These are unproven: Quarterdeck has not seen that they were healthy. ` +
    `Say that it may be, to go to one all the same.`;
  const texts = offered.map(([revision]) => retype({ revision: revision.slice(0, 7), flag: "unproven" }));
  return notice("rollback.nothing-proven", message, texts);
}

/** With other sources a sync at the same commit is not what was proven: which way to go is for a person to say. */
function sourcesChanged({ seen, retype }: RollbackAsk, proof: Proof): Answer | undefined {
  const { target, application } = seen;
  if (proof.sourceDigest === sourceDigest(application)) return undefined;
  const revision = proof.revision.slice(0, 7);
  const entry = storedEntry(application, proof.revision);
  const isStored = entry !== undefined && storedDigest(entry) === proof.sourceDigest;
  const what = isStored ? ` (${sourceChanges(application, entry)})` : " (repository, path or parameters)";
  const proven = `${revision} was proven in ${target.name}, but the application's own sources have changed since${what}, so syncing it now would not be what was proven.`;
  const anyway = retype({ revision });
  if (!isStored) {
    const message = `${proven} Argo CD does not remember it as it was. Name it, to sync it with the sources of today.`;
    return notice("rollback.sources-changed", message, [anyway]);
  }
  const message =
    `${proven} Either sync it with the sources of today; or, with --stored, let Argo CD roll back to it as it was, ` +
    `without hooks, until somebody syncs again.`;
  return notice("rollback.sources-changed", message, [anyway, retype({ revision, flag: "stored" })]);
}

/** Why Argo CD's own rollback cannot bring back what is meant. */
function notAsStored({ seen, retype }: RollbackAsk, sha: string, proof: Proof | undefined): Answer | undefined {
  const revision = sha.slice(0, 7);
  const entry = storedEntry(seen.application, sha);
  if (entry === undefined) {
    const message = `Argo CD does not remember a deployment of ${revision} in ${seen.target.name} any more, so its own rollback cannot go there. Without --stored it is synced with the sources of today.`;
    return notice("rollback.not-stored", message, [retype({ revision })]);
  }
  if (proof === undefined || storedDigest(entry) === proof.sourceDigest) return undefined;
  const message = `${revision} was deployed in ${seen.target.name} once more since it was proven, with other sources, and that is what Argo CD remembers. Without --stored it is synced with the sources of today.`;
  return notice("rollback.not-stored", message, [retype({ revision })]);
}

function refused(answer: Answer): Looked<never> {
  return { kind: "refused", answer };
}
