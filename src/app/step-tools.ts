import { createReadStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ArtifactStore } from "../artifacts/artifact-store.ts";
import type { Environment } from "../config/environment.ts";
import type { InstanceSecret } from "../config/instance-secret.ts";
import type { Secrets } from "../config/secrets.ts";
import type { ExportFolder } from "../engine/folder-export.ts";
import { KeyedVault } from "../engine/keyed-vault.ts";
import type { GitRepositories } from "../git/git-repositories.ts";
import { LocalFolders } from "../programs/local-folders.ts";
import { LocalPrograms } from "../programs/local-programs.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { ansibleSettings } from "../steps/ansible/ansible-settings.ts";
import { terraformSettings } from "../steps/terraform/terraform-settings.ts";
import type { LiveSettings } from "./live-settings.ts";
import type { Outside } from "./outside.ts";

interface Deps {
  readonly environment: Pick<Environment, "dataFolder" | "variables">;
  readonly live: Pick<LiveSettings, "configuration">;
  readonly git: Pick<GitRepositories, "exportFolder">;
  readonly secret: InstanceSecret;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What the server's own steps work with: files and work folders in the data folder, and the programs of this machine. */
export function openStepTools(
  { environment, live, git, secret, secrets, clock, random, logger }: Deps,
  resources: AsyncDisposableStack,
): { readonly artifacts: ArtifactStore; readonly folders: LocalFolders } & Pick<
  Outside,
  "exportFolder" | "vault" | "programs" | "ansible" | "terraform"
> {
  const { dataFolder, variables } = environment;
  const exportFolder: ExportFolder = (wanted) => {
    const { largestBytes: mostBytes } = live.configuration.artifacts;
    return git.exportFolder({ ...wanted, mostBytes }, (file) =>
      artifacts.put({ name: "folder.tar", mediaType: "application/x-tar", content: createReadStream(file) }),
    );
  };
  const folder = join(dataFolder, "artifacts");
  const artifacts = new ArtifactStore({
    folder,
    keys: secret.keys("seal"),
    mostBytes: () => live.configuration.artifacts.largestBytes,
    clock,
    random,
  });
  const vault = new KeyedVault({
    keys: secret.keys("seal"),
    resolve: (name) => secrets.resolve({ secret: name }),
    random,
  });
  const programs = resources.use(new LocalPrograms({ folder: dataFolder, environment: variables, clock, logger }));
  const folders = new LocalFolders({ root: join(dataFolder, "work") });
  const machine = { ansible: ansibleSettings(variables), terraform: terraformSettings(variables) };
  return { exportFolder, artifacts, vault, programs, folders, ...machine };
}

/** What the steps of a worker work with, in a folder of this machine (`QUARTERDECK_WORK`). */
export function openWorkerTools(
  { environment, clock, logger }: Pick<Deps, "environment" | "clock" | "logger">,
  resources: AsyncDisposableStack,
): Pick<Outside, "programs" | "folders" | "ansible" | "terraform"> {
  const { variables } = environment;
  const root = variables["QUARTERDECK_WORK"] ?? join(tmpdir(), "quarterdeck-work");
  const programs = resources.use(new LocalPrograms({ folder: root, environment: variables, clock, logger }));
  const machine = { ansible: ansibleSettings(variables), terraform: terraformSettings(variables) };
  return { programs, folders: new LocalFolders({ root }), ...machine };
}
