import { z } from "zod";

import type { ForgeClient } from "./forge-client.ts";
import type { ForgeRepository } from "./forge-repository.ts";

const Pipeline = z.object({
  id: z.int(),
  project_id: z.int().nullish(),
  status: z.string(),
  ref: z.string().nullish(),
  source: z.string().nullish(),
  web_url: z.string().nullish(),
});
export type Pipeline = z.infer<typeof Pipeline>;

const Job = z.object({
  id: z.int(),
  name: z.string(),
  stage: z.string().nullish(),
  status: z.string(),
  allow_failure: z.boolean().nullish(),
  failure_reason: z.string().nullish(),
  web_url: z.string().nullish(),
});
export type Job = z.infer<typeof Job>;

/** A job that starts another pipeline: a child of this project, or one of another project. */
const Bridge = z.object({ ...Job.shape, downstream_pipeline: Pipeline.nullish() });
export type Bridge = z.infer<typeof Bridge>;

/** What GitLab says about the pipelines of one project. Throws what `ForgeClient` throws. */
export class GitlabApi {
  readonly #client: ForgeClient;
  readonly #repository: ForgeRepository;

  constructor(client: ForgeClient, repository: ForgeRepository) {
    this.#client = client;
    this.#repository = repository;
  }

  /** The newest pipeline of a commit. Child pipelines are not among those that are listed. */
  async newestPipeline(
    sha: string,
    only: { readonly ref?: string | undefined; readonly source?: string | undefined },
  ): Promise<Pipeline | undefined> {
    const { ref, source } = only;
    const query = {
      sha,
      order_by: "id",
      sort: "desc",
      per_page: "1",
      ...(ref !== undefined && { ref }),
      ...(source !== undefined && { source }),
    };
    const what = `the pipelines of ${this.#repository.path}`;
    const [newest] = await this.#client.get({ path: this.#path("/pipelines"), query, as: z.array(Pipeline), what });
    return newest;
  }

  /** The jobs of a pipeline, without those in whose place another try stands. */
  async jobs({ id, project_id: project }: Pipeline): Promise<readonly Job[]> {
    const path = this.#path(`/pipelines/${id}/jobs`, project);
    return (await this.#client.all({ path, as: z.array(Job), what: `the jobs of pipeline ${id}` })).flat();
  }

  async bridges({ id, project_id: project }: Pipeline): Promise<readonly Bridge[]> {
    const path = this.#path(`/pipelines/${id}/bridges`, project);
    return (await this.#client.all({ path, as: z.array(Bridge), what: `the child pipelines of ${id}` })).flat();
  }

  #path(below: string, project?: number | null): string {
    return `projects/${project ?? encodeURIComponent(this.#repository.path)}${below}`;
  }
}
