import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";

import type { Clock } from "../platform/clock.ts";
import { type Random, systemRandom } from "../platform/ids.ts";
import { listen, type ListenOptions } from "../platform/listen.ts";
import { type AcceptedOperation, AcceptedOperations } from "./argocd-accepted-operations.ts";
import type { AccountDefinition } from "./argocd-accounts.ts";
import type { Application } from "./argocd-application.ts";
import type { ApplicationDefinition } from "./argocd-application-store.ts";
import { Control } from "./argocd-control.ts";
import type { ControlInput } from "./argocd-control-command.ts";
import { ControlHandler } from "./argocd-control-http.ts";
import { HttpFaults } from "./argocd-faults.ts";
import { GitManifestSource } from "./argocd-git-source.ts";
import { ApiHandler } from "./argocd-http.ts";
import { ArgocdInstance } from "./argocd-instance.ts";
import type { ManifestSource } from "./argocd-manifest-source.ts";
import { Router } from "./argocd-router.ts";
import { detailRoutes } from "./argocd-routes-details.ts";
import { listRoutes } from "./argocd-routes-list.ts";
import { clusterRoutes } from "./argocd-routes-clusters.ts";
import { projectRoutes, serverRoutes } from "./argocd-routes-server.ts";
import { writeRoutes } from "./argocd-routes-write.ts";
import { simulatorState, type SimulatorState } from "./argocd-state.ts";
import { Watches } from "./argocd-watch.ts";
import { type Workloads, workloadsOf } from "./argocd-workloads.ts";
import type { ImageBehaviour } from "./cluster-object.ts";

export interface ArgocdSimulatorOptions extends ListenOptions {
  readonly clock: Clock;
  readonly random?: Random;
  /** How many times faster than a real cluster; 1 when absent. */
  readonly speed?: number;
  /** Bare repositories on this machine, by the address under which Applications know them; or another source of manifests. */
  readonly gitRepositories: Readonly<Record<string, string>> | ManifestSource;
  readonly applications: readonly ApplicationDefinition[];
  readonly accounts: readonly AccountDefinition[];
  /** How images behave, by the beginning of their name; what is not named is ready at once. */
  readonly images?: Readonly<Record<string, ImageBehaviour>>;
  readonly otherImages?: ImageBehaviour;
  /** Speaks HTTPS with this key and certificate. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly version?: string;
}

const AT_ONCE: ImageBehaviour = { kind: "starts", afterMs: 60 };

/** A running simulated Argo CD. */
export interface ArgocdSimulator extends AsyncDisposable {
  /** `http://127.0.0.1:4711`, without a slash at the end. */
  readonly url: string;
  /** `METHOD path` of everything that is served, streams included. */
  readonly endpoints: readonly string[];
  /** How many streams are open. */
  readonly openStreams: number;
  /** `METHOD path` of the newest requests that ask for a change, whatever became of them; a refresh is one. */
  readonly writes: readonly string[];
  /** Every operation that was accepted since the start, whoever asked for it; the newest 100,000. */
  readonly acceptedOperations: readonly AcceptedOperation[];
  /** What runs in the clusters. */
  readonly workloads: Workloads;
  control(command: ControlInput): Promise<void>;
  state(): SimulatorState;
  /** The Application as the cluster has it now, by its name or `namespace/name`. */
  application(name: string): Application | undefined;
  stop(): Promise<void>;
}

const MOST_WRITES = 1000;
const PAGES = ["GET /healthz", "GET /applications", "GET /applications/{namespace}/{name}"];
const STREAMS = ["GET /api/v1/stream/applications", "GET /api/v1/stream/applications/{name}/resource-tree"];

/** Starts a simulated Argo CD on the loopback interface; resolves when every Application has been compared once. */
export async function startArgocdSimulator(options: ArgocdSimulatorOptions): Promise<ArgocdSimulator> {
  const { tls } = options;
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  const { host, port } = await listen(server, options);
  const url = `${tls === undefined ? "http" : "https"}://${host}:${port}`;
  const instance = createInstance(options, url);
  const routes = [
    ...serverRoutes(instance),
    ...projectRoutes(instance),
    ...listRoutes(instance),
    ...clusterRoutes(instance),
  ];
  const router = new Router([...routes, ...detailRoutes(instance), ...writeRoutes(instance)]);
  const watches = new Watches(instance);
  const faults = new HttpFaults();
  const control = new Control({ instance, watches, faults });
  const api = new ApiHandler({ instance, router, watches, faults });
  const controls = new ControlHandler({ instance, control });
  const writes: string[] = [];
  const accepted = new AcceptedOperations(() => options.clock.now());
  instance.applications.subscribe((event) => accepted.note(event));
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const isControl = request.url?.startsWith("/_control") === true;
    const handler = isControl ? controls : api;
    if (!isControl && asksForChange(request)) writes.push(`${request.method} ${request.url}`);
    if (writes.length > MOST_WRITES) writes.shift();
    handler.handle(request, response).catch(() => response.destroy());
  });
  await Promise.all(options.applications.map((definition) => instance.create(definition)));
  const stop = async (): Promise<void> => {
    instance.stop();
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return {
    url,
    endpoints: [...router.endpoints, ...STREAMS, ...PAGES],
    get openStreams() {
      return watches.count;
    },
    writes,
    get acceptedOperations() {
      return accepted.all;
    },
    workloads: workloadsOf(instance),
    control: (command) => control.run(command),
    state: () => simulatorState(instance),
    application: (name) => instance.applications.get(name.includes("/") ? name : `argocd/${name}`),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function asksForChange({ method, url = "" }: IncomingMessage): boolean {
  return method !== "GET" || /[?&]refresh=/u.test(url);
}

function createInstance(options: ArgocdSimulatorOptions, url: string): ArgocdInstance {
  const { clock, accounts, images = {}, otherImages = AT_ONCE, gitRepositories } = options;
  return new ArgocdInstance({
    clock,
    random: options.random ?? systemRandom,
    speed: options.speed ?? 1,
    manifests: isSource(gitRepositories) ? gitRepositories : new GitManifestSource(gitRepositories),
    accounts,
    images,
    otherImages,
    publicUrl: url,
    version: options.version ?? "v3.5.1+simulated",
  });
}

function isSource(value: Readonly<Record<string, string>> | ManifestSource): value is ManifestSource {
  return typeof value["references"] === "function";
}
