import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { GitRepositories, type GitRepositoriesDeps } from "../../src/git/git-repositories.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { runGit } from "../../src/simulator/git-program.ts";
import { GitRepository } from "../../src/simulator/git-repository.ts";

/** A temporary folder with real repositories and the mirrors that are made of them; all of it goes at the end. */
export class GitWorkbench {
  readonly folder: string;
  readonly #opened: GitRepositories[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<GitWorkbench> {
    return new GitWorkbench(await mkdtemp(join(tmpdir(), "quarterdeck git ")));
  }

  get mirrors(): string {
    return join(this.folder, "mirrors");
  }

  /** The address under which `open` may read everything in the folder. */
  url(name: string): string {
    return `file://${encodeURI(this.folder)}/${name}`;
  }

  async repository(name: string): Promise<GitRepository> {
    const repository = await GitRepository.create(join(this.folder, name));
    await runGit(["--git-dir", repository.folder, "config", "uploadpack.allowFilter", "true"]);
    return repository;
  }

  /** Moves, makes or deletes (`sha` undefined) a reference, also one with a name that only an attacker would choose. */
  async setReference(repository: GitRepository, ref: string, sha: string | undefined): Promise<void> {
    const change = sha === undefined ? `delete ${ref}\n` : `update ${ref} ${sha}\n`;
    await runGit(["--git-dir", repository.folder, "update-ref", "--stdin"], change);
  }

  open(deps: Partial<GitRepositoriesDeps> = {}): GitRepositories {
    const opened = new GitRepositories({
      folder: this.mirrors,
      rules: [{ url: this.url(""), access: { kind: "local" } }],
      environment: { PATH: process.env["PATH"] },
      clock: systemClock,
      logger: silentLogger,
      maxAgeMs: 0,
      ...deps,
    });
    this.#opened.push(opened);
    return opened;
  }

  /** Has the mirror fetched, as a question about a branch does when mirrors may not be old at all. */
  async fetch(git: GitRepositories, repository: string, signal?: AbortSignal): Promise<void> {
    await git.resolveRevision({ repository, text: "main", allowedBranches: ["**"], signal });
  }

  /** An executable shell script in the folder; gives its path. */
  async script(name: string, lines: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, `#!/bin/sh\n${lines}\n`);
    await chmod(path, 0o755);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened) await opened[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}
