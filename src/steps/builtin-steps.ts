import type { StepKind } from "../engine/step-kind.ts";
import { ansiblePlaybook } from "./ansible/ansible-playbook.ts";
import { approval } from "./approval.ts";
import { argocdCluster } from "./cluster/argocd-cluster.ts";
import { argocdRollback } from "./argocd-rollback.ts";
import { argocdSync } from "./argocd-sync.ts";
import { argocdTerminate } from "./argocd-terminate.ts";
import { argocdWait } from "./argocd-wait.ts";
import { cosignVerify } from "./cosign/cosign-verify.ts";
import { imageCustody } from "./custody/image-custody.ts";
import { githubChecks } from "./forge/github-checks.ts";
import { gitlabPipeline } from "./forge/gitlab-pipeline.ts";
import { gitCommit } from "./git/git-commit.ts";
import { gitMerged } from "./forge/git-merged.ts";
import { gitMerge } from "./forge/git-merge.ts";
import { gitPullRequest } from "./forge/git-pull-request.ts";
import { httpProbe } from "./http/http-probe.ts";
import { httpRequest } from "./http/http-request.ts";
import { imageResolve } from "./image/image-resolve.ts";
import { manifestsValidate } from "./manifests/manifests-validate.ts";
import { metricsCheck } from "./metrics/metrics-check.ts";
import { programRun } from "./program/program-run.ts";
import { signal } from "./signal/signal.ts";
import { slackAlert } from "./slack-alert.ts";
import type { KindDeps, StepDeps, StepSource, WorkerStepDeps } from "./step-deps.ts";
import { stepsOf, workerStepsOf } from "./steps-of.ts";
import { terraformApply } from "./terraform/terraform-apply.ts";
import { terraformOutput } from "./terraform/terraform-output.ts";
import { terraformPlan } from "./terraform/terraform-plan.ts";
import { trivyConfig } from "./trivy/trivy-config.ts";
import { trivyImage } from "./trivy/trivy-image.ts";
import { slackFile } from "./slack/slack-file.ts";
import { slackMessage } from "./slack/slack-message.ts";
import { delay } from "./timing/delay.ts";
import { soak } from "./timing/soak.ts";
import { releaseWindow } from "./timing/release-window.ts";
import { websocketProbe } from "./websocket/websocket-probe.ts";

/** The step kinds that this program brings along, made as those of a plug-in are. Adding one is one file and one line here. */
export const BUILTIN: StepSource = {
  make: (deps) => [approval(deps), ...waits(deps), ...actions({ ...deps, preparation: deps })],
};

/** Every step kind of this program, by what stands after `uses:`. */
export function builtinSteps(deps: StepDeps): ReadonlyMap<string, StepKind> {
  return stepsOf([BUILTIN], deps);
}

/** The actions alone, for a worker: what the server prepares comes with each job. */
export function workerSteps(deps: WorkerStepDeps): ReadonlyMap<string, StepKind> {
  return workerStepsOf([BUILTIN], deps);
}

function waits(deps: KindDeps): readonly StepKind[] {
  return [
    argocdWait(deps),
    delay(deps),
    githubChecks(deps),
    gitlabPipeline(deps),
    gitMerged(deps),
    httpProbe(deps),
    metricsCheck(deps),
    releaseWindow(deps),
    signal,
    soak(deps),
    websocketProbe(deps),
  ];
}

/** `preparation` is what only the server has, for `prepare`. */
interface ActionDeps extends KindDeps {
  readonly preparation: KindDeps;
}

function actions(deps: ActionDeps): readonly StepKind[] {
  return [
    ansiblePlaybook(deps),
    argocdCluster(deps),
    argocdSync(deps),
    argocdRollback(deps),
    argocdTerminate(deps),
    cosignVerify(deps),
    gitCommit(deps),
    gitMerge(deps),
    gitPullRequest(deps),
    httpRequest(deps),
    imageCustody,
    imageResolve(deps),
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
