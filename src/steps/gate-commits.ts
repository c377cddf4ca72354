import type { GateEvidence } from "../domain/gate.ts";
import type { CommitsAnswer } from "../git/commits-between.ts";
import type { CommitSummary } from "../git/commit-summary.ts";
import { errorMessage } from "../platform/errors.ts";

/** What gates need of Git. */
export interface CommitsReader {
  commitsBetween(request: {
    readonly repository: string;
    readonly from: string;
    readonly to: string;
    readonly paths: readonly string[];
    readonly signal?: AbortSignal | undefined;
  }): Promise<CommitsAnswer>;
}

type Commits = Pick<GateEvidence, "direction" | "commits" | "otherCommits"> & { readonly warning?: string };

export interface CommitsQuestion {
  readonly repository: string;
  readonly from: string;
  readonly to: string;
  readonly paths: readonly string[];
  readonly signal: AbortSignal;
}

const NONE: Commits = { direction: "unknown", commits: [], otherCommits: 0 };

/** The commits between what is live and the target. That Git is away is no reason not to ask people; it is said. */
export async function gateCommits(git: CommitsReader, question: CommitsQuestion): Promise<Commits> {
  if (question.from === "") return { ...NONE, warning: "Nothing is known to be live there yet." };
  try {
    return linesOf(await git.commitsBetween(question));
  } catch (error) {
    question.signal.throwIfAborted();
    return { ...NONE, warning: `The commits in between could not be read: ${errorMessage(error)}` };
  }
}

function linesOf(answer: CommitsAnswer): Commits {
  switch (answer.kind) {
    case "same":
      return { ...NONE, direction: "same" };
    case "unknown-live":
      return { ...NONE, warning: `What is live (${answer.sha.slice(0, 7)}) is not in the repository any more.` };
    case "unknown-target":
      return { ...NONE, warning: `${answer.sha.slice(0, 7)} is not in the repository any more.` };
    case "forward":
    case "backward":
    case "diverged": {
      const list = answer.kind === "backward" ? answer.removed : answer.added;
      const hidden = list.touching - list.commits.length;
      return {
        direction: answer.kind,
        commits: list.commits.map(commitLine),
        otherCommits: list.others + hidden,
        ...warningOf(answer),
      };
    }
  }
}

function warningOf(answer: Extract<CommitsAnswer, { kind: "forward" | "backward" | "diverged" }>): {
  warning?: string;
} {
  if (answer.kind === "backward")
    return { warning: "This goes back: the commits listed are live now and would be gone." };
  if (answer.kind !== "diverged") return {};
  const lost = answer.removed.touching + answer.removed.others;
  return { warning: `The two have parted: ${lost} commits that are live now would be gone.` };
}

function commitLine({ sha, subject, author, authoredAt }: CommitSummary): GateEvidence["commits"][number] {
  return { sha, subject, author: author.name, authoredAt };
}
