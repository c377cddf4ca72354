import type { Artifacts } from "../../src/engine/artifacts.ts";
import type { ExportFolder } from "../../src/engine/folder-export.ts";
import { KeyedVault } from "../../src/engine/keyed-vault.ts";
import type { Vault } from "../../src/engine/vault.ts";
import { AppError } from "../../src/platform/errors.ts";
import { type Random, systemRandom } from "../../src/platform/ids.ts";
import type { Programs } from "../../src/programs/program-order.ts";
import type { WorkFolders } from "../../src/programs/work-folders.ts";
import { MemoryArtifacts } from "./memory-artifacts.ts";

interface IdleTools {
  readonly exportFolder: ExportFolder;
  readonly artifacts: Artifacts;
  readonly vault: Vault;
  readonly programs: Programs;
  readonly folders: WorkFolders;
}

/** What steps work with on a machine that has no program and no secret at all. */
export function idleTools(random: Random = systemRandom): IdleTools {
  return {
    exportFolder: () => Promise.reject(new AppError("There is no such folder", { code: "git.no-folder" })),
    artifacts: new MemoryArtifacts(),
    vault: testVault({}, random),
    programs: {
      run: ({ program }) => Promise.reject(new AppError(`${program} is not here`, { code: "program.missing" })),
    },
    folders: { use: (_wanted, work) => work("/nowhere") },
  };
}

/** A vault with these secrets, by name. */
export function testVault(secrets: Readonly<Record<string, string>>, random: Random = systemRandom): Vault {
  return new KeyedVault({
    keys: [{ id: "test", bytes: Buffer.alloc(32, 7) }],
    resolve: (name) => {
      const value = secrets[name];
      if (value === undefined) throw new AppError(`There is no secret ${name}`, { code: "secret.unresolved" });
      return value;
    },
    random,
  });
}
