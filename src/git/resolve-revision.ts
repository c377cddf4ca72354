import type { Clock } from "../platform/clock.ts";
import { AppError, errorCode } from "../platform/errors.ts";
import { lookUpRevision, type RevisionAnswer } from "./look-up-revision.ts";
import type { RepositoryMirror } from "./repository-mirror.ts";
import { parseRevisionText } from "./revision-text.ts";

export interface RevisionRequest {
  /** As a person typed it. */
  readonly text: string;
  /** Patterns of branches, one of which must contain the commit; `*` stops at a slash, `**` does not. None allows nothing. */
  readonly allowedBranches: readonly string[];
  /** How old the mirror may be for a branch, a tag or few digits. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** So many digits are not met again by chance in a commit that the mirror has not seen yet. */
const ENOUGH_DIGITS = 7;

/**
 * What a revision means. Enough digits of a known and allowed commit are answered from the mirror at once, since commits
 * do not change; everything else only from a fresh mirror, and a miss only after a fetch that began after the question.
 * When that fetch fails, digits that the mirror knows are still answered; anything else throws its error.
 */
export async function resolveRevision(mirror: RepositoryMirror, request: RevisionRequest): Promise<RevisionAnswer> {
  const text = parseRevisionText(request.text);
  if (text.kind === "malformed") return text;
  const { allowedBranches, maxAgeMs, clock, signal } = request;
  const askedAt = clock.monotonic();
  const lookUp = (): Promise<RevisionAnswer> => lookUpRevision(mirror, { text, allowedBranches });
  const digits = text.digits?.length ?? 0;
  await mirror.ensureExists(signal);
  const atOnce = digits >= ENOUGH_DIGITS ? await lookUp() : undefined;
  if (isCommit(atOnce)) return atOnce;
  try {
    await mirror.ensureFresh({ since: askedAt - maxAgeMs, signal });
    const fresh = await lookUp();
    if (fresh.kind === "resolved" || fresh.kind === "ambiguous") return fresh;
    await mirror.ensureFresh({ since: askedAt, signal });
  } catch (error) {
    const known = digits > 0 && isServerTrouble(error) ? await lookUp() : undefined;
    if (isCommit(known)) return known;
    throw error;
  }
  return lookUp();
}

function isCommit(answer: RevisionAnswer | undefined): answer is Extract<RevisionAnswer, { kind: "resolved" }> {
  return answer?.kind === "resolved" && answer.via === "sha";
}

/** Reading goes on while the server is away or shuts us out; a damaged mirror or a full disk is another matter. */
function isServerTrouble(error: unknown): boolean {
  return (
    error instanceof AppError &&
    [
      "git.unreachable",
      "git.timeout",
      "git.authentication",
      "git.certificate",
      "git.host-key",
      "git.not-a-repository",
      "git.too-big",
    ].includes(errorCode(error))
  );
}
