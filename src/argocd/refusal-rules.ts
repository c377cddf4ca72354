import type { Retry } from "../platform/errors.ts";
import { type ArgocdErrorClass, TRANSIENT_TEXT } from "./argocd-errors.ts";

/** The rule for what Argo CD said under this status; undefined when none fits. */
export function findRule(status: number, said: string): Rule | undefined {
  return RULES.find((rule) => rule.status?.includes(status) !== false && rule.text?.test(said) !== false);
}

interface Rule {
  readonly status?: readonly number[];
  readonly text?: RegExp;
  readonly class: ArgocdErrorClass;
  readonly retry?: Retry;
  /** What it means and what to do. */
  readonly says: string;
}

// The first rule that fits counts. Argo CD's texts are stable from 2.14 on; the status alone says too little.
const RULES: readonly Rule[] = [
  {
    status: [401],
    class: "auth",
    says: "Argo CD does not accept the token. Check that the account has an API key, is enabled, and that the key has not expired.",
  },
  {
    status: [403],
    text: /sync window/u,
    class: "window",
    retry: { afterMs: 60_000 },
    says: "a sync window forbids it now. Wait until the window opens, or change the window.",
  },
  { status: [403], text: /^permission denied: /u, class: "rbac", says: "" },
  {
    status: [403],
    text: /^permission denied$/u,
    class: "hidden",
    says: "it does not exist, or the account may not see it, or its namespace is not enabled in Argo CD. Check the name, the account's rights, and that the token is that of the right account.",
  },
  {
    status: [403],
    class: "server-rbac",
    says: "Argo CD's own service account may not do this in Kubernetes. Check the rights of argocd-server.",
  },
  {
    status: [404],
    class: "gone",
    says: "it does not exist in Argo CD (any more). Check its name, and whether somebody deleted it.",
  },
  {
    status: [400],
    text: /another operation is already in progress/u,
    class: "busy",
    retry: { afterMs: 10_000 },
    says: "another operation is in progress.",
  },
  {
    status: [400],
    text: /auto-sync currently set to/u,
    class: "auto-sync",
    says: "auto-sync is on, so only its target revision can be synced. Deploy by a commit, or switch auto-sync off.",
  },
  {
    status: [400],
    text: /rollback cannot be initiated when auto-sync is enabled/u,
    class: "auto-sync-rollback",
    says: "auto-sync is on and would undo a rollback. Revert in Git, or switch auto-sync off first.",
  },
  { status: [400], text: /application is deleting/u, class: "deleting", says: "the application is being deleted." },
  {
    status: [400],
    text: /unable to resolve '.*' to a commit SHA/u,
    class: "bad-revision",
    says: "the revision does not exist in the repository that Argo CD reads.",
  },
  {
    status: [400, 500],
    text: new RegExp(`(?:error resolving repo revision|error getting repository).*(?:${TRANSIENT_TEXT.source})`, "u"),
    class: "transient-repo",
    retry: "backoff",
    says: "the repository did not answer Argo CD. It usually passes.",
  },
  { status: [400], text: /No operation is in progress/u, class: "no-operation", says: "no operation is running." },
  {
    status: [400],
    text: /not found as part of application/u,
    class: "no-resource",
    says: "the resource does not belong to the application.",
  },
  {
    status: [400],
    text: /application spec for .* is invalid/u,
    class: "bad-spec",
    says: "the application's specification is invalid.",
  },
  {
    status: [400],
    text: /is not allowed in project/u,
    class: "project",
    says: "the application's project forbids it.",
  },
  { status: [400, 412, 501], class: "bad-request", says: "Argo CD refused the request." },
  {
    status: [408, 409, 429, 502, 503, 504],
    class: "transient",
    retry: "backoff",
    says: "Argo CD is busy or restarting. It usually passes.",
  },
];
