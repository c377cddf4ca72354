import type { ArgocdAccess, ArgocdServer } from "../argocd/argocd-server.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import type { Programs } from "../programs/program-order.ts";
import type { WorkFolders } from "../programs/work-folders.ts";
import type { AnsibleSettings } from "./ansible/ansible-settings.ts";
import type { ApprovalDeps } from "./approval.ts";
import type { ArgocdWaitDeps } from "./argocd-wait.ts";
import type { ParseYaml } from "./cluster/kubeconfig.ts";
import type { AppTokens } from "./forge/forge-input.ts";
import type { GitWriting } from "./git/git-writing.ts";
import type { NetworkPolicy } from "./network/address-policy.ts";
import type { SendHttp } from "./network/http-call.ts";
import type { ProgramPreparation } from "./program/program-run.ts";
import type { TerraformSettings } from "./terraform/terraform-settings.ts";
import type { LookAtSocket } from "./websocket/socket-look.ts";

/** What whoever executes actions has: the server, and workers elsewhere. */
export interface WorkerStepDeps {
  readonly servers: ReadonlyMap<string, ArgocdAccess>;
  readonly clock: Clock;
  readonly programs: Programs;
  readonly folders: WorkFolders;
  /** What the machine allows Ansible; nothing of its own where it is absent. */
  readonly ansible?: AnsibleSettings | undefined;
  /** What the machine allows Terraform; nothing of its own where it is absent. */
  readonly terraform?: TerraformSettings | undefined;
  /** Reads one YAML document that others wrote; only JSON is read where it is absent. */
  readonly parseYaml?: ParseYaml | undefined;
}

/** What the step kinds need of the outside world. */
export interface StepDeps extends ApprovalDeps, ArgocdWaitDeps, ProgramPreparation, WorkerStepDeps {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly clock: Clock;
  /** Where steps may send requests, as it counts now. */
  readonly networkPolicy: () => NetworkPolicy;
  /** The tokens of the GitHub Apps that the configuration has; none where it is absent. */
  readonly appTokens?: AppTokens | undefined;
  /** Write access to Git, for actions that only the server executes; nothing is written where it is absent. */
  readonly writing?: GitWriting | undefined;
}

/**
 * What each step kind is made of, ours and those of plug-ins alike. What an action does with it happens where a worker is: there
 * only `clock`, `programs`, `folders`, `send`, `look`, what the machine allows, and `url` and `client` of `servers` can be used; everything
 * else throws `step.server-only` or is absent. An action gathers it in `prepare`, which like waits, gates and actions with
 * `where: "server"` is on the server.
 */
export interface KindDeps extends StepDeps {
  /** Sends one HTTP request to an address that the policy allows. */
  readonly send: SendHttp;
  /** The same for a WebSocket. */
  readonly look: LookAtSocket;
}

/** Makes a step kind. It is called more than once, so it does nothing but that. */
export type StepFactory = (deps: KindDeps) => StepKind;

/** Where step kinds come from: this program itself, or a plug-in. */
export interface StepSource {
  readonly make: (deps: KindDeps) => readonly StepKind[];
}
