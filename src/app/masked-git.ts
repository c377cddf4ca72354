import type { SecretMask } from "../platform/masking.ts";
import type { GitAccess } from "./outside.ts";

/** The same repositories, of which no commit, branch or error says a secret: whoever commits may have written one there. */
export function maskedGit(git: GitAccess, mask: SecretMask): GitAccess {
  return {
    resolveRevision: (question) => masked(mask, () => git.resolveRevision(question)),
    commitsBetween: (question) => masked(mask, () => git.commitsBetween(question)),
    recentCommits: (question) => masked(mask, () => git.recentCommits(question)),
  };
}

async function masked<Value>(mask: SecretMask, ask: () => Promise<Value>): Promise<Value> {
  try {
    return mask.deep(await ask());
  } catch (error) {
    throw mask.error(error);
  }
}
