import { createHash } from "node:crypto";

import { z } from "zod";

const Who = { team: z.string().optional(), user: z.string().optional() };
const Line = z.looseObject({
  sequence: z.int(),
  time: z.string(),
  at: z.number(),
  stream: z.string(),
  type: z.string(),
  actor: z.string(),
  ...Who,
  hash: z.string(),
  previousHash: z.string(),
  commitment: z.string(),
  salt: z.string().nullable(),
  payload: z.looseObject({}).nullable(),
});
type Line = z.infer<typeof Line>;

const Rule = z.looseObject({
  from: z.array(z.looseObject({ kind: z.string() })).min(1),
  quorum: z.int(),
  expiresMs: z.number(),
});
const Started = z.looseObject({
  title: z.string().min(1),
  planDigest: z.string().min(1),
  plan: z.looseObject({ urgent: z.boolean().optional(), verb: z.string() }),
  origin: z.looseObject({ door: z.string(), text: z.string().min(1), channel: z.string() }),
  targets: z.array(
    z.looseObject({
      service: z.string(),
      environment: z.string(),
      app: z.string(),
      approval: Rule.optional(),
      revision: z.looseObject({ repository: z.string().min(1), sha: z.string().length(40) }),
    }),
  ),
});
const Opened = z.looseObject({
  path: z.string(),
  digest: z.string().length(64),
  expiresAt: z.number(),
  subject: z.looseObject({
    app: z.string(),
    applicationUid: z.string().min(1),
    serverUrl: z.string().min(1),
    repository: z.string().min(1),
    fromRevision: z.string(),
    toRevision: z.string().length(40),
    sourceDigest: z.string().length(64),
    imageDigests: z.array(z.string()),
    planFileDigest: z.string(),
    checks: z.array(z.looseObject({ name: z.string(), result: z.string() })),
    rule: Rule,
  }),
  evidence: z.looseObject({
    direction: z.string(),
    commits: z.array(z.looseObject({ sha: z.string(), author: z.string(), subject: z.string() })),
    currentHealth: z.string(),
    previous: z.looseObject({ environment: z.string(), health: z.string(), revision: z.string() }).optional(),
    warnings: z.array(z.string()),
  }),
});
const Decided = z.looseObject({
  path: z.string(),
  decision: z.enum(["approve", "reject"]),
  digest: z.string(),
  groups: z.array(z.string()),
  reason: z.string(),
});
const Step = z.looseObject({
  path: z.string(),
  uses: z.string().optional(),
  attempt: z.int(),
  input: z.looseObject({ app: z.string().optional(), revision: z.string().optional() }).optional(),
  approval: z.looseObject({ gate: z.string(), digest: z.string() }).optional(),
  failure: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});
const Refused = z.looseObject({ code: z.string().min(1), message: z.string().min(1) });

/** Somebody did something, as the record says: who by their place in Slack, and when. */
interface Act {
  readonly who: string;
  readonly at: string;
  readonly what: string;
}

/** What an auditor wants to know of one run in an environment that asks for approval. */
export interface Dossier {
  readonly run: string;
  readonly request: Act;
  readonly isEmergency: boolean;
  readonly shown: readonly {
    readonly at: string;
    readonly what: string;
    readonly digest: string;
    readonly checks: string;
  }[];
  /** With the groups through which they were entitled then. */
  readonly decisions: readonly (Act & { readonly groups: readonly string[]; readonly digest: string })[];
  readonly refusals: readonly Act[];
  readonly expiries: readonly string[];
  readonly voided: readonly string[];
  readonly ran: readonly {
    readonly at: string;
    readonly app: string;
    readonly revision: string;
    readonly digest: string | undefined;
  }[];
  readonly interventions: readonly Act[];
  readonly outcome: string;
  /** What the record does not say, or says wrongly. */
  readonly gaps: readonly string[];
}

export interface Audit {
  readonly dossiers: readonly Dossier[];
  /** What the rules were, and since when. */
  readonly policies: readonly { readonly at: string; readonly changes: readonly string[]; readonly policy: unknown }[];
  /** Requests that came to nothing, with why. */
  readonly refusedRequests: readonly Act[];
  readonly gaps: readonly string[];
}

/** Reads what `audit export` writes, and nothing else, as somebody would who has never seen the program. */
export function auditExport(text: string): Audit {
  const lines = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Line.parse(JSON.parse(line)));
  const gaps = [...incomplete(lines), ...unsettled(lines)];
  const starts = lines.filter(({ type, payload }) => type === "run.started" && isProtected(payload));
  const dossiers = starts.map((start) =>
    dossierOf(
      start,
      lines.filter(({ stream }) => stream === start.stream),
    ),
  );
  return { dossiers, policies: policiesIn(lines), refusedRequests: refusedIn(lines), gaps };
}

function isProtected(payload: unknown): boolean {
  return Started.safeParse(payload).data?.targets.some(({ approval }) => approval !== undefined) === true;
}

/** That nothing is missing or was changed: every event follows the one before, and commits to its payload. */
function incomplete(lines: readonly Line[]): readonly string[] {
  let [sequence, hash] = [0, "0".repeat(64)];
  return lines.flatMap((line) => {
    const faults = [
      ...(line.sequence === sequence + 1 ? [] : [`${line.sequence} does not follow ${sequence}`]),
      ...(line.previousHash === hash ? [] : [`${line.sequence} is not chained to the one before`]),
    ];
    [sequence, hash] = [line.sequence, line.hash];
    const committed = createHash("sha256")
      .update(`${line.salt ?? ""}${payloadText(line)}`)
      .digest("hex");
    return committed === line.commitment ? faults : [...faults, `${line.sequence} does not commit to its payload`];
  });
}

function payloadText({ payload }: Line): string {
  return JSON.stringify(payload);
}

function unsettled(lines: readonly Line[]): readonly string[] {
  const settled = new Set(
    lines.flatMap(({ type, payload }) => (type === "intent.settled" ? [String(payload?.["id"])] : [])),
  );
  const received = lines.filter(({ type }) => type === "intent.received");
  return received.flatMap(({ payload }) => {
    const id = String(payload?.["id"]);
    return settled.has(id) ? [] : [`nobody knows what came of ${id}`];
  });
}

function dossierOf(start: Line, lines: readonly Line[]): Dossier {
  const gaps: string[] = [];
  const all = <Schema extends z.ZodType>(type: string, schema: Schema) =>
    lines.flatMap((line) => {
      const read = line.type === type ? schema.safeParse(line.payload) : undefined;
      if (read?.success === false) gaps.push(`${type}: ${z.prettifyError(read.error)}`);
      return read?.success === true ? [{ line, fact: read.data }] : [];
    });
  const who = ({ team, user, type, sequence }: Line): string => {
    if (team === undefined || user === undefined) gaps.push(`it is not known who did ${type} (${sequence})`);
    return `${team}/${user}`;
  };
  const { origin, plan, targets } = Started.parse(start.payload);
  const opened = all("gate.opened", Opened);
  const shown = opened.map(({ line, fact: { subject, evidence, digest } }) => ({
    at: line.time,
    digest,
    what: `${subject.app} (${subject.applicationUid}) from ${subject.fromRevision} to ${subject.toRevision} of ${subject.repository}`,
    checks: JSON.stringify([subject.checks, evidence]),
  }));
  const decisions = all("gate.decided", Decided).map(({ line, fact }) => {
    if (!shown.some(({ digest }) => digest === fact.digest)) gaps.push("a decision is of nothing that was shown");
    return {
      who: who(line),
      at: line.time,
      what: `${fact.decision} ${fact.reason}`.trim(),
      groups: fact.groups,
      digest: fact.digest,
    };
  });
  const steps = all("step.started", Step);
  const ran = steps
    .filter(({ fact }) => fact.uses === "argocd/sync" || fact.uses === "argocd/rollback")
    .map(({ line, fact: { input, approval } }) => ({
      at: line.time,
      app: input?.app ?? "",
      revision: input?.revision ?? "",
      digest: approval?.digest,
    }));
  const agreed = {
    targets,
    opened: opened.map(({ fact }) => fact),
    decisions,
    requester: who(start),
  };
  gaps.push(...ran.flatMap((step) => disagreement(step, agreed)));
  const failed = all("step.failed", Step);
  const ends = all("run.finished", z.looseObject({ status: z.string() }));
  if (ends.length === 0) gaps.push("it is not known how it ended");
  const failure = all("run.failed", z.looseObject({ failure: Refused })).at(-1)?.fact.failure;
  return {
    run: start.stream,
    request: { who: who(start), at: start.time, what: origin.text },
    isEmergency: plan.urgent === true,
    shown,
    decisions,
    refusals: all("gate.refused", Refused).map(({ line, fact }) => ({
      who: who(line),
      at: line.time,
      what: fact.code,
    })),
    expiries: failed.flatMap(({ line, fact }) => (fact.failure?.code === "gate.expired" ? [line.time] : [])),
    voided: all("gate.voided", z.looseObject({ message: z.string() })).map(({ fact }) => fact.message),
    ran,
    interventions: [...all("run.cancel-requested", z.looseObject({})), ...all("run.retried", z.looseObject({}))].map(
      ({ line }) => ({ who: who(line), at: line.time, what: line.type }),
    ),
    outcome: [ends.at(-1)?.fact.status ?? "", failure?.message ?? ""].join(" ").trim(),
    gaps,
  };
}

interface Agreed {
  readonly targets: z.infer<typeof Started>["targets"];
  readonly opened: readonly z.infer<typeof Opened>[];
  readonly decisions: Dossier["decisions"];
  readonly requester: string;
}

/** Whether enough people, who might, have agreed to exactly what ran. */
function disagreement(
  step: Dossier["ran"][number],
  { targets, opened, decisions, requester }: Agreed,
): readonly string[] {
  if (targets.find(({ app }) => app === step.app)?.approval === undefined) return [];
  const shown = opened.findLast(({ digest }) => digest === step.digest);
  if (shown === undefined) return [`${step.app} was changed, and nobody was asked`];
  const { subject } = shown;
  const { rule } = subject;
  const yes = decisions.filter(({ digest, what }) => digest === step.digest && what.startsWith("approve"));
  const groups = new Set(rule.from.map(({ group }) => group));
  const users = new Set(rule.from.map(({ user }) => user));
  const isEntitled = ({ who, groups: through }: Dossier["decisions"][number]): boolean =>
    through.some((group) => groups.has(group)) || users.has(who.split("/")[1]);
  return [
    ...(subject.app === step.app && subject.toRevision === step.revision ? [] : [`${step.app} is not what was shown`]),
    ...(new Set(yes.map(({ who }) => who)).size >= rule.quorum
      ? []
      : [`too few agreed to what happened to ${step.app}`]),
    ...yes.filter((each) => !isEntitled(each)).map(({ who }) => `${who} agreed and is not known to be entitled`),
    ...yes.filter(({ who }) => who === requester).map(({ who }) => `${who} agreed to their own request`),
  ];
}

const Settings = z.looseObject({
  changes: z.array(z.string()),
  policy: z.looseObject({
    environments: z.array(z.looseObject({ name: z.string(), approval: Rule.nullable() })),
    roles: z.looseObject({}),
    grants: z.array(z.looseObject({ role: z.string(), verbs: z.array(z.string()) })),
  }),
});

function policiesIn(lines: readonly Line[]): Audit["policies"] {
  return lines.flatMap(({ type, time, payload }) => {
    if (type !== "settings.changed") return [];
    const { changes, policy } = Settings.parse(payload);
    return [{ at: time, changes, policy }];
  });
}

function refusedIn(lines: readonly Line[]): readonly Act[] {
  const requests = new Map(
    lines.flatMap((line) => (line.type === "intent.received" ? [[line.payload?.["id"], line]] : [])),
  );
  return lines.flatMap(({ type, payload }) => {
    const result = type === "intent.settled" ? Refused.safeParse(payload?.["result"]).data : undefined;
    const request = requests.get(payload?.["id"]);
    if (result === undefined || request === undefined || result.code.startsWith("run.")) return [];
    return [{ who: `${request.team}/${request.user}`, at: request.time, what: result.code }];
  });
}
