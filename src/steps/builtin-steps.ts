import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import type { Programs } from "../programs/program-order.ts";
import type { WorkFolders } from "../programs/work-folders.ts";
import { ansiblePlaybook } from "./ansible/ansible-playbook.ts";
import type { AnsibleSettings } from "./ansible/ansible-settings.ts";
import { approval, type ApprovalDeps } from "./approval.ts";
import { argocdRollback } from "./argocd-rollback.ts";
import { argocdSync, type ArgocdSyncDeps } from "./argocd-sync.ts";
import { argocdTerminate } from "./argocd-terminate.ts";
import { argocdWait, type ArgocdWaitDeps } from "./argocd-wait.ts";
import { cosignVerify } from "./cosign/cosign-verify.ts";
import { imageCustody } from "./custody/image-custody.ts";
import { httpProbe } from "./http/http-probe.ts";
import { httpRequest } from "./http/http-request.ts";
import { imageResolve } from "./image/image-resolve.ts";
import { manifestsValidate } from "./manifests/manifests-validate.ts";
import { metricsCheck } from "./metrics/metrics-check.ts";
import type { NetworkPolicy } from "./network/address-policy.ts";
import { systemLookup } from "./network/checked-addresses.ts";
import { httpSender } from "./network/http-call.ts";
import { type ProgramPreparation, programRun } from "./program/program-run.ts";
import { slackAlert } from "./slack-alert.ts";
import { terraformApply } from "./terraform/terraform-apply.ts";
import { terraformOutput } from "./terraform/terraform-output.ts";
import { terraformPlan } from "./terraform/terraform-plan.ts";
import type { TerraformSettings } from "./terraform/terraform-settings.ts";
import { trivyConfig } from "./trivy/trivy-config.ts";
import { trivyImage } from "./trivy/trivy-image.ts";
import { slackFile } from "./slack/slack-file.ts";
import { slackMessage } from "./slack/slack-message.ts";
import { delay } from "./timing/delay.ts";
import { soak } from "./timing/soak.ts";
import { releaseWindow } from "./timing/release-window.ts";
import { socketLooker } from "./websocket/socket-look.ts";
import { websocketProbe } from "./websocket/websocket-probe.ts";

/** What whoever executes actions has: the server, and workers elsewhere. */
export interface WorkerStepDeps extends Pick<ArgocdSyncDeps, "servers"> {
  readonly clock: Clock;
  readonly programs: Programs;
  readonly folders: WorkFolders;
  /** What the machine allows Ansible; nothing of its own where it is absent. */
  readonly ansible?: AnsibleSettings | undefined;
  /** What the machine allows Terraform; nothing of its own where it is absent. */
  readonly terraform?: TerraformSettings | undefined;
}

/** What the step kinds need of the outside world. */
export interface StepDeps extends ApprovalDeps, ArgocdWaitDeps, ProgramPreparation, WorkerStepDeps {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly clock: Clock;
  /** Where steps may send requests, as it counts now. */
  readonly networkPolicy: () => NetworkPolicy;
}

/** Every step kind of this program, by what stands after `uses:`. Adding one is one file and one line here. */
export function builtinSteps(deps: StepDeps): ReadonlyMap<string, StepKind> {
  return byName([approval(deps), ...waits(deps), ...actions({ ...deps, preparation: deps })]);
}

/** The actions alone, for a worker: what the server prepares comes with each job. */
export function workerSteps(deps: WorkerStepDeps): ReadonlyMap<string, StepKind> {
  return byName(actions({ ...deps, preparation: undefined }));
}

function waits(deps: StepDeps): readonly StepKind[] {
  const send = httpSender({ clock: deps.clock, lookup: systemLookup });
  const look = socketLooker({ clock: deps.clock, lookup: systemLookup });
  return [
    argocdWait(deps),
    delay(deps),
    httpProbe({ ...deps, send }),
    metricsCheck({ ...deps, send }),
    releaseWindow(deps),
    soak({ ...deps, send }),
    websocketProbe({ ...deps, look }),
  ];
}

/** `preparation` is what only the server has; a worker gets what comes of it with the job. */
interface ActionDeps extends WorkerStepDeps, Partial<Pick<StepDeps, "networkPolicy">> {
  readonly preparation: StepDeps | undefined;
}

function actions(deps: ActionDeps): readonly StepKind[] {
  const send = httpSender({ clock: deps.clock, lookup: systemLookup });
  return [
    ansiblePlaybook(deps),
    argocdSync(deps),
    argocdRollback(deps),
    argocdTerminate(deps),
    cosignVerify(deps),
    httpRequest({ ...deps, send }),
    imageCustody,
    imageResolve({ ...deps, send }),
    manifestsValidate(deps),
    programRun(deps),
    slackAlert,
    slackFile,
    slackMessage,
    terraformApply(deps),
    terraformOutput(deps),
    terraformPlan(deps),
    trivyConfig(deps),
    trivyImage(deps),
  ];
}

function byName(kinds: readonly StepKind[]): ReadonlyMap<string, StepKind> {
  return new Map(kinds.map((kind) => [kind.kind, kind]));
}
