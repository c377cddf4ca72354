import { didYouMean } from "../platform/did-you-mean.ts";
import { isAllowedBranch } from "./branch-pattern.ts";
import { type CommitSummary, parseSummaries, SUMMARY_FORMAT } from "./commit-summary.ts";
import type { RepositoryMirror } from "./repository-mirror.ts";
import { isFullSha, type MalformedRevision, type RevisionText } from "./revision-text.ts";

/** The part of a mirror that questions need. */
export type MirrorReader = Pick<RepositoryMirror, "read">;

export type RevisionAnswer =
  | (CommitSummary & { readonly kind: "resolved"; readonly via: "branch" | "tag" | "sha" })
  /** More than one commit begins with these digits: the newest first, at most 10 of `count`. */
  | { readonly kind: "ambiguous"; readonly candidates: readonly CommitSummary[]; readonly count: number }
  | { readonly kind: "unknown"; readonly suggestions: readonly string[] }
  /** The commit exists, but no allowed branch contains it: other branches do, or none does any more. */
  | (CommitSummary & {
      readonly kind: "not-allowed";
      /** Short names of the branches that do contain it, at most 20. */
      readonly onBranches: readonly string[];
      readonly allowedBranches: readonly string[];
    })
  | { readonly kind: "malformed"; readonly reason: MalformedRevision };

interface Match {
  readonly via: "branch" | "tag" | "sha";
  readonly sha: string;
}

const MOST_CANDIDATES = 10;
const MOST_BRANCHES = 20;
const MOST_SUGGESTIONS = 3;
const PORTION = 200;
// Beyond this many commits with the same digits, more digits are asked for without looking which ones are allowed.
const MOST_EXAMINED = 30;

/** What the text means in the mirror as it is now: a branch before a tag before a commit, except that 40 digits are always the commit. */
export async function lookUpRevision(
  mirror: MirrorReader,
  request: { readonly text: Extract<RevisionText, { kind: "name" }>; readonly allowedBranches: readonly string[] },
): Promise<RevisionAnswer> {
  const { text, allowedBranches } = request;
  const named = await namedCommits(mirror, text.references);
  const commits = text.digits === undefined ? [] : await commitsBeginning(mirror, text.digits);
  const [exact] = text.digits?.length === 40 ? commits : [];
  const chosen: Match | undefined = exact === undefined ? named[0] : { via: "sha", sha: exact };
  if (chosen !== undefined) return judge(mirror, chosen, allowedBranches);
  if (commits.length === 0) return { kind: "unknown", suggestions: await suggestions(mirror, text) };
  return onlyDigits(mirror, commits, allowedBranches);
}

/** Several commits begin with the digits: those that may not be deployed anyway do not make the others ambiguous. */
async function onlyDigits(
  mirror: MirrorReader,
  commits: readonly string[],
  allowedBranches: readonly string[],
): Promise<RevisionAnswer> {
  const judged: RevisionAnswer[] = [];
  if (commits.length <= MOST_EXAMINED) {
    for (const sha of commits) judged.push(await judge(mirror, { via: "sha", sha }, allowedBranches));
  }
  const allowed = judged.flatMap((answer) => (answer.kind === "resolved" ? [answer] : []));
  if (allowed.length === 1 && allowed[0] !== undefined) return allowed[0];
  if (judged.length === 1 && judged[0] !== undefined) return judged[0];
  const candidates = allowed.length > 0 ? allowed.map(({ sha }) => sha) : commits;
  const summaries = await summariesOf(mirror, candidates);
  return { kind: "ambiguous", candidates: summaries.slice(0, MOST_CANDIDATES), count: candidates.length };
}

async function judge(mirror: MirrorReader, match: Match, allowedBranches: readonly string[]): Promise<RevisionAnswer> {
  const [summary] = await summariesOf(mirror, [match.sha]);
  if (summary === undefined) throw new Error(`git did not show the commit ${match.sha} that it had just found`);
  const allowed = await branchesContaining(mirror, match.sha, await allowedReferences(mirror, allowedBranches));
  if (allowed.length > 0) return { ...summary, kind: "resolved", via: match.via };
  const others = await branchesContaining(mirror, match.sha, ["refs/heads/"]);
  return { ...summary, kind: "not-allowed", onBranches: others.slice(0, MOST_BRANCHES), allowedBranches };
}

/** The branches, as whole references, that are allowed. */
export async function allowedReferences(mirror: MirrorReader, patterns: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await mirror.read({
    command: "for-each-ref",
    options: ["--format=%(refname)"],
    operands: ["refs/heads/"],
  });
  return shortNames(stdout)
    .filter((branch) => isAllowedBranch(branch, patterns))
    .map((branch) => `refs/heads/${branch}`);
}

/** Commits as people see them, the newest first. */
export async function summariesOf(mirror: MirrorReader, shas: readonly string[]): Promise<readonly CommitSummary[]> {
  // Without any commit on its input, git log would show HEAD.
  if (shas.length === 0) return [];
  const input = shas.map((sha) => `${sha}\n`).join("");
  return parseSummaries(
    await mirror.read({ command: "log", options: ["-z", "--no-walk", SUMMARY_FORMAT, "--stdin"], input }),
  );
}

/** The ids among `expressions` that are commits in the mirror, in their order. */
export async function existingCommits(
  mirror: MirrorReader,
  expressions: readonly string[],
): Promise<readonly string[]> {
  if (expressions.length === 0) return [];
  const input = expressions.map((expression) => `${expression}\n`).join("");
  const { stdout } = await mirror.read({
    command: "cat-file",
    options: ["--batch-check=%(objectname) %(objecttype)"],
    input,
  });
  return stdout.split("\n").flatMap((line) => {
    const [sha = "", type] = line.split(" ");
    return type === "commit" && isFullSha(sha) ? [sha] : [];
  });
}

async function namedCommits(mirror: MirrorReader, references: readonly string[]): Promise<readonly Match[]> {
  const { stdout } = await mirror.read({
    command: "for-each-ref",
    options: ["--format=%(objectname)%00%(refname)"],
    operands: references,
  });
  const matches: Match[] = [];
  for (const line of stdout.split("\n")) {
    const [id = "", ref = ""] = line.split("\0");
    // The pattern also finds what stands below it: refs/heads/release/1 for refs/heads/release.
    if (!references.includes(ref)) continue;
    const [sha] = await existingCommits(mirror, [`${id}^{commit}`]);
    if (sha !== undefined) matches.push({ via: ref.startsWith("refs/heads/") ? "branch" : "tag", sha });
  }
  return matches;
}

async function commitsBeginning(mirror: MirrorReader, digits: string): Promise<readonly string[]> {
  if (digits.length === 40) return existingCommits(mirror, [digits]);
  const { stdout } = await mirror.read({ command: "rev-parse", options: [`--disambiguate=${digits}`] });
  return existingCommits(
    mirror,
    stdout.split("\n").filter((line) => isFullSha(line)),
  );
}

/** Short names of those references, or of those below them, that contain the commit. */
async function branchesContaining(
  mirror: MirrorReader,
  sha: string,
  references: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  // In portions, because the system limits the length of an argument vector.
  for (let start = 0; start < references.length; start += PORTION) {
    const { stdout } = await mirror.read({
      command: "for-each-ref",
      options: ["--format=%(refname)", `--contains=${sha}`],
      operands: references.slice(start, start + PORTION),
    });
    found.push(...shortNames(stdout));
  }
  return found;
}

async function suggestions(
  mirror: MirrorReader,
  { text, digits }: Extract<RevisionText, { kind: "name" }>,
): Promise<readonly string[]> {
  if (digits !== undefined) return [];
  const { stdout } = await mirror.read({
    command: "for-each-ref",
    options: ["--format=%(refname)"],
    operands: ["refs/heads/", "refs/tags/"],
  });
  const names = shortNames(stdout);
  const below = names.filter((name) => name.endsWith(`/${text}`) || name.startsWith(`${text}/`));
  const near = didYouMean(text, names);
  return [...new Set([...(near === undefined ? [] : [near]), ...below])].slice(0, MOST_SUGGESTIONS);
}

function shortNames(stdout: string): readonly string[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/^refs\/(?:heads|tags)\//u, ""));
}
