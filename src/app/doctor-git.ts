import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import type { Secrets } from "../config/secrets.ts";
import type { Finding } from "../doctor/finding.ts";
import { gitProgram, gitRepositories, type RepositoriesQuestion } from "../doctor/git-repositories.ts";
import { runProbes } from "../doctor/run-probes.ts";
import { RemoteBranches } from "../git/remote-branches.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import { allowedBranches, repositoryRules } from "./git-access.ts";
import { isWritable, openBranchWriter } from "./git-writing.ts";

const GIT_MS = 60_000;

interface GitQuestion {
  readonly environment: Environment;
  readonly configuration: Configuration | undefined;
  readonly secrets: Secrets | undefined;
  /** The addresses that the applications read. */
  readonly repositories: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
}

/** Whether git is there, and each repository can be read, and written where steps are to. */
export async function examineGit(asked: GitQuestion, resources: AsyncDisposableStack): Promise<readonly Finding[]> {
  const home = await mkdtemp(join(tmpdir(), "quarterdeck-doctor-"));
  resources.defer(() => rm(home, { recursive: true, force: true }));
  const look = (signal: AbortSignal): Promise<readonly Finding[]> => findings(asked, { home, signal, resources });
  return await runProbes([{ area: "git", subject: "Git", look }], { clock: asked.clock, limitMs: GIT_MS });
}

interface Place {
  readonly home: string;
  readonly signal: AbortSignal;
  readonly resources: AsyncDisposableStack;
}

async function findings(asked: GitQuestion, place: Place): Promise<readonly Finding[]> {
  const { environment, configuration, secrets, clock } = asked;
  const { home, signal, resources } = place;
  const rules = configuration === undefined || secrets === undefined ? [] : repositoryRules(configuration, secrets);
  const remote = resources.use(new RemoteBranches({ home, rules, environment: environment.variables, clock }));
  const program = await gitProgram(() => remote.version());
  if (configuration === undefined || program.some(({ level }) => level === "problem")) return program;
  const repositories = [...new Set([...asked.repositories, ...writtenRepositories(configuration)])];
  const found = await gitRepositories({
    repositories,
    branches: (repository) => remote.of(repository, signal),
    allowed: (repository) => allowedBranches(configuration, repository),
    ...writing(configuration, asked, place),
  });
  return [...program, ...found];
}

function writing(
  configuration: Configuration,
  { environment: { variables }, secrets, clock, random }: GitQuestion,
  { home, signal, resources }: Place,
): Pick<RepositoriesQuestion, "isWritable" | "tryPush"> {
  if (secrets === undefined) return { isWritable: () => false, tryPush: () => Promise.resolve() };
  const environment = { dataFolder: home, variables };
  const writer = resources.use(openBranchWriter({ configuration, environment, secrets, clock, random }));
  return {
    isWritable: (repository) => isWritable(configuration, repository),
    tryPush: (repository, branch) => writer.tryOut({ repository, branch, signal }),
  };
}

/** Whole repositories that the configuration lets steps write to, though no application may read them. */
function writtenRepositories({ git }: Configuration): readonly string[] {
  return git.repositories.flatMap(({ url, write }) => (write && url.endsWith(".git") ? [url] : []));
}
