import type { Application } from "../argocd/application.ts";
import { commitSources } from "../argocd/argocd-server.ts";
import type { GateSubject } from "../domain/gate.ts";
import type { ApprovalRule } from "../domain/target.ts";
import type { StepFacts } from "../engine/step-kind.ts";
import { AppError } from "../platform/errors.ts";
import { appliedRevision } from "./live-revision.ts";

/** What goes under the digest of every approval, as it is known where somebody looks. */
interface Asked {
  readonly facts: Pick<StepFacts, "requester" | "place" | "environment">;
  readonly planDigest: string;
  /** The path of the gate. */
  readonly gate: string;
  /** `server/namespace/name` as the step names it; undefined where it is about no application. */
  readonly app: string | undefined;
  /** As the configuration says now; the one that the run was started under where it asks nobody any more. */
  readonly rule: ApprovalRule | undefined;
  /** What the step itself says, where no environment says anything. */
  readonly ownRule?: ApprovalRule | undefined;
  /** Of a saved plan; absent where there is none. */
  readonly planFileDigest?: string;
  /** Of the images that are approved with it, in order; none where it is absent. */
  readonly imageDigests?: readonly string[];
  /** What the steps before found; nothing where it is absent. */
  readonly checks?: GateSubject["checks"];
  /** What the step asks of people beyond the rule: who has to approve besides because of what the plan does, and who may not. */
  readonly asksBesides?: Pick<ApprovalRule, "also" | "notBy">;
}

/** The same for a revision of an Application. */
export interface Looked extends Asked {
  readonly application: Application;
  readonly serverUrl: string;
  readonly revision: string;
  readonly sourceDigest: string;
  readonly strategy: GateSubject["strategy"];
  /** Where it is not what was last applied. */
  readonly fromRevision?: string;
}

/**
 * What a gate is of. It is made here when it is shown, at each click, and once more before the effect, each time from what is there
 * and never from what was shown before: so a field that the subject has is compared in all three. Throws `target.unknown` and
 * `approval.no-rule`.
 */
export function gateSubject(looked: Looked): GateSubject {
  const { application, strategy } = looked;
  return {
    ...planSubject(looked),
    serverUrl: looked.serverUrl,
    applicationUid: application.metadata.uid,
    fromRevision: looked.fromRevision ?? appliedRevision(application),
    toRevision: looked.revision,
    repository: commitSources(application).repository,
    sourceDigest: looked.sourceDigest,
    ...(strategy !== undefined && { strategy }),
  };
}

/** What a gate is of that is about a saved plan alone: what is deployed there may change meanwhile, or not be there yet. */
export function planSubject(asked: Asked): GateSubject {
  const { facts } = asked;
  const place = placeOf(asked);
  const rule = asked.rule ?? place.approval ?? asked.ownRule;
  if (rule === undefined) throw new AppError(noRule(place), { code: "approval.no-rule" });
  return {
    planDigest: asked.planDigest,
    path: asked.gate,
    requester: facts.requester,
    service: place.service,
    environment: place.environment,
    app: place.app,
    serverUrl: "",
    applicationUid: "",
    fromRevision: "",
    toRevision: "",
    repository: "",
    sourceDigest: "",
    imageDigests: [...(asked.imageDigests ?? [])],
    planFileDigest: asked.planFileDigest ?? "",
    checks: [...(asked.checks ?? [])],
    rule: { ...rule, ...asked.asksBesides },
  };
}

interface Place {
  readonly service: string;
  readonly environment: string;
  readonly app: string;
  readonly approval?: ApprovalRule | undefined;
}

/** Where it is: the environment of the application, otherwise that of the run; everything is empty in a run that is for none. */
function placeOf({ facts, app }: Asked): Place {
  if (app === undefined) {
    const { name: environment = "", service = "", approval } = facts.environment ?? {};
    return { service, environment, app: "", approval };
  }
  const target = facts.place?.target;
  if (target !== undefined) return { ...target, app };
  throw new AppError(`"${app}" is not an application that this run was started for.`, { code: "target.unknown" });
}

function noRule({ environment, app }: Place): string {
  const atStep = app === "" ? ", or give the step who may approve in `from`" : "";
  if (environment === "")
    return "This run is for no environment, so nobody is named who may approve. Give the step who may in `from`.";
  return `${environment} names nobody who may approve. Add approval.from to that environment in the configuration${atStep}.`;
}
