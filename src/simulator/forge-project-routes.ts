import type { ForgeAnswer, ForgeRequest, ForgeRoute } from "./forge-router.ts";
import type { ForgeProject } from "./forge-state.ts";

/** A request about a project that is there. */
export interface Asked extends ForgeRequest {
  readonly project: ForgeProject;
}

type Handle = (asked: Asked) => ForgeAnswer | Promise<ForgeAnswer>;

interface ProjectRoutes {
  readonly read: (path: string, handle: Handle) => ForgeRoute;
  readonly write: (method: "POST" | "PUT", path: string, handle: Handle) => ForgeRoute;
}

/** Makes routes below the address of a project; `find` throws what the forge says where there is none. */
export function projectRoutes(base: string, find: (params: ForgeRequest["params"]) => ForgeProject): ProjectRoutes {
  const route = (at: Pick<ForgeRoute, "method" | "path" | "right">, handle: Handle): ForgeRoute => ({
    ...at,
    path: base + at.path,
    handle: (request) => handle({ ...request, project: find(request.params) }),
  });
  return {
    read: (path, handle) => route({ method: "GET", path, right: "read" }, handle),
    write: (method, path, handle) => route({ method, path, right: "write" }, handle),
  };
}
