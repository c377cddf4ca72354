import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { StepKind } from "../engine/step-kind.ts";
import { approval, type ApprovalDeps } from "./approval.ts";
import { argocdSync } from "./argocd-sync.ts";
import { argocdWait, type ArgocdWaitDeps } from "./argocd-wait.ts";
import { slackAlert } from "./slack-alert.ts";

/** What the step kinds need of the outside world. */
export interface StepDeps extends ApprovalDeps, ArgocdWaitDeps {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
}

/** Every step kind of this program, by what stands after `uses:`. Adding one is one file and one line here. */
export function builtinSteps(deps: StepDeps): ReadonlyMap<string, StepKind> {
  const kinds = [approval(deps), argocdSync(deps), argocdWait(deps), slackAlert];
  return new Map(kinds.map((kind) => [kind.kind, kind]));
}
