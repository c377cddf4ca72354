import type { ArgocdAccess, ArgocdServer } from "../argocd/argocd-server.ts";
import type { ActionContext, StepKind } from "../engine/step-kind.ts";
import { AppError } from "../platform/errors.ts";
import { systemLookup } from "./network/checked-addresses.ts";
import { httpSender } from "./network/http-call.ts";
import type { KindDeps, StepDeps, StepSource, WorkerStepDeps } from "./step-deps.ts";
import { socketLooker } from "./websocket/socket-look.ts";

/**
 * The step kinds of all sources by name, for the server. Actions are executed with what a worker has, whether they are executed by
 * one or not, so that none works only as long as there are no workers.
 */
export function stepsOf(sources: readonly StepSource[], deps: StepDeps): ReadonlyMap<string, StepKind> {
  const onWorker = workerStepsOf(sources, deps);
  const kinds = sources.flatMap(({ make }) => make(withNetwork(deps)));
  return byName(kinds.map((kind) => executedAs(kind, onWorker.get(kind.kind))));
}

/** The actions alone, for a worker: what the server prepares comes with each job. */
export function workerStepsOf(sources: readonly StepSource[], deps: WorkerStepDeps): ReadonlyMap<string, StepKind> {
  const kinds = sources.flatMap(({ make }) => make(withoutServer(deps)));
  return byName(kinds.filter((kind) => kind.sort === "action" && kind.where !== "server"));
}

function executedAs(kind: StepKind, onWorker: StepKind | undefined): StepKind {
  if (kind.sort !== "action" || kind.where === "server" || onWorker?.sort !== "action") return kind;
  return { ...kind, run: (input: unknown, context: ActionContext) => onWorker.run(input, context) };
}

/** The same with ways to reach others. */
export function withNetwork(deps: StepDeps): KindDeps {
  const { clock } = deps;
  const network = { clock, lookup: systemLookup };
  return { ...deps, send: httpSender(network), look: socketLooker(network) };
}

function withoutServer(deps: WorkerStepDeps): KindDeps {
  const { clock, programs, folders, ansible, terraform, servers } = deps;
  return withNetwork({
    clock,
    programs,
    folders,
    ansible,
    terraform,
    servers: new Map(Array.from(servers, ([name, access]) => [name, asked(access)])),
    git: { commitsBetween: onlyThere("git") },
    exportFolder: onlyThere("exportFolder"),
    allowedProgram: onlyThere("allowedProgram"),
    ruleOf: onlyThere("ruleOf"),
    proofs: onlyThere("proofs"),
    timingOf: onlyThere("timingOf"),
    networkPolicy: onlyThere("networkPolicy"),
  });
}

/** A worker asks Argo CD, and does not watch it. */
function asked({ url, client }: ArgocdAccess): ArgocdServer {
  return {
    url,
    client,
    uiUrl: onlyThere("uiUrl"),
    get cache(): never {
      return onlyThere("cache")();
    },
  };
}

function onlyThere(name: string): () => never {
  return () => {
    const message = `Only the server has "${name}". An action that needs it gathers it in "prepare", and gets what comes of it with the job.`;
    throw new AppError(message, { code: "step.server-only" });
  };
}

function byName(kinds: readonly StepKind[]): ReadonlyMap<string, StepKind> {
  return new Map(kinds.map((kind) => [kind.kind, kind]));
}
