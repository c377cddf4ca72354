import { z } from "zod";

import { SecretText } from "../../engine/secret-text.ts";
import type { Clock } from "../../platform/clock.ts";
import type { NetworkPolicy } from "../network/address-policy.ts";
import type { SendHttp } from "../network/http-call.ts";
import { requestParts } from "../network/request-input.ts";
import { urlInput } from "../network/target-url.ts";
import { TlsInput } from "../network/tls-choice.ts";
import { durationInput } from "../timing/duration-input.ts";
import { ForgeClient } from "./forge-client.ts";
import { forgeError } from "./forge-failure.ts";
import { type Forge, forgeName, type ForgeRepository, forgeRepository } from "./forge-repository.ts";

const DEFAULT_TIMEOUT_MS = 20_000;
const DAY_MS = 86_400_000;

/** What every step takes that asks a forge. */
export const ForgeShape = {
  repository: z.string().min(1).max(500).meta({
    description: "The repository, as `owner/name` or by the https address that it is cloned from",
  }),
  api: urlInput(["https:", "http:"]).optional().meta({
    description:
      "The address of the API, where it does not follow from the repository: `https://HOST/api/v3` of a GitHub Enterprise Server, `https://HOST/api/v4` of a GitLab",
  }),
  tls: TlsInput.optional().meta({ description: "How to know the server, where the machine's own authorities do not" }),
  "answer-within": durationInput({ leastMs: 100, mostMs: 300_000 })
    .optional()
    .meta({ description: "How long one answer may take; 20s unless said" }),
} as const;

/** The token of a step that GitHub is asked by on the server. */
export const githubToken = SecretText.optional().meta({
  description:
    "A token that may read it. Where it is absent, the GitHub App is used that the configuration has for this repository, and without one GitHub is asked as anybody may",
});

/** The token of a step that GitLab is asked by. */
export const GitlabTokenShape = {
  token: SecretText.optional().meta({
    description: "A token that may read it; without one GitLab is asked as anybody may",
  }),
  "token-kind": z.enum(["private", "job", "bearer"]).optional().meta({
    description:
      "How the token is sent: `private` for personal, project and group tokens, which is so unless said, `job` for the token of a CI job, `bearer` for OAuth",
  }),
} as const;

/** A commit by its full name: what a branch means changes while it is looked at. */
export const CommitInput = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u, "the full name of a commit is expected, such as `revision.sha` gives it");

/** How often a forge is looked at, and for how long it may be away. */
export const WatchShape = {
  interval: durationInput({ leastMs: 1000, mostMs: DAY_MS }).optional().meta({
    description: "The pause between two looks; 15s unless said. What has not changed costs nothing of GitHub's limit",
  }),
  "away-for": durationInput({ leastMs: 0, mostMs: DAY_MS })
    .optional()
    .meta({ description: "How long the forge may be away before the step fails; 15m unless said" }),
} as const;

/** The token of a GitHub App that the configuration has for a repository; undefined where it has none, or none to write with. */
export type AppTokens = (
  repository: Pick<ForgeRepository, "api" | "address">,
  purpose: "read" | "write",
) => Promise<string | undefined>;

export interface ForgeDeps {
  readonly clock: Clock;
  readonly send: SendHttp;
  readonly networkPolicy: () => NetworkPolicy;
  /** Absent on workers, which have no tokens but those of the jobs. */
  readonly appTokens?: AppTokens | undefined;
}

interface ForgeAccess {
  readonly repository: string;
  readonly api?: string | undefined;
  readonly token?: string | undefined;
  readonly "token-kind"?: "private" | "job" | "bearer" | undefined;
  readonly tls?: TlsInput | undefined;
  readonly "answer-within"?: number | undefined;
}

interface ForgeQuest {
  readonly forge: Forge;
  readonly access: ForgeAccess;
  /** `read` when absent. */
  readonly purpose?: "read" | "write";
  readonly signal: AbortSignal;
}

/** A repository with the way to its forge. Throws `forge.bad-input`, and what is wrong with the token or the TLS options. */
export async function openForge(
  deps: ForgeDeps,
  { forge, access, purpose = "read", signal }: ForgeQuest,
): Promise<{ readonly repository: ForgeRepository; readonly client: ForgeClient; readonly name: string }> {
  const repository = forgeRepository(forge, access);
  const name = forgeName(forge, repository);
  const { "answer-within": timeoutMs = DEFAULT_TIMEOUT_MS } = access;
  const { tls } = await requestParts({ headers: tokenHeaders(forge, access), tls: access.tls });
  const headers = async (): Promise<Readonly<Record<string, string>>> => {
    const isApp = forge === "github" && access.token === undefined;
    const token = isApp ? await deps.appTokens?.(repository, purpose) : access.token;
    if (purpose === "write" && token === undefined) throw noToken(repository);
    return { ...acceptHeaders(forge), ...tokenHeaders(forge, { ...access, token }) };
  };
  const client = new ForgeClient({ ...deps, forge: name, api: repository.api, tls, timeoutMs, headers, signal });
  return { repository, client, name };
}

function noToken({ address }: ForgeRepository): Error {
  const message = `Nothing is changed at ${address} without a token. Give "token"; or, where git.repositories has a GitHub App for it, say "write: true" there.`;
  return forgeError("forge.no-token", message);
}

function acceptHeaders(forge: Forge): Readonly<Record<string, string>> {
  if (forge === "gitlab") return { accept: "application/json" };
  return { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };
}

function tokenHeaders(
  forge: Forge,
  { token, "token-kind": kind = "private" }: Pick<ForgeAccess, "token" | "token-kind">,
): Readonly<Record<string, string>> {
  if (token === undefined) return {};
  if (forge === "github" || kind === "bearer") return { authorization: `Bearer ${token}` };
  return kind === "job" ? { "job-token": token } : { "private-token": token };
}
