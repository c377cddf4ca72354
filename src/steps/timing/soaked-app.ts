import type { Application } from "../../argocd/application.ts";
import { ArgocdError } from "../../argocd/argocd-errors.ts";
import { type AppLocation, withProject } from "../../argocd/argocd-server.ts";
import { tryIsoTime } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import type { SoakFinding } from "./soak-judgement.ts";

const GONE: ReadonlySet<string> = new Set(["gone", "hidden"]);

interface Deps {
  readonly location: AppLocation;
  readonly signal: AbortSignal;
  /** Something about the application is new. */
  readonly onNews: () => void;
}

/** The health of one application, as the stream tells it. It is read only when something is decided, and after a gap. */
export class SoakedApp implements Disposable {
  readonly #deps: Deps;
  readonly #subscription: Disposable;
  #application: Application | undefined;
  #isAway = false;
  #isGone = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    const { cache } = deps.location.server;
    this.#application = cache.find(deps.location.address);
    this.#subscription = cache.subscribe(deps.location.address, (hint) => {
      if (hint.kind === "changed") this.#application = hint.application;
      if (hint.kind === "gone") this.#isGone = true;
      deps.onNews();
    });
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  /** The last read got no answer, or only a read can tell whether it is gone. */
  get mustBeRead(): boolean {
    return this.#isAway || this.#isGone;
  }

  finding(): SoakFinding {
    const { server, address } = this.#deps.location;
    if (this.#isAway) return { kind: "away", reason: "Argo CD does not answer" };
    if (!server.cache.health().connected) return { kind: "away", reason: "Argo CD is not connected" };
    if (this.#application === undefined) return { kind: "away", reason: `${address.name} is not known yet` };
    const { status } = this.#application.status.health;
    if (status === "Healthy") return { kind: "good" };
    return { kind: "bad", reason: `${address.name} is ${status === "" ? "of unknown health" : status}` };
  }

  /** Since when it has been healthy, as Argo CD tells it. */
  healthySince(): number | undefined {
    return tryIsoTime(this.#application?.status.health.lastTransitionTime ?? "");
  }

  /** Reads it. Throws `argocd.gone` when it is not there any more, and what waiting cannot mend. */
  async read(): Promise<void> {
    const { location, signal } = this.#deps;
    const { cache, client } = location.server;
    try {
      const application = await client.getApplication(addressOf(location, this.#application), { signal });
      this.#isAway = false;
      this.#isGone = false;
      // News may have overtaken the answer.
      cache.offer(application);
      this.#application = cache.find(location.address) ?? application;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ArgocdError && GONE.has(error.class)) throw vanished(location);
      if (!(error instanceof ArgocdError) || error.retry === "never") throw error;
      this.#isAway = true;
    }
  }
}

/** With its project, a missing application is told from a hidden one. */
function addressOf(location: AppLocation, application: Application | undefined): AppLocation["address"] {
  return application === undefined ? location.address : withProject(location, application).address;
}

function vanished({ address }: AppLocation): AppError {
  const message = `The application ${address.namespace}/${address.name} does not exist in Argo CD, or the account may not see it. Check who deleted it or changed the account's rights.`;
  return new AppError(message, { code: "argocd.gone" });
}
