import type { ArgocdAct } from "./argocd/argocd-act.ts";
import type { RolloutPlan } from "./argocd/rollout-plan.ts";
import type { Loss, Port, Trouble } from "./carrier.ts";
import type { GitAct } from "./git/git-act.ts";
import type { RedisAct } from "./redis/redis-act.ts";
import type { WorkerAct } from "./redis/worker-act.ts";
import type { CrashPoint, DiskState } from "./sim-disk.ts";
import type { SettingsName } from "./sim-settings.ts";
import type { PersonAct } from "./slack/person-act.ts";
import type { SlackAct } from "./slack/slack-act.ts";

/**
 * What happens to the machine of the server. `now` kills it between two turns, the others in its next commit, or in the next one
 * with an event of the type `of`.
 */
export type MachineAct =
  | { readonly kind: "crash"; readonly point: CrashPoint | "now"; readonly of?: string; readonly downMs: number }
  | { readonly kind: "stop"; readonly downMs: number }
  | { readonly kind: "disk"; readonly state: DiskState; readonly forMs: number }
  | { readonly kind: "clock"; readonly byMs: number }
  /** Each turn of the server's event loop takes so much longer, and what comes in meanwhile belongs to it. */
  | { readonly kind: "busy"; readonly byMs: number; readonly forMs: number }
  | { readonly kind: "settings"; readonly name: SettingsName };

/** What happens on the way to the far ends. */
export type NetworkAct =
  | { readonly kind: "trouble"; readonly port: Port; readonly trouble: Trouble; readonly forMs: number }
  | { readonly kind: "loss"; readonly port: Port; readonly share: number; readonly forMs: number }
  | ({ readonly kind: "lose" } & Loss)
  /** Answers, but not what is told unasked, take so much longer. */
  | { readonly kind: "slow"; readonly port: Port; readonly byMs: number; readonly forMs: number }
  | { readonly kind: "cut" }
  | {
      readonly kind: "frames";
      readonly lost: number;
      readonly doubled: number;
      readonly late: number;
      readonly forMs: number;
    };

/** Something that a person does. */
interface PersonScene {
  readonly who: "person";
  readonly act: PersonAct;
  /** Who finds nothing to press looks again for so long; not at all when absent. */
  readonly patienceMs?: number;
  /** What else happens at the moment at which they have found it. */
  readonly together?: { readonly scene: Scene; readonly afterMs: number };
}

/** What happens as soon as the log says something: so much later than a row of this type, whose payload has all of these texts. */
export interface Cue {
  readonly kind: "cue";
  readonly on: string;
  readonly has?: readonly string[];
  /** How many such rows go by before; none when absent. */
  readonly skip?: number;
  readonly afterMs: number;
  readonly scene: Scene;
}

/** Something that happens. */
export type Scene =
  | PersonScene
  | { readonly who: "log"; readonly act: Cue }
  | { readonly who: "slack"; readonly act: SlackAct }
  | { readonly who: "argocd"; readonly act: ArgocdAct }
  | { readonly who: "git"; readonly act: GitAct }
  | { readonly who: "machine"; readonly act: MachineAct }
  | { readonly who: "network"; readonly act: NetworkAct }
  | { readonly who: "redis"; readonly act: RedisAct }
  | { readonly who: "worker"; readonly act: WorkerAct };

/** One thing that happens, so many milliseconds after the beginning. */
export type ScenarioAct = { readonly at: number } & Scene;

/**
 * Everything that a world is made from: the same scenario is the same story, byte for byte. Leaving acts out leaves the luck of
 * the others as it is.
 */
export interface Scenario {
  readonly seed: string;
  readonly startAt: number;
  readonly settings: SettingsName;
  /** Which application Argo CD syncs by itself; none when absent. */
  readonly autoSynced: string | undefined;
  readonly plans: readonly RolloutPlan[];
  /** Whether services that are in many places are there too; not when absent. */
  readonly hasFleets?: boolean;
  /** How many workers execute; with none the server does so itself. */
  readonly workers: number;
  readonly acts: readonly ScenarioAct[];
  /** From then on nothing goes wrong any more, and everything has to come to its end. */
  readonly calmAt: number;
}
