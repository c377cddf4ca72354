import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { Outcome, Progress } from "../../src/domain/outcome.ts";
import type { ActionContext } from "../../src/engine/step-kind.ts";
import type { Json } from "../../src/platform/canonical-json.ts";
import { LocalFolders } from "../../src/programs/local-folders.ts";
import type { BenchPrograms } from "./bench-programs.ts";
import type { AnsibleDeps } from "../../src/steps/ansible/ansible-deps.ts";
import { ansiblePlaybook } from "../../src/steps/ansible/ansible-playbook.ts";
import { MemoryArtifacts } from "./memory-artifacts.ts";

type Input = Readonly<Record<string, unknown>>;

/** Attempts of one `ansible/playbook` step, one after another, in a folder of this machine. */
export class AnsibleBench implements AsyncDisposable {
  readonly artifacts = new MemoryArtifacts();
  readonly said: Progress[] = [];
  readonly checkpoints: Json[] = [];
  signal: AbortSignal = new AbortController().signal;
  /** Of the attempt that comes next. */
  attempt = 1;
  checkpointed: Json | undefined;
  /** What the attempt left that a person has had repeated. */
  earlier: Json | undefined;
  /** What the server knows besides. */
  facts: Partial<ActionContext["facts"]> = {};
  readonly folder: string;
  readonly #programs: BenchPrograms;

  private constructor(folder: string, programs: BenchPrograms) {
    this.folder = folder;
    this.#programs = programs;
  }

  static async open(createPrograms: (folder: string) => BenchPrograms): Promise<AnsibleBench> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "quarterdeck-ansible-")));
    await mkdir(join(folder, "plays"));
    await mkdir(join(folder, "own"));
    return new AnsibleBench(folder, createPrograms(join(folder, "own")));
  }

  /** The directory of the playbook. */
  get plays(): string {
    return join(this.folder, "plays");
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(this.plays, name)), { recursive: true });
      await writeFile(join(this.plays, name), content);
    }
  }

  /** The next attempt. */
  async play(input: Input = {}): Promise<Outcome> {
    const kind = ansiblePlaybook(this.deps);
    if (kind.sort !== "action") throw new Error("no action");
    const whole = { directory: { local: this.plays }, playbook: "site.yml", inventory: "hosts.yml", ...input };
    const base: Omit<ActionContext, "checkpoint" | "checkpointed"> = {
      effect: { run: "run_1", path: "provision/configure", attempt: this.attempt },
      facts: { runTitle: "t", requester: "p_ana", requesterUser: "U1", ...this.facts },
      signal: this.signal,
      startedAt: 1,
      artifacts: this.artifacts,
      progress: (progress) => void this.said.push(progress),
    };
    const prepared = await kind.prepare?.(whole, base);
    this.attempt += 1;
    return await kind.run(whole, {
      ...base,
      prepared,
      checkpointed: this.checkpointed,
      earlier: this.earlier,
      checkpoint: async (data) => {
        this.checkpoints.push(data);
        this.checkpointed = data;
      },
    });
  }

  get deps(): AnsibleDeps {
    const folders = new LocalFolders({ root: join(this.folder, "work") });
    const clock = { monotonic: () => performance.now() };
    const exportFolder = async ({ path }: { readonly path: string }) => {
      const content = execFileSync("tar", ["--create", "--format=pax", "--directory", join(this.plays, path), "."]);
      return await this.artifacts.put({ name: "folder.tar", mediaType: "application/x-tar", content });
    };
    return {
      programs: this.#programs,
      folders,
      clock,
      ansible: { roots: [this.folder] },
      preparation: { exportFolder },
    };
  }

  /** What the steps left in their work folders. */
  async leftovers(): Promise<readonly string[]> {
    const folders = await readdir(join(this.folder, "work")).catch(() => []);
    const found = await Promise.all(folders.map((name) => readdir(join(this.folder, "work", name))));
    return found.flat();
  }

  /** What a test that failed has left running ends here. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#programs[Symbol.asyncDispose]?.();
    await rm(this.folder, { recursive: true, force: true });
  }
}
