import { z } from "zod";

import type { Application } from "../argocd/application.ts";
import type { AppLocation, ArgocdServer } from "../argocd/argocd-server.ts";
import { defineGate, type GateContext, type GateOpening, type Proof, type StepKind } from "../engine/step-kind.ts";
import type { GateSubject } from "../domain/gate.ts";
import type { ApprovalRule } from "../domain/target.ts";
import { AppError } from "../platform/errors.ts";
import type { CommitsReader } from "./gate-commits.ts";
import { gatherEvidence } from "./gate-evidence.ts";
import { gateSubject, type Looked } from "./gate-subject.ts";
import { sourceDigest } from "./live-revision.ts";
import { readApp } from "./locate.ts";
import { storedDigest, storedEntry } from "./stored-sources.ts";
import { strategyOf } from "./sync-preflight.ts";

const Input = z.strictObject({
  /** `server/namespace/name` of the Application. */
  app: z.string(),
  /** The full commit. */
  revision: z.string(),
  /** True for Argo CD's own rollback: what its history has of the revision comes back, sources included. */
  stored: z.boolean().optional(),
  /** The question, in one line. */
  prompt: z.string().max(300),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  /** Pseudonyms of the people who approved, in order. */
  approvedBy: z.array(z.string()),
});

export interface ApprovalDeps {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly git: CommitsReader;
  /** What the environment of the application asks for, as the configuration says now. */
  readonly ruleOf: (app: string, environment?: string) => ApprovalRule | undefined;
  readonly proofs: (app: string) => Proof | undefined;
}

/** Asks people before an environment is changed, and binds their answer to what they were shown. */
export function approval(deps: ApprovalDeps): StepKind {
  return defineGate({
    kind: "approval",
    summary: "Shows what would change in an environment and waits for the people who may approve it.",
    input: Input,
    output: Output,
    open: (input, context) => open(deps, input, context),
    subject: async (input, context) => (await look(deps, input, context)).subject,
  });
}

async function open(deps: ApprovalDeps, input: Input, context: GateContext): Promise<GateOpening> {
  const { subject, application, location } = await look(deps, input, context);
  context.progress({ text: "Gathering what would change" });
  const evidence = await gatherEvidence(deps, { subject, application, location, prompt: input.prompt, context });
  return { subject, rule: subject.rule, evidence };
}

interface Look {
  readonly subject: GateSubject;
  readonly application: Application;
  readonly location: AppLocation;
}

async function look(deps: ApprovalDeps, input: Input, context: GateContext): Promise<Look> {
  const { effect, facts, signal, planDigest } = context;
  const { app, revision } = input;
  const { application, location } = await readApp(deps.servers, { app, signal });
  const subject = gateSubject({
    application,
    serverUrl: location.server.url,
    facts,
    planDigest,
    gate: effect.path,
    app,
    revision,
    rule: deps.ruleOf(app, facts.place?.target.environment),
    ...wayOf(application, input),
  });
  return { subject, application, location };
}

/** How the revision gets there, and from which sources. */
function wayOf(application: Application, input: Input): Pick<Looked, "sourceDigest" | "strategy"> {
  if (input.stored !== true) {
    return { sourceDigest: sourceDigest(application), strategy: strategyOf(application) };
  }
  const entry = storedEntry(application, input.revision);
  if (entry !== undefined) return { sourceDigest: storedDigest(entry), strategy: "stored" };
  const message = `Argo CD does not remember a deployment of ${input.revision.slice(0, 7)} any more. Roll back without --stored.`;
  throw new AppError(message, { code: "rollback.not-stored" });
}
