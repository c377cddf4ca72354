import { AppError } from "../platform/errors.ts";
import { type Application, type Operation, sourcesOf } from "./argocd-application.ts";
import { CONTROL_NAMESPACE } from "./argocd-application-store.ts";
import { pinnedSources } from "./argocd-auto-sync.ts";
import { ControlCommand, type ControlInput } from "./argocd-control-command.ts";
import type { HttpFaults } from "./argocd-faults.ts";
import type { ArgocdInstance } from "./argocd-instance.ts";
import { startOperation } from "./argocd-routes-write.ts";
import type { Watches } from "./argocd-watch.ts";
import { keyOf } from "./cluster-manifest.ts";

export interface ControlDeps {
  readonly instance: ArgocdInstance;
  readonly watches: Watches;
  readonly faults: HttpFaults;
}

type Of<Action extends ControlCommand["action"]> = Extract<ControlCommand, { action: Action }>;

/** Does to the simulator what people, outages and clusters do to a real Argo CD. */
export class Control {
  readonly #deps: ControlDeps;

  constructor(deps: ControlDeps) {
    this.#deps = deps;
  }

  /** Resolves when the command has taken effect; throws for an Application that does not exist, and for a malformed command. */
  async run(input: ControlInput): Promise<void> {
    const command = ControlCommand.parse(input);
    const { instance, faults } = this.#deps;
    switch (command.action) {
      case "set-speed":
        return instance.pace.setSpeed(command.speed);
      case "set-image":
        return instance.cluster.setImage(command.prefix, command.behaviour);
      case "set-pods":
        return instance.cluster.setPods(this.#key(command.application), command.state);
      case "set-sync-windows":
        return instance.windows.set(command.project, command.windows);
      case "set-component":
        return this.#setComponent(command);
      case "set-cluster":
        return instance.clusters.setReach(command.server, command.reach);
      case "add-fault":
        return faults.add(command.fault);
      case "clear-faults":
        return faults.clear();
      case "start-operation":
        return this.#startOperation(command);
      case "create-application":
        return instance.create(command.definition);
      case "delete-application":
        return instance.delete(this.#key(command.application), command.cascade);
      case "annotate":
        return this.#annotate(command);
      case "label":
        return this.#label(command);
      case "refresh":
        return instance.refresh.request(this.#key(command.application), "latest");
      case "scale":
        return this.#scale(command);
      case "set-token":
        return instance.accounts.setExpired(command.account, command.state === "expired");
      case "set-policies":
        return instance.accounts.setPolicies(command.account, command.policies);
      case "set-anonymous":
        return instance.accounts.setAnonymous(command.policies ?? undefined);
      case "disturb-streams":
        return this.#disturbStreams(command);
      case "drop-frames":
        for (const stream of this.#deps.watches.streams) stream.drop(command.count);
        return undefined;
      case "set-new-streams":
        return this.#deps.watches.setBeginnings(command);
    }
  }

  #setComponent({ component, state }: Of<"set-component">): void {
    const { instance } = this.#deps;
    const isUp = state === "up";
    if (component === "controller") instance.controller.setOpen(isUp);
    else if (component === "repo-server") instance.repoServer.setDown(!isUp);
    else instance.isRedisDown = !isUp;
  }

  async #startOperation(command: Of<"start-operation">): Promise<void> {
    const { instance } = this.#deps;
    const { spec } = this.#application(command.application);
    const revisions = command.revisions ?? (await this.#targetRevisions(command.application));
    const { infos, automated, username } = command;
    const operation: Operation = {
      sync: pinnedSources(spec, revisions),
      initiatedBy: automated ? { automated } : { username },
      ...(infos.length === 0 ? {} : { info: infos }),
      retry: automated ? { limit: 5 } : {},
    };
    startOperation(instance, { key: this.#key(command.application), operation });
  }

  async #targetRevisions(name: string): Promise<readonly string[]> {
    const revisions: string[] = [];
    for (const source of sourcesOf(this.#application(name).spec)) {
      const resolved = await this.#deps.instance.repoServer.resolve(source, undefined);
      revisions.push(resolved.kind === "resolved" ? resolved.revision : "");
    }
    return revisions;
  }

  #annotate({ application, annotations }: Of<"annotate">): void {
    this.#deps.instance.applications.update(this.#key(application), ({ metadata, ...rest }) => {
      return { ...rest, metadata: { ...metadata, annotations: merged(metadata.annotations, annotations) } };
    });
    void this.#deps.instance.refresh.request(this.#key(application), "latest");
  }

  #label({ application, labels }: Of<"label">): void {
    this.#deps.instance.applications.update(this.#key(application), ({ metadata, ...rest }) => {
      return { ...rest, metadata: { ...metadata, labels: merged(metadata.labels, labels) } };
    });
  }

  #scale({ application, deployment, replicas }: Of<"scale">): void {
    const { cluster } = this.#deps.instance;
    const live = cluster.store.ofApplication(this.#key(application));
    const found = live.find(({ ref }) => ref.kind === "Deployment" && ref.name === deployment);
    if (found === undefined) throw noSuch("Deployment", deployment);
    const spec = { ...found.manifest.spec, replicas };
    cluster.edit(keyOf(found.ref), { ...found.manifest, spec });
  }

  #disturbStreams({ effect }: Of<"disturb-streams">): void {
    const error = {
      grpc_code: 14,
      http_code: 503,
      message: "transport is closing",
      http_status: "Service Unavailable",
    };
    for (const stream of this.#deps.watches.streams) {
      if (effect === "silence") stream.silence();
      else if (effect === "cut") stream.cut();
      else if (effect === "end") stream.end();
      else stream.fail({ error });
    }
  }

  #key(name: string): string {
    const { namespace, name: own } = this.#application(name).metadata;
    return `${namespace}/${own}`;
  }

  #application(name: string): Application {
    const key = name.includes("/") ? name : `${CONTROL_NAMESPACE}/${name}`;
    const application = this.#deps.instance.applications.get(key);
    if (application === undefined) throw noSuch("Application", name);
    return application;
  }
}

function noSuch(kind: string, name: string): AppError {
  return new AppError(`the simulator has no ${kind} ${name}`, { code: "simulator.not-found" });
}

/** Keys with their values, some of them set anew; `null` removes one. */
function merged(
  before: Readonly<Record<string, string>> | undefined,
  changes: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> {
  const changed = new Map(Object.entries(before ?? {}));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) changed.delete(name);
    else changed.set(name, value);
  }
  return Object.fromEntries(changed);
}
