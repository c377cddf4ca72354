import type { Caller } from "./argocd-accounts.ts";
import { ApiError } from "./argocd-api-error.ts";
import { type Clusters, ClusterSpec } from "./argocd-clusters.ts";
import { parseMessage } from "./argocd-request-body.ts";
import type { ApiRequest, Route } from "./argocd-router.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";

/** The clusters that Argo CD deploys to. It asks each for its version before it keeps what is said of it. */
export function clusterRoutes({ clusters }: ArgocdInstance): readonly Route[] {
  return [
    { method: "GET", path: "/api/v1/clusters", handle: (request) => list(clusters, request) },
    { method: "POST", path: "/api/v1/clusters", handle: (request) => create(clusters, request) },
    {
      method: "GET",
      path: "/api/v1/clusters/{id}",
      handle: (request) => shown(clusters, visible(clusters, request, { action: "get", doing: READING })),
    },
    { method: "PUT", path: "/api/v1/clusters/{id}", handle: (request) => update(clusters, request) },
  ];
}

const DENIED = "rpc error: code = PermissionDenied desc = permission denied";
const READING = "error verifying access to update cluster";
const WRITING = "failed to verify access for updating cluster";

function list(clusters: Clusters, { caller, query }: ApiRequest): object {
  const server = query.get("server");
  const name = query.get("name");
  const items = clusters.all
    .filter((cluster) => (server === null || cluster.server === server) && (name === null || cluster.name === name))
    .filter((cluster) => caller.may({ resource: "clusters", action: "get", object: objectOf(cluster) }))
    .map((cluster) => shown(clusters, cluster));
  return { metadata: {}, items };
}

function create(clusters: Clusters, { caller, query, body }: ApiRequest): object {
  const wanted = parseMessage(body, { name: "Cluster", schema: ClusterSpec });
  const object = objectOf(wanted);
  if (!caller.may({ resource: "clusters", action: "create", object })) {
    const said = `permission denied: clusters, create, ${object}, sub: ${caller.account ?? ""}, iat: ${caller.issuedAt}`;
    throw new ApiError(
      "permissionDenied",
      `permission denied while creating cluster: rpc error: code = PermissionDenied desc = ${said}`,
    );
  }
  askVersion(clusters, wanted.server, "error getting server version");
  const existing = clusters.get(wanted.server);
  if (existing === undefined) clusters.put(wanted);
  else if (JSON.stringify(existing) !== JSON.stringify(wanted)) {
    if (query.get("upsert") !== "true") {
      throw new ApiError(
        "invalidArgument",
        'existing cluster spec is different; use upsert flag to force update; difference in keys "Config"',
      );
    }
    authorize(caller, existing, { action: "update", doing: WRITING });
    authorize(caller, wanted, { action: "update", doing: WRITING });
    clusters.put(wanted);
  }
  return shown(clusters, wanted);
}

function update(clusters: Clusters, request: ApiRequest): object {
  const { caller, query, body } = request;
  const wanted = parseMessage(body, { name: "Cluster", schema: ClusterSpec });
  const existing = visible(clusters, request, { action: "update", doing: WRITING });
  const fields = query.getAll("updatedFields");
  if (fields.length === 0 || fields.includes("project"))
    authorize(caller, { ...existing, project: wanted.project }, { action: "update", doing: WRITING });
  const changed = fields.length === 0 ? wanted : withFields(existing, wanted, fields);
  askVersion(clusters, changed.server, "failed to get server version");
  clusters.put(changed);
  return shown(clusters, changed);
}

const FIELDS = [
  "name",
  "namespaces",
  "config",
  "shard",
  "clusterResources",
  "labels",
  "annotations",
  "project",
] as const;

function withFields(existing: ClusterSpec, wanted: ClusterSpec, names: readonly string[]): ClusterSpec {
  const changes = FIELDS.filter((field) => names.includes(field)).map((field) => [field, wanted[field]] as const);
  return { ...existing, ...Object.fromEntries(changes) };
}

interface Access {
  readonly action: "get" | "update";
  /** What the refusal says that it was about to do. */
  readonly doing: string;
}

/** One that does not exist is refused like one that the account may not touch. */
function visible(clusters: Clusters, { params, query, caller }: ApiRequest, access: Access): ClusterSpec {
  const { id = "" } = params;
  const cluster = query.get("id.type") === "name" ? clusters.named(id) : clusters.get(id);
  if (cluster === undefined)
    throw new ApiError("permissionDenied", `${access.doing}: failed to get cluster with permissions check: ${DENIED}`);
  authorize(caller, cluster, access);
  return cluster;
}

function authorize(caller: Caller, cluster: Pick<ClusterSpec, "server" | "project">, { action, doing }: Access): void {
  if (caller.may({ resource: "clusters", action, object: objectOf(cluster) })) return;
  throw new ApiError("permissionDenied", `${doing}: ${DENIED}`);
}

function objectOf({ server, project = "" }: Pick<ClusterSpec, "server" | "project">): string {
  return project === "" ? server : `${project}/${server}`;
}

function askVersion(clusters: Clusters, server: string, doing: string): void {
  const answer = clusters.version(server);
  if ("problem" in answer) throw new ApiError("unknown", `${doing}: ${answer.problem}`);
}

/** Without what is secret about it, and with how Argo CD reached it last. */
function shown(clusters: Clusters, cluster: ClusterSpec): object {
  const { bearerToken: _token, password: _password, tlsClientConfig = {}, ...config } = cluster.config;
  const { keyData: _key, ...trust } = Object(tlsClientConfig);
  const answer = clusters.version(cluster.server);
  const connectionState =
    "problem" in answer ? { status: "Failed", message: answer.problem } : { status: "Successful", message: "" };
  const version = "problem" in answer ? {} : { serverVersion: answer.version };
  return {
    ...cluster,
    config: { ...config, tlsClientConfig: trust },
    connectionState,
    ...version,
    info: { connectionState, ...version, cacheInfo: {}, applicationsCount: 0 },
  };
}
