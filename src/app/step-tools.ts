import { tmpdir } from "node:os";
import { join } from "node:path";

import { ArtifactStore } from "../artifacts/artifact-store.ts";
import type { Environment } from "../config/environment.ts";
import type { InstanceSecret } from "../config/instance-secret.ts";
import type { Secrets } from "../config/secrets.ts";
import { KeyedVault } from "../engine/keyed-vault.ts";
import { LocalFolders } from "../programs/local-folders.ts";
import { LocalPrograms } from "../programs/local-programs.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { Outside } from "./outside.ts";

interface Deps {
  readonly environment: Pick<Environment, "dataFolder" | "variables">;
  readonly secret: InstanceSecret;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const MOST_BYTES = 64 * 1024 * 1024;

/** What the server's own steps work with: files and work folders in the data folder, and the programs of this machine. */
export function openStepTools(
  { environment, secret, secrets, clock, random, logger }: Deps,
  resources: AsyncDisposableStack,
): Pick<Outside, "artifacts" | "vault" | "programs" | "folders"> {
  const { dataFolder, variables } = environment;
  const folder = join(dataFolder, "artifacts");
  const artifacts = new ArtifactStore({
    folder,
    keys: secret.keys("seal"),
    mostBytes: () => MOST_BYTES,
    clock,
    random,
  });
  const vault = new KeyedVault({
    keys: secret.keys("seal"),
    resolve: (name) => secrets.resolve({ secret: name }),
    random,
  });
  const programs = resources.use(new LocalPrograms({ folder: dataFolder, environment: variables, clock, logger }));
  return { artifacts, vault, programs, folders: new LocalFolders({ root: join(dataFolder, "work") }) };
}

/** What the steps of a worker work with, in a folder of this machine (`QUARTERDECK_WORK`). */
export function openWorkerTools(
  { environment, clock, logger }: Omit<Deps, "secret" | "secrets">,
  resources: AsyncDisposableStack,
): Pick<Outside, "programs" | "folders"> {
  const { variables } = environment;
  const root = variables["QUARTERDECK_WORK"] ?? join(tmpdir(), "quarterdeck-work");
  const programs = resources.use(new LocalPrograms({ folder: root, environment: variables, clock, logger }));
  return { programs, folders: new LocalFolders({ root }) };
}
