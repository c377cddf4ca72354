import { z } from "zod";

import type { JsonMap } from "../../platform/canonical-json.ts";
import { eventTime } from "./event-time.ts";
import { nothing, type Fact } from "./fact.ts";
import { fullCommit, refName } from "./full-commit.ts";
import type { GitlabEvent } from "./gitlab-event.ts";
import { mailAddresses } from "./mail-addresses.ts";
import { oneLine, webLink } from "./one-line.ts";
import { readShape } from "./read-shape.ts";
import { Id, MailOf, OptionalId, OptionalText } from "./vendor-fields.ts";

const Project = z.looseObject({ path_with_namespace: z.string().min(1).max(1000), web_url: OptionalText });

const Push = z.looseObject({
  ref: z.string().max(1000),
  before: OptionalText,
  checkout_sha: OptionalText,
  user_username: OptionalText,
  user_email: OptionalText,
  project: Project,
  commits: z.array(z.looseObject({ author: MailOf })).default([]),
});

const Pipeline = z.looseObject({
  object_attributes: z.looseObject({
    id: Id,
    name: OptionalText,
    ref: z.string().max(1000),
    tag: z.boolean().default(false),
    sha: z.string().max(100),
    source: OptionalText,
    status: z.string().max(100),
    finished_at: OptionalText,
    url: OptionalText,
  }),
  merge_request: z.looseObject({ source_project_id: OptionalId, target_project_id: OptionalId }).nullish(),
  user: z.looseObject({ username: OptionalText, email: OptionalText }).nullish(),
  project: Project,
  commit: z.looseObject({ author: MailOf }).nullish(),
});

type Pipeline = z.infer<typeof Pipeline>;

const ENDED = new Set(["success", "failed", "canceled", "skipped"]);

/** A push of commits to a branch, or of a tag. */
export function gitlabPush(payload: JsonMap): Fact {
  const read = readShape(payload, Push, "push");
  if (read.kind === "unreadable") return read;
  const { project, ref, checkout_sha: checkout, user_username: sender, ...push } = read.value;
  const { branch, tag } = refName(ref);
  if (branch === "" && tag === "") return nothing("it is a push of neither a branch nor a tag");
  const commit = fullCommit(checkout);
  // GitLab leaves it empty where a branch or a tag is deleted.
  if (commit === "") return nothing(`${oneLine(branch + tag)} was deleted`);
  const repository = project.path_with_namespace;
  const event: GitlabEvent = {
    kind: "push",
    repository,
    branch,
    tag,
    commit,
    conclusion: "",
    startedBy: "",
    pipeline: "",
    pipelineName: "",
    sender,
  };
  const to = branch === "" ? `tag ${tag}` : branch;
  return {
    kind: "fact",
    fact: {
      event,
      content: ["push", project.web_url, repository, ref, push.before, commit],
      says: oneLine(`${commit.slice(0, 7)} was pushed to ${to} of ${repository}`),
      link: webLink(project.web_url === "" ? "" : `${project.web_url}/-/commit/${commit}`),
      causedBy: mailAddresses([push.user_email, ...push.commits.map(({ author }) => author)]),
    },
  };
}

/** The end of a pipeline. */
export function gitlabPipeline(payload: JsonMap): Fact {
  const read = readShape(payload, Pipeline, "pipeline event");
  if (read.kind === "unreadable") return read;
  const { object_attributes: pipeline, merge_request: request } = read.value;
  if (!ENDED.has(pipeline.status)) return nothing("the pipeline has not ended");
  // It runs in this project and under its branch names, but for what somebody proposes from a fork.
  if (request && !isOfOneProject(request)) {
    return nothing("the pipeline ran for a fork, and what others propose starts nothing");
  }
  const commit = fullCommit(pipeline.sha);
  return commit === "" ? nothing("it does not name the commit of the pipeline") : pipelineFact(read.value, commit);
}

function isOfOneProject(request: NonNullable<Pipeline["merge_request"]>): boolean {
  return request.source_project_id !== "" && request.source_project_id === request.target_project_id;
}

function pipelineFact({ object_attributes: pipeline, user, project, commit: head }: Pipeline, commit: string): Fact {
  const repository = project.path_with_namespace;
  const event: GitlabEvent = {
    kind: "pipeline",
    repository,
    branch: pipeline.tag ? "" : pipeline.ref,
    tag: pipeline.tag ? pipeline.ref : "",
    commit,
    conclusion: pipeline.status,
    startedBy: pipeline.source,
    pipeline: pipeline.id,
    pipelineName: pipeline.name,
    sender: user?.username ?? "",
  };
  const at = `on ${pipeline.ref} at ${commit.slice(0, 7)}`;
  const fallbackLink = project.web_url === "" ? "" : `${project.web_url}/-/pipelines/${pipeline.id}`;
  return {
    kind: "fact",
    fact: {
      event,
      content: ["pipeline", project.web_url, repository, pipeline.id, commit, pipeline.status],
      says: oneLine(`The pipeline of ${repository} ended with ${pipeline.status} ${at}`),
      link: webLink(pipeline.url === "" ? fallbackLink : pipeline.url),
      happenedAt: eventTime(pipeline.finished_at),
      causedBy: mailAddresses([user?.email ?? "", head?.author ?? ""]),
    },
  };
}
