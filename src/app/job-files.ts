import { join } from "node:path";

import type { ArtifactStore } from "../artifacts/artifact-store.ts";
import { ArtifactUploads } from "../artifacts/artifact-uploads.ts";
import { jobFileRoutes } from "../artifacts/job-file-routes.ts";
import { makeJobToken } from "../artifacts/job-token.ts";
import type { Environment } from "../config/environment.ts";
import type { InstanceSecret } from "../config/instance-secret.ts";
import type { Job } from "../engine/ports.ts";
import type { Routes } from "../http/masked-routes.ts";
import type { Clock } from "../platform/clock.ts";
import type { FilesConnection } from "./job-connection.ts";
import type { LiveSettings } from "./live-settings.ts";

interface Deps {
  readonly environment: Pick<Environment, "dataFolder" | "publicUrl" | "redisUrl">;
  /** Where this server listens. */
  readonly address: string;
  readonly live: Pick<LiveSettings, "configuration">;
  readonly secret: InstanceSecret;
  readonly artifacts: ArtifactStore;
  readonly http: Routes;
  readonly clock: Clock;
}

// A job may wait for a worker, and then take long; what it could do with a token that is left over is leave files that nobody names.
const TOKEN_FOR_MS = 7 * 24 * 3_600_000;

/** Opens the way by which workers leave and read files; gives what goes with each job for that. */
export function openJobFiles(deps: Deps): (job: Job) => FilesConnection {
  const { environment, address, live, secret, artifacts, http, clock } = deps;
  const [keys, [sealKey]] = [secret.keys("artifact"), secret.keys("seal")];
  const [key] = keys;
  if (key === undefined || sealKey === undefined) throw new TypeError("the instance has no secret");
  const mostBytes = (): number => live.configuration.artifacts.largestBytes;
  const uploads = new ArtifactUploads({ folder: join(environment.dataFolder, "artifacts"), store: artifacts });
  // Without workers there is nobody to ask.
  const routes =
    environment.redisUrl === undefined ? [] : jobFileRoutes({ store: artifacts, uploads, keys, mostBytes, clock });
  for (const route of routes) http.add(route);
  return ({ effect, token }) => ({
    url: live.configuration.artifacts.url ?? environment.publicUrl ?? address,
    token: makeJobToken({ ...effect, token, until: clock.now() + TOKEN_FOR_MS }, key),
    mostBytes: mostBytes(),
    sealKey: sealKey.id,
  });
}
