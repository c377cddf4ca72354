import { z } from "zod";

import type { Application } from "../argocd/application.ts";
import { revisionList } from "../argocd/application-facts.ts";
import { type ArgocdAccess, commitPaths, commitSources } from "../argocd/argocd-server.ts";
import { findOwnOperation, type OwnOperation } from "../argocd/operation-identity.ts";
import { Failure } from "../domain/outcome.ts";
import { ApprovalRule } from "../domain/target.ts";
import { failureOf, type StepContext, type StepResult } from "../engine/step-kind.ts";
import { canonicalJson } from "../platform/canonical-json.ts";
import type { CommitsReader } from "./gate-commits.ts";
import { liveRevision, sourceDigest } from "./live-revision.ts";
import { readApp } from "./locate.ts";

/** What was looked at: when it is something else by the time of the sync, what was found out from it does not count. */
const Looked = z.strictObject({ applicationUid: z.string(), fromRevision: z.string(), sourceDigest: z.string() });
type Looked = z.infer<typeof Looked>;

/** What the server finds out for a sync: where the revision lies, and what the environment asks for. */
export const SyncPreparation = z.strictObject({
  looked: Looked,
  /** Whether the revision is an ancestor of what is live; a failure where Git could not say. */
  direction: z.union([z.literal("backward"), z.literal("other"), Failure]),
  /** As the configuration says now; absent where the environment asks nobody. */
  rule: ApprovalRule.optional(),
});
export type SyncPreparation = z.infer<typeof SyncPreparation>;

/** The server's own sources, which a worker does not have. */
export interface PreparationDeps {
  readonly git: CommitsReader;
  /** What the environment of the application asks for, as the configuration says now. */
  readonly ruleOf: (app: string, environment?: string) => ApprovalRule | undefined;
}

interface Intended {
  readonly app: string;
  readonly revision: string;
  /** Whether the revision may lie before what is live. */
  readonly back?: boolean | undefined;
}

type NotBack = Exclude<StepResult<never>, { status: "succeeded" }>;

// How soon Git is asked again while it is away.
const GIT_AGAIN_MS = 10_000;

/** Finds out, on the server, what a sync of the application needs to know and cannot look up where it is executed. */
export async function prepareSync(
  deps: PreparationDeps & { readonly servers: ReadonlyMap<string, ArgocdAccess> },
  input: Intended,
  context: StepContext,
): Promise<SyncPreparation> {
  const { application } = await readApp(deps.servers, { app: input.app, signal: context.signal });
  const direction = await directionOf(deps.git, application, { input, context });
  const rule = deps.ruleOf(input.app, context.facts.place?.target.environment);
  return { looked: lookAt(application), direction, ...(rule !== undefined && { rule }) };
}

/**
 * Keeps a sync from going back unnoticed: while the run waited for its turn, another one may have brought something newer.
 * Where people approved exactly this step they saw the direction, and nothing is asked here.
 */
export function stepBack(
  application: Application,
  about: {
    readonly input: Intended;
    readonly facts: StepContext["facts"];
    readonly preparation: SyncPreparation;
  },
): NotBack | undefined {
  const { input, facts, preparation } = about;
  if (!mayGoBackUnseen(input, facts)) return undefined;
  const { name } = application.metadata;
  const { looked, direction } = preparation;
  if (canonicalJson(lookAt(application)) !== canonicalJson(looked)) {
    const message = `${name} has changed since it was looked at for this sync, so it is looked at again.`;
    return { status: "postponed", code: "step.stale-facts", message, afterMs: 0 };
  }
  if (direction === "other") return undefined;
  if (direction !== "backward") {
    if (direction.retry === "never") return { status: "failed", failure: direction };
    return { status: "postponed", code: direction.code, message: direction.message, afterMs: GIT_AGAIN_MS };
  }
  const message =
    `${input.revision.slice(0, 7)} is older than ${looked.fromRevision.slice(0, 7)}, which is live in ${name} by now, ` +
    `so this would go back. Roll back if that is what is wanted.`;
  return { status: "failed", failure: { code: "revision.older", message, retry: "never" } };
}

async function directionOf(
  git: CommitsReader,
  application: Application,
  { input, context }: { readonly input: Intended; readonly context: StepContext },
): Promise<SyncPreparation["direction"]> {
  const { effect, facts, signal } = context;
  const from = liveRevision(application);
  if (!mayGoBackUnseen(input, facts) || from === "" || from === input.revision) return "other";
  // It is taken over as it is, and Git being away must not keep it from that. Others may have copied its infos to another revision.
  const own = findOwnOperation(application, { run: effect.run, step: effect.path });
  if (own !== undefined && revisionsOf(own).includes(input.revision)) return "other";
  const { repository } = commitSources(application);
  const paths = commitPaths(application);
  try {
    const between = await git.commitsBetween({ repository, from, to: input.revision, paths, signal });
    return between.kind === "backward" ? "backward" : "other";
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(error);
  }
}

function revisionsOf(own: OwnOperation): readonly string[] {
  return revisionList((own.kind === "requested" ? own.operation : own.state.operation).sync);
}

function mayGoBackUnseen(input: Intended, facts: StepContext["facts"]): boolean {
  return input.back !== true && facts.approved === undefined;
}

function lookAt(application: Application): Looked {
  return {
    applicationUid: application.metadata.uid,
    fromRevision: liveRevision(application),
    sourceDigest: sourceDigest(application),
  };
}
