import { z } from "zod";

import type { JsonMap } from "../../platform/canonical-json.ts";
import { eventTimeOfSeconds } from "./event-time.ts";
import { nothing, type Fact } from "./fact.ts";
import { fullCommit, refName } from "./full-commit.ts";
import { GithubRepository, GithubSender, NO_GITHUB_EVENT, type GithubEvent } from "./github-event.ts";
import { mailAddresses } from "./mail-addresses.ts";
import { oneLine, webLink } from "./one-line.ts";
import { readShape } from "./read-shape.ts";
import { MailOf, OptionalText } from "./vendor-fields.ts";

const Commit = z.looseObject({ id: OptionalText, author: MailOf });

const Push = z.looseObject({
  ref: z.string().max(1000),
  before: z.string().max(100),
  after: z.string().max(100),
  deleted: z.boolean().default(false),
  compare: OptionalText,
  repository: GithubRepository.extend({ pushed_at: z.unknown().optional() }),
  pusher: MailOf,
  sender: GithubSender,
  head_commit: Commit.nullish(),
  commits: z.array(Commit).default([]),
});
type Push = z.infer<typeof Push>;

/** A push of commits to a branch, or of a tag. */
export function githubPush(payload: JsonMap): Fact {
  const read = readShape(payload, Push, "push");
  if (read.kind === "unreadable") return read;
  const push = read.value;
  const { branch, tag } = refName(push.ref);
  if (push.deleted) return nothing(`${oneLine(branch + tag)} was deleted`);
  if (branch === "" && tag === "") return nothing("it is a push of neither a branch nor a tag");
  // Of an annotated tag `after` is the object of the tag and no commit.
  const commit = fullCommit(push.head_commit?.id ?? (tag === "" ? push.after : ""));
  if (commit === "") return nothing("it does not name the commit that was pushed");
  const repository = push.repository.full_name;
  const event: GithubEvent = {
    ...NO_GITHUB_EVENT,
    kind: "push",
    repository,
    branch,
    tag,
    commit,
    sender: push.sender,
  };
  const to = branch === "" ? `tag ${tag}` : branch;
  const { pushed_at: pushedAt } = push.repository;
  return {
    kind: "fact",
    fact: {
      event,
      content: ["push", repository, push.ref, push.before, commit],
      says: oneLine(`${commit.slice(0, 7)} was pushed to ${to} of ${repository}`),
      link: webLink(push.compare),
      happenedAt: typeof pushedAt === "number" ? eventTimeOfSeconds(pushedAt) : undefined,
      causedBy: authorsOf(push),
    },
  };
}

function authorsOf({ pusher, head_commit: head, commits }: Push): readonly string[] {
  const pushed = head === null || head === undefined ? commits : [head, ...commits];
  return mailAddresses([pusher, ...pushed.map(({ author }) => author)]);
}
