import { z } from "zod";

import type { JsonMap } from "../../platform/canonical-json.ts";
import { eventTime } from "./event-time.ts";
import { nothing, type Fact } from "./fact.ts";
import { fullCommit } from "./full-commit.ts";
import { GithubRepository, GithubSender, NO_GITHUB_EVENT, type GithubEvent } from "./github-event.ts";
import { oneLine, webLink } from "./one-line.ts";
import { readShape } from "./read-shape.ts";
import { Id, OptionalText } from "./vendor-fields.ts";

const Release = z.looseObject({
  action: z.string().max(100),
  repository: GithubRepository,
  sender: GithubSender,
  release: z.looseObject({
    id: Id,
    tag_name: z.string().max(1000),
    target_commitish: OptionalText,
    prerelease: z.boolean().default(false),
    draft: z.boolean().default(false),
    published_at: OptionalText,
    html_url: OptionalText,
  }),
});

/** A release, or a pre-release, that was published: the one action that GitHub sends once for each of them. */
export function githubRelease(payload: JsonMap): Fact {
  const read = readShape(payload, Release, "release");
  if (read.kind === "unreadable") return read;
  const { action, repository, sender, release } = read.value;
  if (action !== "published" || release.draft) return nothing("the release has not been published just now");
  const { tag_name: tag, target_commitish: madeFrom } = release;
  const commit = fullCommit(madeFrom);
  const event: GithubEvent = {
    ...NO_GITHUB_EVENT,
    kind: "release",
    action,
    repository: repository.full_name,
    branch: commit === "" ? madeFrom : "",
    tag,
    commit,
    prerelease: release.prerelease,
    sender,
  };
  return {
    kind: "fact",
    fact: {
      event,
      content: ["release", repository.full_name, release.id, tag],
      says: oneLine(`Release ${tag} of ${repository.full_name} was published`),
      link: webLink(release.html_url),
      happenedAt: eventTime(release.published_at),
    },
  };
}
