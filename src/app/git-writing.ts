import { join } from "node:path";

import type { Configuration } from "../config/configuration.ts";
import { editKustomizeImage } from "../config/edit-kustomize-image.ts";
import { editYaml } from "../config/edit-yaml.ts";
import type { Environment } from "../config/environment.ts";
import type { Secrets } from "../config/secrets.ts";
import { BranchWriter } from "../git/branch-writer.ts";
import { ruleFor } from "../git/repository-access.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { CommitPerson, GitWriting } from "../steps/git/git-writing.ts";
import { repositoryRules } from "./git-access.ts";
import type { LiveSettings } from "./live-settings.ts";

interface Deps {
  readonly configuration: Configuration;
  readonly environment: Pick<Environment, "dataFolder" | "variables">;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly random: Random;
}

/** Adds commits to repositories, with the credentials by which they are read. */
export function openBranchWriter({ configuration, environment, secrets, clock, random }: Deps): BranchWriter {
  return new BranchWriter({
    folder: join(environment.dataFolder, "git", "writes"),
    rules: repositoryRules(configuration, secrets),
    environment: environment.variables,
    clock,
    random,
    fetchTimeoutMs: configuration.git.timeoutMs,
  });
}

/** The same as steps have it: within what the configuration allows, and with people by their names. */
export function gitWriting({
  branches,
  live,
  nameOf,
}: {
  readonly branches: Pick<BranchWriter, "write">;
  readonly live: Pick<LiveSettings, "configuration">;
  /** What a Slack user is called; undefined when Slack does not say. */
  readonly nameOf: (user: string) => Promise<string | undefined>;
}): GitWriting {
  return {
    write: (request) => branches.write(request),
    mayWrite: (repository) => isWritable(live.configuration, repository),
    author: () => live.configuration.git.author,
    coAuthor: (user) => coAuthor(live.configuration, { user, nameOf }),
    setValue: editYaml,
    setImage: editKustomizeImage,
  };
}

/** Whether the configuration lets steps add commits to a repository. */
export function isWritable({ git }: Configuration, repository: string): boolean {
  return ruleFor(repository, git.repositories)?.write === true;
}

/** Without an address of theirs it is one at which nobody gets mail, so that no server takes them for somebody else. */
async function coAuthor(
  { people }: Configuration,
  { user, nameOf }: { readonly user: string; readonly nameOf: (user: string) => Promise<string | undefined> },
): Promise<CommitPerson | undefined> {
  // Somebody who was redacted, and what is no person.
  if (!/^[UW][A-Z0-9]+$/u.test(user)) return undefined;
  const email = people.find(({ slack }) => slack.includes(user))?.emails[0] ?? `${user}@users.noreply.slack.invalid`;
  return { name: (await nameOf(user)) ?? user, email };
}
