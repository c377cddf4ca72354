import { chmod } from "node:fs/promises";

import type { StepContext } from "../../engine/step-kind.ts";
import { emptyFolder } from "../../programs/empty-folder.ts";
import type { WorkFolders } from "../../programs/work-folders.ts";
import type { RunLog } from "../tools/run-log.ts";

interface Wanted {
  /** The kind, which together with the effect gives the folder its name. */
  readonly kind: string;
  readonly log: RunLog;
}

/** Lets `work` have an empty folder of its own; nothing is left of it afterwards but the log of what was printed. */
export async function withOwnFolder<Value>(
  folders: WorkFolders,
  { effect, signal, artifacts }: Pick<StepContext, "effect" | "signal" | "artifacts">,
  { kind, log }: Wanted,
  work: (folder: string) => Promise<Value>,
): Promise<Value> {
  const name = [kind, effect.run, effect.path].join(" ");
  return await folders.use({ name, signal }, async (folder) => {
    try {
      await emptyFolder(folder);
      await chmod(folder, 0o700);
      return await work(folder);
    } finally {
      await emptyFolder(folder);
      // That a log could not be kept changes nothing of what was found.
      await log.put(artifacts).catch(() => undefined);
    }
  });
}
