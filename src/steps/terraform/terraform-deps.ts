import type { ApprovalRule } from "../../domain/target.ts";
import type { ExportFolder } from "../../engine/folder-export.ts";
import type { Programs } from "../../programs/program-order.ts";
import type { WorkFolders } from "../../programs/work-folders.ts";
import type { TerraformSettings } from "./terraform-settings.ts";

/** What the steps of this family need where they are executed. */
export interface TerraformDeps {
  readonly programs: Programs;
  readonly folders: WorkFolders;
  /** What this machine allows; nothing of its own where it is absent. */
  readonly terraform?: TerraformSettings | undefined;
  /** What only the server has; a worker gets what comes of it with the job. */
  readonly preparation: TerraformPreparation | undefined;
}

export interface TerraformPreparation {
  readonly exportFolder: ExportFolder;
  /** What the environment of the application asks for, as the configuration says now. */
  readonly ruleOf: (app: string, environment?: string) => ApprovalRule | undefined;
}
