import type { GitAccess } from "../../src/app/outside.ts";
import type { HttpConnections } from "../../src/argocd/argocd-http.ts";
import { InstanceSecret } from "../../src/config/instance-secret.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { AppError } from "../../src/platform/errors.ts";
import type { AppSetup } from "./argocd/argocd-act.ts";
import { ArgocdWorld } from "./argocd/argocd-world.ts";
import type { HookType } from "./argocd/rollout-plan.ts";
import { argocdConnections, type FrameLuck } from "./argocd-connections.ts";
import { Carrier, CarryError } from "./carrier.ts";
import { Dice } from "./dice.ts";
import { GitWorld } from "./git/git-world.ts";
import { shaOf } from "./git/sha-of.ts";
import type { Life } from "./life.ts";
import { WorkerFleet } from "./redis/worker-fleet.ts";
import type { Scenario } from "./scenario.ts";
import type { Schedule } from "./schedule.ts";
import type { Reach } from "./sim-server.ts";
import { CANARIES, COMMITS, placesOf, REPOSITORY } from "./sim-settings.ts";
import { People } from "./slack/people.ts";
import { simClients } from "./slack/sim-clients.ts";
import { SimReceiver } from "./slack/sim-receiver.ts";
import { SlackDeliveries } from "./slack/slack-deliveries.ts";
import { SlackWorld } from "./slack/slack-world.ts";

const KEEPALIVE_MS = 15_000;

/** Everything outside of the simulated processes. */
export class Worlds {
  readonly git: GitWorld;
  readonly argocd: ArgocdWorld;
  readonly slack: SlackWorld;
  readonly people: People;
  readonly carrier: Carrier;
  readonly frames: FrameLuck = { lost: 0, doubled: 0, late: 0 };
  /** What cuts each open watch. */
  readonly watches = new Set<() => void>();
  /** Those who execute; undefined where the server does so itself. */
  readonly fleet: WorkerFleet | undefined;
  readonly #line: Schedule;
  readonly #dice: Dice;
  readonly #deliveries: SlackDeliveries;

  constructor(scenario: Scenario, line: Schedule) {
    const dice = new Dice(`worlds/${scenario.seed}`);
    this.#line = line;
    this.#dice = dice;
    this.carrier = new Carrier({ line, dice: dice.fork("carrier") });
    const commits = COMMITS.map((name) => ({ name, paths: pathsOf(name, scenario.hasFleets === true) }));
    const side = { name: "feature", from: "m1", commits: [{ name: "f1", paths: ["deploy/checkout"] }] };
    this.git = new GitWorld({
      schedule: line,
      repositories: [{ url: REPOSITORY, branches: [{ name: "main", commits }, side] }],
    });
    this.argocd = new ArgocdWorld({
      schedule: line,
      dice: dice.fork("argocd"),
      git: this.git,
      apps: setups(scenario),
      plans: scenario.plans,
    });
    this.slack = new SlackWorld({ schedule: line, dice: dice.fork("slack") });
    this.#deliveries = new SlackDeliveries({ schedule: line, dice: dice.fork("deliveries"), world: this.slack });
    this.people = new People({
      schedule: line,
      dice: dice.fork("people"),
      world: this.slack,
      deliveries: this.#deliveries,
    });
    this.fleet = scenario.workers === 0 ? undefined : this.#openFleet(scenario.workers);
  }

  /** The far ends as one process reaches them. */
  reach(life: Life, clock: Clock): Reach {
    const { carrier, slack, fleet } = this;
    const receiver = new SimReceiver(this.#deliveries);
    life.onDeath(() => receiver.kill());
    return {
      slack: {
        receiver,
        clients: simClients({
          call: (method, args) => slack.call(method, args),
          carry: (port, call, name) => carrier.carry({ life, port, name }, (answer) => answer(call())),
          clock,
        }),
        post: (url, body, signal) =>
          carrier.carry({ life, port: "slack", name: "response", signal }, (answer) =>
            answer(slack.respond(url, body)),
          ),
      },
      argocd: this.#argocdFor(life),
      git: this.#gitFor(life),
      dispatcher: fleet === undefined ? undefined : (base) => fleet.createDispatcher(base),
    };
  }

  #openFleet(count: number): WorkerFleet {
    return new WorkerFleet({
      line: this.#line,
      dice: this.#dice.fork("fleet"),
      // Machines of their own, whose clocks nobody sets.
      wall: { offsetMs: 0 },
      secret: new InstanceSecret([CANARIES.QUARTERDECK_SECRET]),
      variables: CANARIES,
      count,
      argocd: (life) => this.#argocdFor(life),
    });
  }

  #argocdFor(life: Life): HttpConnections {
    const { carrier, argocd, frames, watches } = this;
    return argocdConnections({
      life,
      carrier,
      line: this.#line,
      dice: this.#dice.fork(`frames of ${life.name}`),
      argocd: {
        answer: (request, end) => argocd.answer(request, end),
        watch: (path, deliver) => argocd.watch(path, deliver, { keepaliveMs: KEEPALIVE_MS }),
        refusalOfWatch: () => argocd.refusalOfWatch(),
      },
      frames,
      watches,
    });
  }

  #gitFor(life: Life): GitAccess {
    const { carrier, git } = this;
    const ask = <Answer>(signal: AbortSignal | undefined, look: () => Answer): Promise<Answer> =>
      carrier
        .carry<{ readonly ok: Answer } | { readonly thrown: unknown }>(
          { life, port: "git", name: "git", signal },
          (answer) => {
            try {
              answer({ ok: look() });
            } catch (thrown) {
              answer({ thrown });
            }
          },
        )
        .then((result) => {
          if ("ok" in result) return result.ok;
          throw result.thrown;
        })
        .catch((error: unknown) => {
          if (!(error instanceof CarryError)) throw error;
          throw new AppError(`${REPOSITORY} cannot be reached`, {
            code: "git.unreachable",
            retry: "backoff",
            cause: error,
          });
        });
    return {
      resolveRevision: (request) => ask(request.signal, () => git.resolveRevision(request)),
      commitsBetween: (request) => ask(request.signal, () => git.commitsBetween(request)),
      recentCommits: (request) => ask(request.signal, () => git.recentCommits(request)),
    };
  }
}

/** Every commit touches something, not always the same. */
function pathsOf(name: string, hasFleets: boolean): readonly string[] {
  const number = Number(name.slice(1));
  return Object.keys(placesOf(hasFleets))
    .filter((_service, index) => (number + index) % 3 !== 1)
    .map((s) => `deploy/${s}`);
}

function hooksOf(service: string): readonly HookType[] {
  if (service === "payments") return ["PreSync"];
  return service === "search" || service === "depot" ? ["PostSync"] : [];
}

function setups({ autoSynced, hasFleets = false }: Scenario): readonly AppSetup[] {
  return Object.entries(placesOf(hasFleets)).flatMap(([service, environments]) =>
    environments.map((environment) => {
      const name = `${service}-${environment}`;
      return {
        name,
        source: { repoURL: REPOSITORY, path: `deploy/${service}`, targetRevision: "main" },
        deployed: ["m2", "m1", "m0"].map(shaOf),
        hooks: hooksOf(service),
        retryLimit: name === "search-prod" ? 1 : 0,
        ...(name === autoSynced && { automated: true }),
      };
    }),
  );
}
