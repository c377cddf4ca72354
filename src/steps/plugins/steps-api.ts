/**
 * What plug-ins import as `quarterdeck/steps`: everything of which our own kinds are made. What is not listed here may change at any
 * time. Nothing of it reads a clock, a file or the network by itself; what does is in `KindDeps`, and in what a step is given.
 */

/** Schemas, in the version that this program reads. */
export { z } from "zod";

/** Making a kind: an action does, a wait watches, a signal waits for a word from outside, a gate asks people. */
export {
  defineAction,
  defineGate,
  defineSignal,
  defineWait,
  failureOf,
  outcomeBeforeEffect,
} from "../../engine/step-kind.ts";
export type {
  ActionContext,
  GateContext,
  GateOpening,
  Proof,
  Repeat,
  StepApproval,
  StepContext,
  StepFacts,
  StepKind,
  StepPlace,
  StepResult,
} from "../../engine/step-kind.ts";
export type { ProgramNote, StepNotes } from "../../engine/step-notes.ts";
export { type FindGivenFaults, type GivenFault, writtenText } from "../../engine/given-fault.ts";
export { gitFolderFaults, repositoryFaults, textFaults } from "../written-faults.ts";
export { parseRepositoryUrl } from "../../git/repository-url.ts";
export type { KindDeps, StepFactory } from "../step-deps.ts";

/** What inputs and outputs are made of. */
export { SecretText } from "../../engine/secret-text.ts";
export { Failure, JsonValue, Outcome, type Progress, RetryClass } from "../../domain/outcome.ts";
export type { Json, JsonMap } from "../../platform/canonical-json.ts";
export { Artifact } from "../../domain/artifact.ts";
export type { Artifacts, NewArtifact } from "../../engine/artifacts.ts";
export { durationInput } from "../timing/duration-input.ts";
export { SignalAsk } from "../../domain/signal-ask.ts";

/** Conditions and expressions of command files (CEL), checked before they are evaluated, with the limits of ours. */
export { assertionOver, whyNot } from "../network/answer-check.ts";
export { checkExpression } from "../../expressions/check.ts";
export { evaluateCondition, evaluateExpression } from "../../expressions/evaluate.ts";
export { compileExpression } from "../../expressions/expression.ts";
export { ANY } from "../../expressions/expression-type.ts";
export { bareExpression } from "../../expressions/template.ts";

/** An error that is meant: its code, and whether trying again may help. */
export { AppError, errorCode, errorMessage, errorText } from "../../platform/errors.ts";

/** The identity of an effect, by which it is found again after a crash. */
export { type Effect, effectKey } from "../../domain/effect.ts";
export { canonicalJson, digestOf } from "../../platform/canonical-json.ts";

/** Time comes from `deps.clock`. */
export type { Clock, Timer } from "../../platform/clock.ts";
export { isoTime, tryIsoTime } from "../../platform/clock.ts";
export { durationText, tryDuration } from "../../platform/duration.ts";
export { timeLimit } from "../../platform/time-limit.ts";

/** Asking others: `deps.send` and `deps.look`, with the inputs, limits and failures of `http/request` and the probes. */
export { NetworkPolicy } from "../network/address-policy.ts";
export { CallError } from "../network/call-failure.ts";
export { type HttpAnswer, type HttpCall, type SendHttp, shownUrl } from "../network/http-call.ts";
export { NETWORK_FAILURES } from "../network/network-notes.ts";
export { requestParts, RequestShape } from "../network/request-input.ts";
export { parseUrl, urlInput } from "../network/target-url.ts";
export { readBody } from "../network/answer-check.ts";
export { goodInARow, type Look, type ProbeOrder, type ProbeTarget } from "../network/good-in-a-row.ts";
export type { LookAtSocket, SocketCall } from "../websocket/socket-look.ts";

/** Running programs: `deps.programs` in a folder of `deps.folders`, with what they print as a file of the step. */
export type { ProgramEnd, ProgramOrder, Programs, StopRule } from "../../programs/program-order.ts";
export type { WantedFolder, WorkFolders } from "../../programs/work-folders.ts";
export { emptyFolder } from "../../programs/empty-folder.ts";
export { ProgramLog } from "../../programs/program-log.ts";
export { unpackArchive } from "../../programs/unpack-archive.ts";
export { endText } from "../tools/end-text.ts";
export { runInstalled } from "../tools/run-installed.ts";
export { RunLog } from "../tools/run-log.ts";

/** Argo CD: `deps.servers`, the application that `server/namespace/name` names, and how what it says is judged. */
export type { ArgocdAccess, ArgocdServer } from "../../argocd/argocd-server.ts";
export { commitPaths, commitSources, expectedRevisions, locateApp, withProject } from "../../argocd/argocd-server.ts";
export {
  autoSyncOn,
  errorConditions,
  isDeleting,
  isMultiSource,
  newestDeployment,
  ownerApplicationSet,
  revisionList,
  skipsReconcile,
  sourcesOf,
  storedSourcesOf,
  targetOf,
  usesHydrator,
} from "../../argocd/application-facts.ts";
export { ArgocdError, isTransientText } from "../../argocd/argocd-errors.ts";
export { applicationLink, linkUrl } from "../../argocd/deep-links.ts";
export { rememberBefore } from "../../argocd/expectation.ts";
export { operationFailureReason } from "../../argocd/failing-resources.ts";
export { fieldChanges } from "../../argocd/field-changes.ts";
export { diffManifests } from "../../argocd/manifest-diff.ts";
export { tryManifest } from "../../argocd/manifest-object.ts";
export {
  currentState,
  findOwnOperation,
  hasOperationInProgress,
  identityOf,
  infosOf,
  isOwn,
  isRollbackTo,
  operationFingerprint,
  summarizeOperation,
  syncedRevisions,
} from "../../argocd/operation-identity.ts";
export { TOKEN_PATIENCE_MS } from "../../argocd/outage.ts";
export { waitForApplication } from "../../argocd/wait-for-application.ts";
export { tryAppRef } from "../../domain/target.ts";
export { locate, readApp } from "../locate.ts";

/** What a gate shows, and what an approval is of. */
export { changedFields, changesText, type GateEvidence, type GateSubject, subjectDigest } from "../../domain/gate.ts";
export { ApprovalRule } from "../../domain/target.ts";
