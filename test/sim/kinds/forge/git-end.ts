import type { GitCall } from "../../../../src/git/git-program.ts";
import { type GitServer, MAIN } from "./git-server.ts";

/** A repository on our side: what it has of the server, and the index that it works with. */
export interface GitCopy {
  branch: string;
  readonly refs: Map<string, string>;
  readonly blobs: Set<string>;
  index: Map<string, string>;
}

/** What the program wrote; `stderr` of one that ended badly. */
export type GitSaid = { readonly stdout: string } | { readonly stderr: string };

export interface SentCall {
  readonly call: GitCall;
  readonly copy: GitCopy;
  readonly sentAt: number;
  readonly now: number;
}

export const HEADS = "refs/heads/";

/** What the server does of a call that has come to it. */
export function served(server: GitServer, sent: SentCall): GitSaid {
  switch (sent.call.command) {
    case "ls-remote":
      return listed(server, sent.call);
    case "fetch":
      return fetched(server, sent);
    case "push":
      return pushed(server, sent);
    default:
      throw new RangeError(`the server knows nothing of git ${sent.call.command}`);
  }
}

function listed(server: GitServer, { operands = [] }: GitCall): GitSaid {
  const lines = operands.slice(1).flatMap((ref) => {
    const sha = server.head(ref.slice(HEADS.length)).now;
    return sha === undefined ? [] : [`${sha}\t${ref}\n`];
  });
  return { stdout: lines.join("") };
}

function fetched(server: GitServer, { call, copy }: SentCall): GitSaid {
  const { options = [], operands = [], input = "" } = call;
  if (options.includes("--stdin")) {
    for (const blob of input.trim().split("\n")) copy.blobs.add(blob);
    return { stdout: "" };
  }
  const [from = "", to = ""] = (operands[1] ?? "").replace(/^\+/u, "").split(":");
  const sha = from.startsWith(HEADS) ? server.head(from.slice(HEADS.length)).now : server.commits.get(from)?.sha;
  if (sha === undefined) return { stderr: `fatal: couldn't find remote ref ${from}` };
  copy.refs.set(to, sha);
  return { stdout: "" };
}

function pushed(server: GitServer, { call, sentAt, now }: SentCall): GitSaid {
  const { options = [], operands = [] } = call;
  const order = operands[1] ?? "";
  const [sha = "", ref = ""] = order.replace(/^\+/u, "").split(":");
  const branch = ref.slice(HEADS.length);
  const why = refusal(server, branch);
  if (why !== "") return { stderr: `${why}\n ! [remote rejected] ${sha} -> ${branch} (pre-receive hook declined)` };
  if (options.includes("--dry-run") || server.head(branch).now === sha) return { stdout: "" };
  const isForced = [order, ...options].some((given) => /^(?:\+|--force)/u.test(given));
  // What was there is thrown away.
  if (isForced && !isAhead(server, sha, branch)) server.head(branch).set(now, undefined);
  if (server.move({ branch, to: sha, by: "quarterdeck", sentAt, at: now })) return { stdout: "" };
  return { stderr: ` ! [rejected]        ${sha} -> ${branch} (fetch first)\nerror: failed to push some refs` };
}

/** Whether a commit continues what a branch has. */
function isAhead(server: GitServer, sha: string, branch: string): boolean {
  const head = server.head(branch).now;
  return head === undefined || server.history(sha).has(head);
}

/** Why nothing is taken; empty where it is. */
function refusal({ isProtected, isDeclining }: GitServer, branch: string): string {
  if (branch === MAIN && isProtected.now) return "remote: error: GH006: Protected branch update failed";
  return isDeclining.now ? "remote: closed for today" : "";
}
