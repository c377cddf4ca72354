export interface Coverage {
  /** `full`: as far as a client of Quarterdeck's kind can tell. `partial`: `missing` says what is not there. `none`: not served at all. */
  readonly state: "full" | "partial" | "none";
  readonly missing?: string;
  /** The test that shows it. */
  readonly test?: string;
}

const AGREEMENT = "test/integration/argocd-simulator-agreement.test.ts";
const API = "test/integration/argocd-simulator-api.test.ts";
const CLUSTERS = "test/integration/argocd-clusters.test.ts";
const STREAMS = "test/integration/argocd-simulator-streams.test.ts";

/** How much of Argo CD's API the simulator serves; a test compares this with what it really serves. */
export const ARGOCD_COVERAGE: Readonly<Record<string, Coverage>> = {
  "GET /applications": { state: "partial", missing: "Argo CD's own pages; there is one of the simulator", test: API },
  "GET /applications/{namespace}/{name}": {
    state: "partial",
    missing: "Argo CD's own pages and what their query strings open",
    test: API,
  },
  "GET /healthz": { state: "full", test: AGREEMENT },
  "GET /api/version": { state: "partial", missing: "everything but Version", test: AGREEMENT },
  "GET /api/v1/session/userinfo": { state: "full", test: AGREEMENT },
  "GET /api/v1/settings": { state: "partial", missing: "what is configured beyond url and tracking", test: AGREEMENT },
  "GET /api/v1/account/can-i/{resource}/{action}/{object...}": { state: "full", test: AGREEMENT },
  "GET /api/v1/account/{name}": { state: "partial", missing: "the list of tokens", test: API },
  "GET /api/v1/projects/{name}": {
    state: "partial",
    missing: "everything but sync windows; every name exists",
    test: AGREEMENT,
  },
  "GET /api/v1/projects/{name}/syncwindows": {
    state: "partial",
    missing: "schedules are not read: windows are opened and closed by hand",
    test: AGREEMENT,
  },
  "GET /api/v1/clusters": { state: "partial", missing: "the selector of labels", test: CLUSTERS },
  "POST /api/v1/clusters": { state: "partial", missing: "clusters without a server, and their shards", test: CLUSTERS },
  "GET /api/v1/clusters/{id}": { state: "partial", missing: "escaped names, and what is cached of it", test: CLUSTERS },
  "PUT /api/v1/clusters/{id}": { state: "partial", missing: "a change of its address", test: CLUSTERS },
  "GET /api/v1/applications": { state: "full", test: API },
  "GET /api/v1/applications/{name}": { state: "full", test: AGREEMENT },
  "PATCH /api/v1/applications/{name}": {
    state: "partial",
    missing: "move and copy of JSON patches; finalizers",
    test: AGREEMENT,
  },
  "POST /api/v1/applications/{name}/sync": {
    state: "partial",
    missing: "local manifests, replace, force, hooks of the phase SyncFail",
    test: AGREEMENT,
  },
  "POST /api/v1/applications/{name}/rollback": { state: "full", test: AGREEMENT },
  "DELETE /api/v1/applications/{name}/operation": { state: "full", test: AGREEMENT },
  "GET /api/v1/applications/{name}/resource-tree": {
    state: "partial",
    missing: "hosts, orphaned nodes, endpoints of services, the filters of the query",
    test: API,
  },
  "GET /api/v1/applications/{name}/managed-resources": {
    state: "partial",
    missing: "ignored differences, defaults of the cluster, the filters of the query",
    test: API,
  },
  "GET /api/v1/applications/{name}/manifests": {
    state: "partial",
    missing: "Helm, Kustomize and YAML: folders of JSON manifests only",
    test: AGREEMENT,
  },
  "GET /api/v1/applications/{name}/resource": { state: "full", test: API },
  "GET /api/v1/applications/{name}/revisions/{revision}/metadata": { state: "full", test: AGREEMENT },
  "GET /api/v1/applications/{name}/links": { state: "partial", missing: "configured links", test: AGREEMENT },
  "GET /api/v1/applications/{name}/events": { state: "partial", missing: "events of resources", test: API },
  "GET /api/v1/applications/{name}/syncwindows": { state: "full", test: AGREEMENT },
  "GET /api/v1/stream/applications": { state: "full", test: STREAMS },
  "GET /api/v1/stream/applications/{name}/resource-tree": { state: "full", test: STREAMS },
  "GET /api/v1/applications/{name}/logs": { state: "none" },
  "GET /api/v1/applications/{name}/resource/actions": { state: "none" },
  "POST /api/v1/applications/{name}/resource/actions/v2": { state: "none" },
  "POST /api/v1/applications/{name}/resource/actions": { state: "none" },
  "GET /api/v1/applicationsets": { state: "none" },
  "GET /api/v1/applicationsets/{name}": { state: "none" },
  "GET /api/v1/stream/applicationsets": { state: "none" },
  "GET /api/v1/repositories/{repository}/refs": { state: "none" },
  "DELETE /api/v1/clusters/{id}": { state: "none" },
  "POST /api/v1/clusters/{id}/rotate-auth": { state: "none" },
  "POST /api/v1/clusters/{id}/invalidate-cache": { state: "none" },
  "POST /api/v1/account/{name}/token": { state: "none" },
  "DELETE /api/v1/account/{name}/token/{id}": { state: "none" },
};
