import { z } from "zod";

import { SecretText } from "../../engine/secret-text.ts";
import type { StepContext } from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import { FORGE_FAILURES } from "./forge-failure.ts";
import { type ForgeDeps, ForgeShape, GitlabTokenShape, openForge } from "./forge-input.ts";
import { forgeOf } from "./forge-repository.ts";
import { GithubPulls } from "./github-pulls.ts";
import { GitlabMergeRequests } from "./gitlab-merge-requests.ts";
import type { PullRequests } from "./pull-request.ts";

/** What every step takes that works with pull requests. */
export const PullShape = {
  forge: z.enum(["github", "gitlab"]).optional().meta({
    description:
      "Where the repository is; `gitlab` where its address begins with gitlab or `api` ends with /api/v4, otherwise `github`, unless said",
  }),
  ...ForgeShape,
  token: SecretText.optional().meta({
    description:
      "A token that may do it. Where it is absent, the GitHub App is used that the configuration has for this repository, to change something only with `write: true`",
  }),
  "token-kind": GitlabTokenShape["token-kind"],
} as const;

export const RequestNumber = z
  .int()
  .min(1)
  .meta({ description: "The number of the pull request, of the merge request its iid" });

export const BranchName = z
  .string()
  .max(250)
  .regex(/^(?!-|\/|.*(?:\.\.|\/\/|@\{))[^\s\p{Cc}~^:?*[\\]+$/u, "the name of a branch is expected");

const Access = z.strictObject(PullShape);
type Access = z.infer<typeof Access>;

/** The pull requests of the repository that is meant, and what the forge is called. */
export async function openPulls(
  deps: ForgeDeps,
  input: Access,
  { signal, purpose }: Pick<StepContext, "signal"> & { readonly purpose: "read" | "write" },
): Promise<{ readonly pulls: PullRequests; readonly name: string }> {
  const forge = input.forge ?? forgeOf(input);
  const { repository, client, name } = await openForge(deps, { forge, access: input, purpose, signal });
  const pulls = forge === "github" ? new GithubPulls(client, repository) : new GitlabMergeRequests(client, repository);
  return { pulls, name };
}

export const PULL_FAILURES: StepNotes["failures"] = {
  ...FORGE_FAILURES,
  "forge.no-token": {
    retry: "never",
    meaning:
      "There is no token to change something with: none was given, and no GitHub App with `write: true` is configured.",
  },
};
