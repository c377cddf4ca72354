import type { ExportFolder } from "../../engine/folder-export.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Programs } from "../../programs/program-order.ts";
import type { WorkFolders } from "../../programs/work-folders.ts";
import type { AnsibleSettings } from "./ansible-settings.ts";

/** What a play needs where it is executed. */
export interface AnsibleDeps {
  readonly programs: Programs;
  readonly folders: WorkFolders;
  readonly clock: Pick<Clock, "monotonic">;
  /** What this machine allows; nothing of its own where it is absent. */
  readonly ansible?: AnsibleSettings | undefined;
  /** What only the server has; a worker gets what comes of it with the job. */
  readonly preparation: { readonly exportFolder: ExportFolder } | undefined;
}
