import { AppError } from "../platform/errors.ts";
import { type CommitSummary, parseSummaries, SUMMARY_FORMAT } from "./commit-summary.ts";
import { existingCommits, type MirrorReader } from "./look-up-revision.ts";
import { isFullSha } from "./revision-text.ts";

export interface CommitsRequest {
  /** The full commit that is live. */
  readonly from: string;
  /** The full commit that is to become live. */
  readonly to: string;
  /** Folders or files of the application, from the root of the repository. None, or the root itself, stands for everything. */
  readonly paths: readonly string[];
  /** How many commits to list in each direction. */
  readonly most: number;
}

interface CommitList {
  /** Those that touch the paths, the newest first, at most `most`. */
  readonly commits: readonly CommitSummary[];
  /** How many touch the paths, those listed included. */
  readonly touching: number;
  /** How many do not. */
  readonly others: number;
}

export type CommitsAnswer =
  | { readonly kind: "same" }
  /** The live commit is not in the repository (any more). */
  | { readonly kind: "unknown-live"; readonly sha: string }
  | { readonly kind: "unknown-target"; readonly sha: string }
  | {
      /** `forward`: the target comes after what is live; `backward`: before it; `diverged`: both have commits that the other has not. */
      readonly kind: "forward" | "backward" | "diverged";
      /** What the target brings. Empty when backward. */
      readonly added: CommitList;
      /** What is live now and will be gone. Empty when forward. */
      readonly removed: CommitList;
    };

/** The commits that lie between what is live and what is to be. */
export async function commitsBetween(mirror: MirrorReader, request: CommitsRequest): Promise<CommitsAnswer> {
  const { from, to, most } = request;
  const known = await existingCommits(
    mirror,
    [from, to].filter((sha) => isFullSha(sha)),
  );
  if (!known.includes(from)) return { kind: "unknown-live", sha: from };
  if (!known.includes(to)) return { kind: "unknown-target", sha: to };
  if (from === to) return { kind: "same" };
  const paths = literalPaths(request.paths);
  const mergeBase = await mergeBaseOf(mirror, from, to);
  const [added, removed] = await Promise.all([
    mergeBase === to ? NONE : listCommits(mirror, { range: `${from}..${to}`, paths, most }),
    mergeBase === from ? NONE : listCommits(mirror, { range: `${to}..${from}`, paths, most }),
  ]);
  return { kind: direction({ from, to, mergeBase }), added, removed };
}

const NONE: CommitList = { commits: [], touching: 0, others: 0 };

function direction({
  from,
  to,
  mergeBase,
}: {
  from: string;
  to: string;
  mergeBase: string | undefined;
}): "forward" | "backward" | "diverged" {
  if (mergeBase === from) return "forward";
  return mergeBase === to ? "backward" : "diverged";
}

async function mergeBaseOf(mirror: MirrorReader, from: string, to: string): Promise<string | undefined> {
  const { stdout } = await mirror.read({ command: "merge-base", operands: [from, to], answers: [0, 1] });
  const sha = stdout.trim();
  return isFullSha(sha) ? sha : undefined;
}

interface Listing {
  readonly range: string;
  readonly paths: readonly string[];
  readonly most: number;
}

async function listCommits(mirror: MirrorReader, { range, paths, most }: Listing): Promise<CommitList> {
  // Git otherwise drops side branches whose change a merge did not take over in that form; people want to see every commit.
  const narrowed = paths.length === 0 ? {} : { paths };
  const full = paths.length === 0 ? [] : ["--full-history"];
  const [listed, touching, all] = await Promise.all([
    mirror.read({
      command: "log",
      options: ["-z", SUMMARY_FORMAT, `--max-count=${most}`, ...full],
      operands: [range],
      ...narrowed,
    }),
    count(mirror, { command: "rev-list", options: ["--count", ...full], operands: [range], ...narrowed }),
    count(mirror, { command: "rev-list", options: ["--count"], operands: [range] }),
  ]);
  return { commits: parseSummaries(listed), touching, others: Math.max(0, all - touching) };
}

async function count(mirror: MirrorReader, call: Parameters<MirrorReader["read"]>[0]): Promise<number> {
  const { stdout } = await mirror.read(call);
  return Number(stdout.trim());
}

/** Paths as git wants them; an empty list for the whole repository. Throws `git.path` for one that leads out of it. */
function literalPaths(paths: readonly string[]): readonly string[] {
  const tidy = paths.map((path) => {
    const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
    if (segments.includes("..") || path.includes("\0")) {
      throw new AppError(`The path ${JSON.stringify(path.slice(0, 200))} leads out of the repository`, {
        code: "git.path",
      });
    }
    return segments.join("/");
  });
  return tidy.includes("") ? [] : [...new Set(tidy)];
}
