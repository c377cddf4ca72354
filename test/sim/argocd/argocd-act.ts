import type { Source } from "./application-state.ts";
import type { HookType, RolloutPlan } from "./rollout-plan.ts";

/** One application as a scenario begins with it. */
export interface AppSetup {
  readonly name: string;
  /** `argocd` when absent. */
  readonly namespace?: string;
  /** `default` when absent. */
  readonly project?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly source: Source;
  /** Auto-sync: absent without a policy, false for one that is switched off. */
  readonly automated?: boolean;
  /** The commits that were deployed before, whole ids, the newest last: that one runs and is Healthy. None: nothing is there. */
  readonly deployed: readonly string[];
  /** The jobs that every sync runs; none when absent. */
  readonly hooks?: readonly HookType[];
  /** The ApplicationSet that made it, and puts its source back when somebody changes it. */
  readonly ownedBy?: string;
  /** How often Argo CD repeats a sync that failed; none when absent. */
  readonly retryLimit?: number;
}

/** What others do in Argo CD and in its cluster; plain data. Applications by `namespace/name`. One that cannot be done does nothing. */
export type ArgocdAct = AppAct | ServerAct;

/** What is done to one application. */
export type AppAct =
  /**
   * `over`: an operation that is in progress is ended first. `instead`: one that the controller has not taken up is overwritten, as
   * by whoever edits the application itself. Without a revision the branch is synced.
   */
  | {
      readonly type: "foreign-sync";
      readonly app: string;
      /** A whole commit, or `same` for that of the operation before. */
      readonly revision?: string;
      /** `ben` when absent. */
      readonly by?: string;
      /** It carries what the operation before carried: somebody has taken that one and changed the revision in it. */
      readonly copiesInfos?: boolean;
      readonly over?: boolean;
      readonly instead?: boolean;
      readonly dryRun?: boolean;
      /** Only the Deployment. */
      readonly partial?: boolean;
    }
  /** An ApplicationSet that rolls out step by step syncs the application, whose last result stays shown until that begins. */
  | { readonly type: "rolling-sync"; readonly app: string }
  /** Argo CD's own rollback by somebody else: to an entry, counted from the newest, which is 0; the one before the newest when absent. */
  | { readonly type: "foreign-rollback"; readonly app: string; readonly back?: number; readonly by?: string }
  | { readonly type: "foreign-terminate"; readonly app: string; readonly by?: string }
  /**
   * Deleted without its objects, and made again after a while: with another uid and no history. `synced`: whoever made it syncs it
   * at once at the commit that runs there.
   */
  | { readonly type: "recreate"; readonly app: string; readonly afterMs: number; readonly synced?: boolean }
  /** `takesMs`: how long the finalizer needs. `cascade` deletes the objects too. */
  | { readonly type: "delete"; readonly app: string; readonly takesMs: number; readonly cascade: boolean }
  | {
      readonly type: "change-source";
      readonly app: string;
      readonly path?: string;
      readonly targetRevision?: string;
      readonly helmParameter?: { readonly name: string; readonly value: string };
      readonly image?: string;
    }
  | { readonly type: "auto-sync"; readonly app: string; readonly on: boolean }
  /** The controller is told to leave the application alone for a while. */
  | { readonly type: "skip-reconcile"; readonly app: string; readonly forMs: number }
  | { readonly type: "degrade"; readonly app: string }
  | { readonly type: "heal"; readonly app: string }
  /** The operation vanishes without an end. `restores`: what is shown is the one before, as where a backup of the cluster is played back. */
  | { readonly type: "lose-operation"; readonly app: string; readonly restores?: boolean }
  /** `app`: one, or `*` for all, also those that have a window of their own. `manual`: syncs by hand pass all the same. */
  | { readonly type: "close-window"; readonly app: string; readonly manual?: boolean }
  | { readonly type: "open-window"; readonly app: string }
  | { readonly type: "trim-history"; readonly app: string; readonly keep: number }
  /** Argo CD compares by its timer. */
  | { readonly type: "compare"; readonly app: string }
  /** From here on each of its comparisons takes so long: it has many objects, or its manifests are made by a slow tool. */
  | { readonly type: "slow-comparisons"; readonly app: string; readonly takeMs: number };

/** What concerns all of Argo CD. */
export type ServerAct =
  /** The controller is away for a while: what was asked for waits, refreshes hang. */
  | { readonly type: "controller-away"; readonly forMs: number }
  | { readonly type: "repo-server-away"; readonly forMs: number }
  /** The account of the product loses these rights for a while; `get` hides everything from it. */
  | { readonly type: "lose-rights"; readonly right: "get" | "sync"; readonly forMs: number }
  /** Its token is not accepted for a while. */
  | { readonly type: "refuse-token"; readonly forMs: number }
  /**
   * So long after the product's next request was accepted (the one after it when `skip` is 1, and so on) this is done to the
   * application that it was about, whatever application `act` names. `on: "read"`: after its next read of an application.
   */
  | {
      readonly type: "ambush";
      readonly on?: "read";
      readonly skip: number;
      readonly afterMs: number;
      readonly act: AppAct;
    }
  /** From here on a revision goes this way. */
  | { readonly type: "plan"; readonly plan: RolloutPlan };
