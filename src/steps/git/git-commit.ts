import { z } from "zod";

import { targetOf } from "../../argocd/application-facts.ts";
import { type ArgocdAccess, commitSources } from "../../argocd/argocd-server.ts";
import { effectKey } from "../../domain/effect.ts";
import { JsonValue } from "../../domain/outcome.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import type { WriteResult } from "../../git/branch-writer.ts";
import { canonicalJson } from "../../platform/canonical-json.ts";
import { AppError } from "../../platform/errors.ts";
import { readApp } from "../locate.ts";
import { repositoryFaults } from "../written-faults.ts";
import { CommitInput, CommitOutput } from "./commit-input.ts";
import { commitMessage, EFFECT_TRAILER } from "./commit-message.ts";
import { appliedEdits, checkEdits, editedFiles } from "./file-edits.ts";
import { GIT_COMMIT_NOTES } from "./git-commit-notes.ts";
import type { GitWriting } from "./git-writing.ts";

export interface GitCommitDeps {
  readonly servers: ReadonlyMap<string, ArgocdAccess>;
  /** Absent where nothing is ever written. */
  readonly writing?: GitWriting | undefined;
}

/** What is written down before each push: by it a commit is found again whose push nobody knows the end of. */
const Tries = z.strictObject({
  tries: z.array(z.strictObject({ commit: z.string(), effect: z.string(), files: z.array(z.string()) })),
});
type Try = z.infer<typeof Tries>["tries"][number];

// More than one execution pushes.
const MOST_TRIES = 20;

/** Adds a commit to a branch of a repository. */
export function gitCommit({ servers, writing }: GitCommitDeps): StepKind {
  return defineAction({
    kind: "git/commit",
    summary: "Changes files of a repository in one commit on a branch, and nothing else in them.",
    input: CommitInput,
    output: CommitOutput,
    givenFaults: (given) => repositoryFaults(given, ["repository"]),
    notes: GIT_COMMIT_NOTES,
    repeat: "keyed",
    where: "server",
    run: async (input, context) => {
      if (writing === undefined) throw notWritable(input.repository ?? "the repository");
      return await committed(input, { servers, writing, context });
    },
  });
}

interface Surroundings {
  readonly servers: GitCommitDeps["servers"];
  readonly writing: GitWriting;
  readonly context: ActionContext;
}

interface Aim {
  readonly repository: string;
  readonly branch: string;
}

async function committed(input: CommitInput, around: Surroundings): Promise<StepResult<CommitOutput>> {
  const { writing, context } = around;
  checkEdits(input.changes);
  refuseSecrets(input, context);
  const aim = await aimOf(input, around);
  if (!writing.mayWrite(aim.repository)) throw notWritable(aim.repository);
  const { effect, facts, signal } = context;
  const coAuthor = await writing.coAuthor(facts.requesterUser);
  const own = effectKey(effect);
  const tries: Try[] = [...(Tries.safeParse(context.checkpointed).data?.tries ?? [])];
  context.progress({ text: `writes to ${aim.branch} of ${aim.repository}` });
  const result = await writing.write({
    ...aim,
    from: input.from,
    signal,
    files: editedFiles(input.changes),
    since: input.revision,
    message: commitMessage({ text: input.message, coAuthor, effect: own }),
    author: writing.author(),
    own: { trailer: EFFECT_TRAILER, values: [own, ...tries.map((each) => each.effect)] },
    earlier: tries.map(({ commit }) => commit),
    edit: (files) => appliedEdits(input.changes, files, writing),
    onCommit: async ({ sha, files }) => {
      tries.push({ commit: sha, effect: own, files: [...files] });
      await context.checkpoint({ tries: tries.slice(-MOST_TRIES) });
    },
  });
  const output = { ...aim, ...outputOf(result, tries, input) };
  return { status: "succeeded", output: { ...output, notes: [noteOf(output)] } };
}

function noteOf({ revision, branch, changed, files }: Omit<CommitOutput, "notes">): string {
  const commit = revision.slice(0, 7);
  if (!changed) return `nothing to change: ${branch} has it already, at ${commit}`;
  return `${files.length === 1 ? files[0] : `${files.length} files`} changed by ${commit} on ${branch}`;
}

function outputOf(
  result: WriteResult,
  tries: readonly Try[],
  { changes }: CommitInput,
): Pick<CommitOutput, "revision" | "changed" | "files"> {
  const { revision } = result;
  switch (result.kind) {
    case "written":
      return { revision, changed: true, files: [...result.files] };
    case "found": {
      const known = tries.find(({ commit }) => commit === revision) ?? tries.at(-1);
      return { revision, changed: true, files: known?.files ?? [...new Set(changes.map(({ file }) => file))] };
    }
    case "unchanged":
      return { revision, changed: false, files: [] };
  }
}

async function aimOf(input: CommitInput, { servers, context }: Surroundings): Promise<Aim> {
  const { repository, app, branch } = input;
  if ((repository === undefined) === (app === undefined)) {
    throw new AppError('Say either "repository" or "app", and not both.', { code: "step.input" });
  }
  if (repository !== undefined) {
    if (branch !== undefined) return { repository, branch };
    throw new AppError('Say with "branch" which branch gets the commit.', { code: "step.input" });
  }
  const { application } = await readApp(servers, { app: app ?? "", signal: context.signal });
  const { repository: read, indexes } = commitSources(application);
  const followed = targetOf(application, indexes[0] ?? 0);
  if (read === "") {
    throw new AppError(`${app} reads no Git repository. Say with "repository" which one is meant.`, {
      code: "step.input",
    });
  }
  if (branch !== undefined) return { repository: read, branch };
  if (followed === "HEAD" || /^[0-9a-f]{7,64}$/u.test(followed) || followed.startsWith("refs/tags/")) {
    const message = `${app} follows ${followed}, which is no branch. Say with "branch" which branch gets the commit.`;
    throw new AppError(message, { code: "git.no-branch" });
  }
  return { repository: read, branch: followed.replace(/^refs\/heads\//u, "") };
}

/** What this process knows to be a secret is not put where everybody who reads the repository can see it. */
function refuseSecrets({ changes, message, branch }: CommitInput, { masked }: ActionContext): void {
  const given = JsonValue.parse(JSON.parse(JSON.stringify([changes, message, branch ?? ""])));
  if (masked === undefined || canonicalJson(masked(given)) === canonicalJson(given)) return;
  const why = "What is to be written holds a secret, and everybody who may read the repository could see it";
  throw new AppError(`${why}. Leave it out, and have the application read it from where secrets are kept.`, {
    code: "git.holds-secret",
  });
}

function notWritable(repository: string): AppError {
  const message = `The configuration does not let steps write to ${repository}. Say "write: true" at its entry under git.repositories, and give its credential the right to push.`;
  return new AppError(message, { code: "git.not-writable" });
}
