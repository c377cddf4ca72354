import type { Artifacts } from "../../src/engine/artifacts.ts";
import { AppError } from "../../src/platform/errors.ts";
import type { Programs } from "../../src/programs/program-order.ts";
import type { WorkFolders } from "../../src/programs/work-folders.ts";
import { MemoryArtifacts } from "./memory-artifacts.ts";

interface IdleTools {
  readonly artifacts: Artifacts;
  readonly programs: Programs;
  readonly folders: WorkFolders;
}

/** What steps work with on a machine that has no program at all. */
export function idleTools(): IdleTools {
  return {
    artifacts: new MemoryArtifacts(),
    programs: {
      run: ({ program }) => Promise.reject(new AppError(`${program} is not here`, { code: "program.missing" })),
    },
    folders: { use: (_wanted, work) => work("/nowhere") },
  };
}
