import { type CommitSummary, parseSummaries, SUMMARY_FORMAT } from "./commit-summary.ts";
import { allowedReferences, type MirrorReader } from "./look-up-revision.ts";

/** A commit with the branches and tags that stand at it. */
export interface RecentCommit extends CommitSummary {
  readonly names: readonly string[];
}

export interface RecentRequest {
  /** Patterns of the branches that are looked at. */
  readonly allowedBranches: readonly string[];
  readonly most: number;
}

/** The newest commits of the allowed branches, the newest first. */
export async function recentCommits(
  mirror: MirrorReader,
  { allowedBranches, most }: RecentRequest,
): Promise<readonly RecentCommit[]> {
  const references = await allowedReferences(mirror, allowedBranches);
  // Without any reference on its input, git log would show HEAD.
  if (references.length === 0) return [];
  const input = references.map((reference) => `${reference}\n`).join("");
  const [listed, names] = await Promise.all([
    mirror.read({ command: "log", options: ["-z", `--max-count=${most}`, SUMMARY_FORMAT, "--stdin"], input }),
    namesByCommit(mirror),
  ]);
  return parseSummaries(listed).map((summary) => Object.assign(summary, { names: names.get(summary.sha) ?? [] }));
}

async function namesByCommit(mirror: MirrorReader): Promise<ReadonlyMap<string, readonly string[]>> {
  const { stdout } = await mirror.read({
    command: "for-each-ref",
    // An annotated tag is an object of its own; what it names stands behind it.
    options: ["--format=%(objectname) %(*objectname) %(refname)"],
    operands: ["refs/heads/", "refs/tags/"],
  });
  const names = new Map<string, string[]>();
  for (const line of stdout.split("\n")) {
    const [own = "", peeled = "", reference = ""] = line.split(" ");
    if (reference === "") continue;
    const sha = peeled === "" ? own : peeled;
    const name = reference.replace(/^refs\/(?:heads|tags)\//u, "");
    // Not a new list for each: ten thousand tags can stand at one commit.
    const before = names.get(sha);
    if (before === undefined) names.set(sha, [name]);
    else before.push(name);
  }
  return names;
}
