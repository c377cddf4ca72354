import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { Artifact } from "../../src/domain/artifact.ts";
import type { Outcome, Progress } from "../../src/domain/outcome.ts";
import {
  type ActionContext,
  outcomeBeforeEffect,
  type StepContext,
  type StepKind,
} from "../../src/engine/step-kind.ts";
import type { Json } from "../../src/platform/canonical-json.ts";
import { LocalFolders } from "../../src/programs/local-folders.ts";
import type { BenchPrograms } from "./bench-programs.ts";
import { SavedPlan } from "../../src/steps/terraform/saved-plan.ts";
import { terraformApply } from "../../src/steps/terraform/terraform-apply.ts";
import type { TerraformDeps, TerraformPreparation } from "../../src/steps/terraform/terraform-deps.ts";
import type { Program } from "../../src/steps/terraform/terraform-input.ts";
import { terraformOutput } from "../../src/steps/terraform/terraform-output.ts";
import { terraformPlan } from "../../src/steps/terraform/terraform-plan.ts";
import { MemoryArtifacts } from "./memory-artifacts.ts";

type Input = Readonly<Record<string, unknown>>;
interface Opened {
  readonly folder: string;
  readonly programs: BenchPrograms;
  readonly program: Program;
}
type Action = Extract<StepKind, { sort: "action" }>;
type Prepared =
  | { readonly kind: "json"; readonly json: Json | undefined }
  | { readonly kind: "outcome"; readonly outcome: Outcome };

/** The steps of the Terraform family on folders of this machine, one after another as a run has them. */
export class TerraformBench implements AsyncDisposable {
  readonly artifacts = new MemoryArtifacts();
  readonly said: Progress[] = [];
  readonly checkpoints: Json[] = [];
  facts: ActionContext["facts"] = { runTitle: "t", requester: "p_ana", requesterUser: "U1" };
  signal: AbortSignal = new AbortController().signal;
  checkpointed: Json | undefined;
  masked: ActionContext["masked"];
  preparation: Partial<TerraformPreparation> = {};
  settings: Partial<TerraformDeps["terraform"]> = {};
  readonly folder: string;
  readonly #programs: BenchPrograms;
  readonly #program: Program;

  private constructor({ folder, programs, program }: Opened) {
    this.folder = folder;
    this.#programs = programs;
    this.#program = program;
  }

  /** `program` is the one that steps run which are not told otherwise. */
  static async open(
    createPrograms: (folder: string) => BenchPrograms,
    program: Program = "terraform",
  ): Promise<TerraformBench> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "quarterdeck-terraform-")));
    await mkdir(join(folder, "config"));
    await mkdir(join(folder, "own"));
    return new TerraformBench({ folder, programs: createPrograms(join(folder, "own")), program });
  }

  /** The directory of the configuration. */
  get config(): string {
    return join(this.folder, "config");
  }

  get directory(): { readonly local: string } {
    return { local: this.config };
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(this.config, name)), { recursive: true });
      await writeFile(join(this.config, name), content);
    }
  }

  plan(input: Input = {}): Promise<Outcome> {
    return this.#run(terraformPlan(this.#deps()), { ...this.#base, ...input }, "provision/plan");
  }

  /** The plan of an outcome that has succeeded. */
  planOf(outcome: Outcome): SavedPlan {
    if (outcome.status !== "succeeded") throw new Error(JSON.stringify(outcome));
    return SavedPlan.parse(outcome.output["plan"]);
  }

  apply(plan: SavedPlan, input: Input = {}): Promise<Outcome> {
    return this.#run(terraformApply(this.#deps()), { plan, ...input }, "provision/apply");
  }

  output(input: Input = {}): Promise<Outcome> {
    return this.#run(terraformOutput(this.#deps()), { ...this.#base, ...input }, "provision/output");
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

  get #base(): Input {
    return { directory: this.directory, program: this.#program };
  }

  #deps(): TerraformDeps {
    const { preparation } = this;
    return {
      programs: this.#programs,
      folders: new LocalFolders({ root: join(this.folder, "work") }),
      terraform: { roots: [this.folder], ...this.settings },
      preparation: {
        exportFolder: ({ path }) => this.#export(path),
        ruleOf: () => undefined,
        ...preparation,
      },
    };
  }

  async #export(path: string): Promise<Artifact> {
    const folder = join(this.config, path);
    const content = execFileSync("tar", ["--create", "--format=pax", "--directory", folder, "."]);
    return await this.artifacts.put({ name: "folder.tar", mediaType: "application/x-tar", content });
  }

  /** As the server does it: what goes wrong here is the outcome. */
  async #prepared({ prepare }: Action, input: Input, context: StepContext): Promise<Prepared> {
    try {
      return { kind: "json", json: await prepare?.(input, context) };
    } catch (error) {
      return { kind: "outcome", outcome: outcomeBeforeEffect(error) };
    }
  }

  async #run(kind: StepKind, input: Input, path: string): Promise<Outcome> {
    if (kind.sort !== "action") throw new Error("no action");
    const base = {
      effect: { run: "run_1", path, attempt: 1 },
      facts: this.facts,
      signal: this.signal,
      startedAt: 1,
      artifacts: this.artifacts,
      progress: (progress: Progress) => void this.said.push(progress),
    };
    const prepared = await this.#prepared(kind, input, base);
    if (prepared.kind === "outcome") return prepared.outcome;
    const checkpoint = (data: Json): Promise<void> => {
      this.checkpoints.push(data);
      this.checkpointed = data;
      return Promise.resolve();
    };
    return await kind.run(input, {
      ...base,
      prepared: prepared.json,
      checkpointed: this.checkpointed,
      masked: this.masked,
      checkpoint,
    });
  }
}
