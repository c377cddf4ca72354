import { z } from "zod";

import type { JsonMap } from "../../platform/canonical-json.ts";
import { eventTime } from "./event-time.ts";
import { nothing, type Fact } from "./fact.ts";
import { fullCommit } from "./full-commit.ts";
import { GithubRepository, GithubSender, NO_GITHUB_EVENT, type GithubEvent } from "./github-event.ts";
import { mailAddresses } from "./mail-addresses.ts";
import { oneLine, webLink } from "./one-line.ts";
import { readShape } from "./read-shape.ts";
import { Id, MailOf, OptionalId, OptionalText } from "./vendor-fields.ts";

const Checked = z.looseObject({
  id: Id,
  head_branch: OptionalText,
  head_sha: z.string().max(100),
  conclusion: OptionalText,
  updated_at: OptionalText,
  html_url: OptionalText,
  head_commit: z.looseObject({ author: MailOf }).nullish(),
});

const Repository = GithubRepository.extend({ id: OptionalId });

const WorkflowRun = z.looseObject({
  action: z.string().max(100),
  repository: Repository,
  sender: GithubSender,
  workflow_run: Checked.extend({
    name: OptionalText,
    event: OptionalText,
    run_attempt: z.int().nullish(),
    head_repository: z.looseObject({ id: OptionalId, full_name: OptionalText }).nullish(),
  }),
});

const CheckSuite = z.looseObject({
  action: z.string().max(100),
  repository: Repository,
  sender: GithubSender,
  check_suite: Checked.extend({ app: z.looseObject({ name: OptionalText, slug: OptionalText }).nullish() }),
});

/** The end of a run of a workflow of GitHub Actions. */
export function githubWorkflowRun(payload: JsonMap): Fact {
  const read = readShape(payload, WorkflowRun, "workflow run");
  if (read.kind === "unreadable") return read;
  const { action, repository, sender, workflow_run: run } = read.value;
  if (action !== "completed") return nothing("the workflow run has not ended");
  // Whoever opens a pull request names the branch of the fork, which may be called `main` as well.
  if (run.head_repository?.full_name !== repository.full_name) {
    return nothing("the workflow ran for a fork, and what others propose starts nothing");
  }
  const attempt = run.run_attempt ?? 1;
  const started = { workflow: run.name, startedBy: run.event, attempt };
  return checkedFact({ kind: "workflow_run", checked: run, repository: repository.full_name, sender, started });
}

/** The end of all the checks that one app has for one commit. */
export function githubCheckSuite(payload: JsonMap): Fact {
  const read = readShape(payload, CheckSuite, "check suite");
  if (read.kind === "unreadable") return read;
  const { action, repository, sender, check_suite: suite } = read.value;
  if (action !== "completed") return nothing("the check suite has not ended");
  // Actions also runs for pull requests from forks, and then names their branch, which may be called `main` as well.
  if (suite.app?.slug === "github-actions") return nothing("use workflow_run, which tells the runs for forks apart");
  // That of other apps has no branch there (GitHub's documentation of check suites).
  if (suite.head_branch === "") return nothing("the check suite is of a fork, and what others propose starts nothing");
  const started = { workflow: suite.app?.name ?? "", startedBy: "", attempt: 0 };
  return checkedFact({ kind: "check_suite", checked: suite, repository: repository.full_name, sender, started });
}

interface CheckedPart {
  readonly kind: "workflow_run" | "check_suite";
  readonly checked: z.infer<typeof Checked>;
  readonly repository: string;
  readonly sender: string;
  readonly started: Pick<GithubEvent, "workflow" | "startedBy" | "attempt">;
}

function checkedFact({ kind, checked, repository, sender, started }: CheckedPart): Fact {
  const commit = fullCommit(checked.head_sha);
  if (commit === "") return nothing("it does not name the commit that was checked");
  const { id, conclusion, head_branch: branch } = checked;
  const event: GithubEvent = {
    ...NO_GITHUB_EVENT,
    ...started,
    kind,
    action: "completed",
    repository,
    branch,
    commit,
    conclusion,
    run: id,
    sender,
  };
  const at = `on ${branch} at ${commit.slice(0, 7)}`;
  return {
    kind: "fact",
    fact: {
      event,
      content: [kind, repository, id, started.attempt, commit, conclusion],
      says: oneLine(`${started.workflow || "A check"} of ${repository} ended with ${conclusion || "nothing"} ${at}`),
      link: webLink(checked.html_url),
      happenedAt: eventTime(checked.updated_at),
      causedBy: mailAddresses([checked.head_commit?.author ?? ""]),
    },
  };
}
