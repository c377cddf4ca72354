import type { Application } from "../argocd/application.ts";
import { type AppLocation, type ArgocdAccess, locateApp, withProject } from "../argocd/argocd-server.ts";
import { tryAppRef } from "../domain/target.ts";
import { AppError } from "../platform/errors.ts";

/** Where the application is that a step names: `server/namespace/name`. Throws `step.input` for anything else. */
export function locate<Server extends ArgocdAccess>(
  servers: ReadonlyMap<string, Server>,
  app: string,
): AppLocation<Server> {
  const key = tryAppRef(app);
  if (key !== undefined) return locateApp(servers, key);
  throw new AppError(`"${app}" is not server/namespace/name of an application.`, { code: "step.input" });
}

export interface Located<Server extends ArgocdAccess> {
  readonly application: Application;
  readonly location: AppLocation<Server>;
}

/** Reads the application that a step names, as it is now. */
export async function readApp<Server extends ArgocdAccess>(
  servers: ReadonlyMap<string, Server>,
  { app, signal }: { readonly app: string; readonly signal: AbortSignal },
): Promise<Located<Server>> {
  const named = locate(servers, app);
  const application = await named.server.client.getApplication(named.address, { signal });
  return { application, location: withProject(named, application) };
}
