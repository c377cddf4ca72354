import type { LogRow } from "./truth.ts";

/** Members of any payload that the checks read. A member that is not there is undefined, whatever the type of the row. */
interface Payload {
  readonly path?: string;
  readonly attempt?: number;
  readonly token?: number;
  readonly uses?: string;
  readonly sort?: string;
  readonly input?: Members;
  readonly output?: Members;
  readonly approval?: { readonly gate: string; readonly digest: string };
  readonly deadlineAt?: number;
  readonly attemptDeadlineAt?: number;
  readonly stops?: string;
  readonly data?: Members | null;
  readonly until?: number;
  readonly failure?: FactFailure;
  readonly retryAt?: number;
  readonly message?: string;
  readonly items?: readonly { readonly key: string }[];
  readonly atATime?: number;
  readonly keys?: readonly string[];
  readonly order?: number;
  readonly urgent?: boolean;
  readonly hold?: string;
  readonly subject?: GateSubject;
  readonly digest?: string;
  readonly rule?: FactRule;
  readonly expiresAt?: number;
  readonly decision?: "approve" | "reject";
  readonly groups?: readonly string[];
  readonly by?: string;
  readonly from?: string;
  readonly forgotten?: readonly string[];
  readonly status?: string;
  readonly plan?: PlanOutline;
  readonly inputs?: Members;
  readonly targets?: readonly TargetFact[];
  readonly origin?: { readonly door: string; readonly intent?: string; readonly channel: string };
  readonly title?: string;
  readonly id?: string;
  readonly key?: string;
  readonly kind?: string;
  readonly body?: Members;
  readonly result?: Members;
  readonly slot?: string;
  readonly channel?: string;
  readonly ts?: string;
  readonly run?: string;
  readonly code?: string;
}

export type Members = Readonly<Record<string, unknown>>;

export interface FactFailure {
  readonly code: string;
  readonly message: string;
  readonly retry?: unknown;
}

export interface FactRule {
  readonly from: readonly { readonly kind: string; readonly user?: string; readonly group?: string }[];
  readonly quorum: number;
  readonly requesterMayApprove: boolean;
}

export interface TargetFact {
  readonly service: string;
  readonly environment: string;
  readonly app: string;
}

/** What an approval is of, as far as it can be compared with the world. */
export interface GateSubject {
  readonly requester: string;
  readonly service: string;
  readonly environment: string;
  readonly app: string;
  readonly applicationUid: string;
  readonly fromRevision: string;
  readonly toRevision: string;
  readonly sourceDigest: string;
  readonly strategy?: "track" | "stored";
  readonly rule?: FactRule;
}

/** One node of a plan; which members it has depends on its type. */
export interface PlanNodeOutline {
  readonly type: string;
  readonly key: string;
  readonly uses?: string;
  readonly hold?: boolean;
  readonly retry?: { readonly attempts: number };
  readonly timeoutMs?: number;
  readonly if?: string;
  readonly atATime?: string | number;
  readonly failFast?: boolean;
  readonly steps?: readonly PlanNodeOutline[];
  readonly branches?: readonly PlanNodeOutline[];
}

export interface PlanOutline {
  readonly command: string;
  readonly steps: readonly PlanNodeOutline[];
  readonly onFailure: readonly PlanNodeOutline[];
  readonly finally?: readonly PlanNodeOutline[];
  readonly timeoutMs?: number;
  readonly urgent?: boolean;
}

/** A row with its payload read, and the true time at which it was there. */
export interface Fact extends Payload {
  readonly row: LogRow;
  readonly type: string;
  readonly actor: string;
  /** On the application's clock. */
  readonly at: number;
  readonly seenAt: number;
}

/** Throws for a payload that is not JSON; one that was deleted has no members. */
export function readFact(row: LogRow, seenAt: number): Fact {
  const payload: Payload = JSON.parse(row.payload ?? "{}");
  return { ...payload, row, type: row.type, actor: row.actor, at: row.at, seenAt };
}

/** A row as it is quoted in a violation. */
export function rowText({ row, path, attempt, seenAt }: Fact): string {
  const about = [path, attempt === undefined ? undefined : `attempt ${attempt}`, row.actor].filter(Boolean).join(", ");
  return `row ${row.sequence} ${row.stream} ${row.type}${about === "" ? "" : ` (${about})`} at ${timeText(seenAt)}`;
}

export function timeText(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}

/** The members of a value; none of anything that is no object. */
export function membersOf(value: unknown): Members {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/** The text in a member of an output or of an input; empty when there is none. */
export function textOf(members: Members | null | undefined, name: string): string {
  const value = members?.[name];
  return typeof value === "string" ? value : "";
}
