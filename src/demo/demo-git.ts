import { join } from "node:path";

import type { Clock } from "../platform/clock.ts";
import { createDemoRepository } from "../simulator/git-demo-repository.ts";
import { GitHost } from "../simulator/git-host.ts";
import { GitRepository } from "../simulator/git-repository.ts";

export interface DemoRepository {
  readonly repository: GitRepository;
  /** The address to clone. */
  readonly url: string;
}

const DEPLOY = "harbor/deploy.git";

/** With this people and programs may push to every repository of the demo; anybody may read them. */
export const DEMO_PUSH_TOKEN = "demo-git-token-0001";

/** The Git server of a demo, and the repositories on it. */
export class DemoGit implements AsyncDisposable {
  readonly host: GitHost;
  /** The repository that the Applications of the shop read. */
  readonly deploy: DemoRepository;
  readonly #folder: string;
  readonly #folders: Record<string, string>;

  private constructor(deps: {
    readonly host: GitHost;
    readonly deploy: DemoRepository;
    readonly folder: string;
    readonly folders: Record<string, string>;
  }) {
    this.host = deps.host;
    this.deploy = deps.deploy;
    this.#folder = deps.folder;
    this.#folders = deps.folders;
  }

  /** Keeps its repositories below `folder`. */
  static async open({ clock, folder }: { readonly clock: Clock; readonly folder: string }): Promise<DemoGit> {
    const deployFolder = join(folder, "deploy.git");
    const repository = await createDemoRepository(deployFolder);
    const folders: Record<string, string> = { [DEPLOY]: deployFolder };
    const host = await GitHost.start({ clock, repositories: folders, pushTokens: [DEMO_PUSH_TOKEN] });
    return new DemoGit({ host, deploy: { repository, url: host.repositoryUrl(DEPLOY) }, folder, folders });
  }

  /** A further repository on the server, empty, such as `infra`. */
  async create(name: string): Promise<DemoRepository> {
    const path = `harbor/${name}.git`;
    const folder = join(this.#folder, `${name}.git`);
    const repository = await GitRepository.create(folder);
    // The server looks at this very record.
    this.#folders[path] = folder;
    return { repository, url: this.host.repositoryUrl(path) };
  }

  /** The folders of all repositories by their addresses. */
  byAddress(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(this.#folders).map(([path, folder]) => [this.host.repositoryUrl(path), folder]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
  }
}
