import { canonicalJson } from "../platform/canonical-json.ts";

/** An application, whole or from a reduced list. */
interface Judged {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> | null | undefined };
  readonly operation?: unknown;
  readonly status: {
    readonly sync: { readonly status: string; readonly revision: string };
    readonly health: { readonly status: string };
    readonly operationState?:
      | { readonly phase: string; readonly startedAt?: string | undefined; readonly finishedAt?: string | undefined }
      | null
      | undefined;
  };
}

/** The fields that a reduced list carries and a decision rests on, as a text that two copies share when these are the same. */
export function judgedPart({ metadata, operation, status }: Judged): string {
  const state = status.operationState;
  return [
    operation === undefined || operation === null ? "" : "operation",
    status.sync.status,
    status.sync.revision,
    status.health.status,
    state?.phase ?? "",
    state?.startedAt ?? "",
    state?.finishedAt ?? "",
    canonicalJson(metadata.labels ?? {}),
  ].join("|");
}
