import { z } from "zod";

import type { ForgeClient } from "./forge-client.ts";
import type { ForgeRepository } from "./forge-repository.ts";

// Only what is used is kept of an answer: the reports of checks are long, and what was read is remembered by its ETag.
const Repository = z.object({ html_url: z.string(), full_name: z.string(), default_branch: z.string() });
type Repository = z.infer<typeof Repository>;

const CheckRun = z.object({
  id: z.int(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullish(),
  html_url: z.string().nullish(),
  details_url: z.string().nullish(),
  check_suite: z.object({ id: z.int() }).nullish(),
});
export type CheckRun = z.infer<typeof CheckRun>;

const CheckRuns = z.object({ total_count: z.int(), check_runs: z.array(CheckRun) });

const CommitStatus = z.object({
  id: z.int(),
  context: z.string(),
  state: z.string(),
  target_url: z.string().nullish(),
});
export type CommitStatus = z.infer<typeof CommitStatus>;

const CombinedStatus = z.object({ statuses: z.array(CommitStatus) });

const CheckSuite = z.object({
  id: z.int(),
  status: z.string().nullish(),
  latest_check_runs_count: z.int().nullish(),
  app: z.object({ name: z.string() }).nullish(),
});
export type CheckSuite = z.infer<typeof CheckSuite>;

const CheckSuites = z.object({ check_suites: z.array(CheckSuite) });

const WorkflowRun = z.object({
  id: z.int(),
  name: z.string().nullish(),
  path: z.string().nullish(),
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
  html_url: z.string(),
});
export type WorkflowRun = z.infer<typeof WorkflowRun>;

const WorkflowRuns = z.object({ workflow_runs: z.array(WorkflowRun) });

/** What GitHub says about the commits of one repository. Throws what `ForgeClient` throws. */
export class GithubApi {
  readonly #client: ForgeClient;
  readonly #repository: ForgeRepository;

  constructor(client: ForgeClient, repository: ForgeRepository) {
    this.#client = client;
    this.#repository = repository;
  }

  async repository(): Promise<Repository> {
    return await this.#client.get({ path: this.#path(""), as: Repository, what: this.#what("the repository") });
  }

  /**
   * The newest run of each check within each of its suites: a check that is run again stands in the place of the run before.
   * `isComplete` is false where some came or went between two pages.
   */
  async checkRuns(sha: string): Promise<{ readonly runs: readonly CheckRun[]; readonly isComplete: boolean }> {
    const pages = await this.#client.all({
      path: this.#path(`/commits/${sha}/check-runs`),
      query: { filter: "latest" },
      as: CheckRuns,
      what: this.#what("the checks"),
    });
    const runs = [...new Map(pages.flatMap(({ check_runs: each }) => each).map((run) => [run.id, run])).values()];
    return { runs, isComplete: runs.length >= (pages.at(-1)?.total_count ?? 0) };
  }

  /** The newest status of each context. */
  async statuses(sha: string): Promise<readonly CommitStatus[]> {
    const path = this.#path(`/commits/${sha}/status`);
    const pages = await this.#client.all({ path, as: CombinedStatus, what: this.#what("the commit statuses") });
    return pages.flatMap(({ statuses }) => statuses);
  }

  async checkSuites(sha: string): Promise<readonly CheckSuite[]> {
    const path = this.#path(`/commits/${sha}/check-suites`);
    const pages = await this.#client.all({ path, as: CheckSuites, what: this.#what("the check suites") });
    return pages.flatMap(({ check_suites: suites }) => suites);
  }

  async workflowRuns(sha: string): Promise<readonly WorkflowRun[]> {
    const pages = await this.#client.all({
      path: this.#path("/actions/runs"),
      query: { head_sha: sha },
      as: WorkflowRuns,
      what: this.#what("the workflow runs"),
    });
    return pages.flatMap(({ workflow_runs: runs }) => runs);
  }

  #path(below: string): string {
    return `repos/${this.#repository.path}${below}`;
  }

  #what(thing: string): string {
    return `${thing} ${thing === "the repository" ? "" : "of "}${this.#repository.path}`;
  }
}
