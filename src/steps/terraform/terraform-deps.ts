import type { Artifact } from "../../domain/artifact.ts";
import type { ApprovalRule } from "../../domain/target.ts";
import type { Programs } from "../../programs/program-order.ts";
import type { WorkFolders } from "../../programs/work-folders.ts";
import type { TerraformSettings } from "./terraform-settings.ts";

/** What the steps of this family need where they are executed. */
export interface TerraformDeps {
  readonly programs: Programs;
  readonly folders: WorkFolders;
  readonly terraform: TerraformSettings;
  /** Unpacks a folder from Git; refuses what would come to lie outside of `folder`. */
  readonly unpack: (content: Uint8Array, folder: string) => Promise<void>;
  /** What only the server has; a worker gets what comes of it with the job. */
  readonly preparation: TerraformPreparation | undefined;
}

export interface TerraformPreparation {
  /** A folder of a repository at a revision, for whoever executes the step. */
  readonly exportFolder: (wanted: {
    readonly repository: string;
    readonly revision: string;
    readonly path: string;
    readonly signal: AbortSignal;
  }) => Promise<Artifact>;
  /** What the environment of the application asks for, as the configuration says now. */
  readonly ruleOf: (app: string, environment?: string) => ApprovalRule | undefined;
}
