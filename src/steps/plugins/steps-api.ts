/**
 * What plug-ins import as `quarterdeck/steps`: everything of which our own kinds are made. What is not listed here may change at any
 * time. Nothing of it reads a clock, a file or the network by itself; what does is in `KindDeps`, and in what a step is given.
 */

/** Schemas, in the version that this program reads. */
export { z } from "zod";

/** Making a kind: an action does, a wait watches, a signal waits for a word from outside, a gate asks people. */
export { defineAction, defineGate, defineSignal, defineWait } from "../../engine/step-kind.ts";
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
export type { KindDeps, StepFactory } from "../step-deps.ts";

/** What inputs and outputs are made of. */
export { SecretText } from "../../engine/secret-text.ts";
export { JsonValue } from "../../domain/outcome.ts";
export type { Failure, Outcome, Progress, RetryClass } from "../../domain/outcome.ts";
export type { Json, JsonMap } from "../../platform/canonical-json.ts";
export { Artifact } from "../../domain/artifact.ts";
export type { Artifacts, NewArtifact } from "../../engine/artifacts.ts";
export { durationInput } from "../timing/duration-input.ts";
export { assertionOver, whyNot } from "../network/answer-check.ts";

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
export { unpackArchive } from "../../programs/unpack-archive.ts";
export { endText } from "../tools/end-text.ts";
export { runInstalled } from "../tools/run-installed.ts";
export { RunLog } from "../tools/run-log.ts";

/** Argo CD: `deps.servers`, and the application that `server/namespace/name` names. */
export type { ArgocdAccess, ArgocdServer } from "../../argocd/argocd-server.ts";
export { locate, readApp } from "../locate.ts";

/** What a gate shows, and what an approval is of. */
export type { GateEvidence, GateSubject } from "../../domain/gate.ts";
export type { ApprovalRule } from "../../domain/target.ts";
