import { RemoteArtifacts } from "../artifacts/remote-artifacts.ts";
import type { Variables } from "../config/environment.ts";
import type { InstanceSecret } from "../config/instance-secret.ts";
import { Secrets } from "../config/secrets.ts";
import { type Artifacts, noArtifacts } from "../engine/artifacts.ts";
import { equippedKinds } from "../engine/equipped-kinds.ts";
import { KeyedVault } from "../engine/keyed-vault.ts";
import { maskedKinds } from "../engine/masked-kinds.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { Json } from "../platform/canonical-json.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError, errorMessage } from "../platform/errors.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretMask } from "../platform/masking.ts";
import { BUILTIN } from "../steps/builtin-steps.ts";
import type { LoadedPlugin } from "../steps/plugins/plugin-kinds.ts";
import type { WorkerStepDeps } from "../steps/step-deps.ts";
import { workerStepsOf } from "../steps/steps-of.ts";
import { type FilesConnection, JobConnection } from "./job-connection.ts";
import type { WorkerServers } from "./worker-servers.ts";

interface Deps {
  /** The worker's name, for messages. */
  readonly worker: string;
  readonly variables: Variables;
  readonly secret: InstanceSecret;
  readonly servers: WorkerServers;
  readonly steps: Omit<WorkerStepDeps, "servers">;
  /** The step kinds of one's own. */
  readonly plugins: readonly LoadedPlugin[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly mask: SecretMask;
}

/**
 * The step kinds of a worker, ready for a job: with what the job names, the tokens and secrets of the worker's own surroundings, and
 * the server's store for files.
 */
export function workerKinds(deps: Deps, connection: Json | undefined): ReadonlyMap<string, StepKind> {
  const { servers, steps, plugins, mask } = deps;
  const { argocd, files, secrets } = JobConnection.parse(connection ?? { secrets: {} });
  const kinds = workerStepsOf([BUILTIN, ...plugins], { ...steps, servers: servers.for(argocd) });
  const vault = vaultOf(deps, { secrets, sealKey: files?.sealKey });
  return maskedKinds(equippedKinds(kinds, { artifacts: filesOf(deps, files), vault, mask }), mask);
}

function filesOf({ worker, secret, clock, random }: Deps, files: FilesConnection | undefined): Artifacts {
  if (files === undefined) return noArtifacts;
  const { sealKey, ...way } = files;
  return new RemoteArtifacts({ ...way, worker, keys: sealKeys(secret, sealKey), clock, random });
}

/** Of the keys that this worker has, that of its server comes first: while the secret is replaced they differ. */
function sealKeys(secret: InstanceSecret, sealKey: string | undefined): ReturnType<InstanceSecret["keys"]> {
  const keys = secret.keys("seal");
  return [...keys.filter(({ id }) => id === sealKey), ...keys.filter(({ id }) => id !== sealKey)];
}

function vaultOf(
  { worker, variables, secret, mask, logger, random }: Deps,
  { secrets: sources, sealKey }: { readonly secrets: JobConnection["secrets"]; readonly sealKey: string | undefined },
): KeyedVault {
  const secrets = new Secrets({ sources, variables, mask, logger });
  const resolve = (name: string): string => {
    try {
      return secrets.resolve({ secret: name });
    } catch (error) {
      const message = `The worker ${worker} cannot execute the step: ${errorMessage(error)}`;
      throw new AppError(message, { code: "secret.unresolved", cause: error });
    }
  };
  return new KeyedVault({ keys: sealKeys(secret, sealKey), resolve, random });
}
