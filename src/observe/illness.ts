import type { Application, AppKey } from "../argocd/application.ts";
import { ArgocdError } from "../argocd/argocd-errors.ts";
import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { judgeHealth } from "../argocd/failing-resources.ts";
import { worstNodes } from "../argocd/worst-nodes.ts";
import type { FailingResource } from "../argocd/verdict.ts";
import type { Clock } from "../platform/clock.ts";
import type { SickResource } from "./incident-fact.ts";

const LONGEST_MESSAGE = 500;
const READ_MS = 10_000;

/** The application as Argo CD has it now, or that it cannot be asked. */
export type Confirmed =
  | { readonly kind: "read"; readonly application: Application }
  | { readonly kind: "gone" }
  | { readonly kind: "unreadable" };

/** How Argo CD is asked: not for long, because others are to be told meanwhile. */
export interface Asking {
  readonly server: Pick<ArgocdServer, "client" | "cache">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One read where something is decided: the stream is only a hint. */
export async function confirm(asking: Asking, key: AppKey): Promise<Confirmed> {
  const { server } = asking;
  try {
    const application = await within(asking, (signal) => server.client.getApplication(key, { signal }));
    server.cache.offer(application);
    return { kind: "read", application };
  } catch (error) {
    const isGone = error instanceof ArgocdError && (error.class === "gone" || error.class === "hidden");
    return { kind: isGone ? "gone" : "unreadable" };
  }
}

/** What keeps it from being healthy, worst first: from the resource tree, and without it from the application itself. */
export async function sickResources(asking: Asking, application: Application): Promise<SickResource[]> {
  const { namespace, name } = application.metadata;
  const { project } = application.spec;
  try {
    const nodes = await within(asking, (signal) =>
      asking.server.client.resourceTree({ namespace, name, project }, { signal }),
    );
    const worst = worstNodes(nodes);
    return worst.length > 0 ? worst.map(sick) : knownSick(application);
  } catch {
    // The alert matters more than its details.
    return knownSick(application);
  }
}

/** The same from a copy alone: nothing is asked. */
export function knownSick(application: Application): SickResource[] {
  return judgeHealth(application, false).resources.map(sick);
}

/** Tells whether two pictures of an illness differ in more than words: counters and times in messages change all the time. */
export function pictureOf(resources: readonly SickResource[]): string {
  return resources
    .map(({ kind, name, status }) => `${kind}/${name} ${status}`)
    .toSorted()
    .join(", ");
}

function sick({ kind, name, status, message }: FailingResource): SickResource {
  return { kind, name, status, message: message.slice(0, LONGEST_MESSAGE) };
}

async function within<Result>(
  { clock, signal }: Asking,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const timer = clock.setTimer(READ_MS, () => stop.abort(new Error("Argo CD does not answer")));
  try {
    return await call(AbortSignal.any([stop.signal, signal]));
  } finally {
    timer.cancel();
  }
}
