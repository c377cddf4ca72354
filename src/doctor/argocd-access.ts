import type { ArgocdClient } from "../argocd/argocd-client.ts";
import { ArgocdError } from "../argocd/argocd-errors.ts";
import { isoTime } from "../platform/clock.ts";
import { errorMessage } from "../platform/errors.ts";
import { clockSkew } from "./clock-skew.ts";
import { type Finding, Subject } from "./finding.ts";
import { tokenClaims } from "./token-claims.ts";

export interface ArgocdQuestion {
  /** Its name in the configuration. */
  readonly server: string;
  readonly token: string;
  readonly client: Pick<ArgocdClient, "version" | "userInfo">;
  /** Asks without any token; resolves when Argo CD answers, rejects when it refuses. */
  readonly askAnonymously: (signal: AbortSignal) => Promise<unknown>;
  /** The `Date` header of the newest answer. */
  readonly date: () => string | undefined;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

const OLDEST_MAJOR = 3;
const NEWEST_TRIED = [3, 5] as const;
const SOON_MS = 14 * 86_400_000;

/** Whether an Argo CD is there, of a version that is supported, and knows the account of the token; and whether more can be asked. */
export async function argocdAccess(
  question: ArgocdQuestion,
): Promise<{ readonly findings: readonly Finding[]; readonly isUsable: boolean }> {
  const { server, client, token, signal, now } = question;
  const about = new Subject("argocd", server);
  let version: string;
  try {
    version = await client.version({ signal });
  } catch (error) {
    return { findings: [about.problem(unreachable(error))], isUsable: false };
  }
  const skew = clockSkew(new Subject("argocd", `${server} clock`), question.date(), now());
  const account = await accountFindings(question);
  const findings = [
    versionFinding(about, version),
    ...account.findings,
    ...expiryFindings(server, token, now()),
    ...skew,
  ];
  return { findings: [...findings, ...(await anonymousFindings(question))], isUsable: account.isKnown };
}

function unreachable(error: unknown): Parameters<Subject["problem"]>[0] {
  const kind = error instanceof ArgocdError ? error.class : "";
  return { what: errorMessage(error), why: "nothing can be deployed through it", mend: MEND[kind] ?? MEND_ADDRESS };
}

const MEND_ADDRESS = "check `url` of this server in the configuration, and that this machine may connect to it";
const MEND: Readonly<Record<string, string>> = {
  tls: "name its certificate authority with `ca`; `insecure: true` is for trials only",
  redirect: "use the address to which it redirects as `url`",
  "not-json": "use the address of Argo CD itself as `url`: a login page or another program answers there",
  route: "use the address of Argo CD itself as `url`, with its path if it runs below one",
};

function versionFinding(about: Subject, version: string): Finding {
  const [, major = "", minor = ""] = /^v?(\d+)\.(\d+)/u.exec(version) ?? [];
  if (major === "") {
    const why = "it is not known whether it behaves as expected";
    return about.warning({ what: `its version is "${version}"`, why, mend: "use a release of Argo CD 3" });
  }
  if (Number(major) < OLDEST_MAJOR) {
    const why = "Argo CD 2 judges rights and reports health in other ways";
    return about.problem({ what: `it is version ${version}`, why, mend: "upgrade it to Argo CD 3" });
  }
  const [newestMajor, newestMinor] = NEWEST_TRIED;
  const isNewer = Number(major) > newestMajor || (Number(major) === newestMajor && Number(minor) > newestMinor);
  return about.ok(
    `version ${version}${isNewer ? `, newer than the newest that was tried (${NEWEST_TRIED.join(".")})` : ""}`,
  );
}

async function accountFindings({
  server,
  token,
  client,
  signal,
}: ArgocdQuestion): Promise<{ readonly findings: readonly Finding[]; readonly isKnown: boolean }> {
  const about = new Subject("argocd", `${server} token`);
  const why = "nothing can be read or deployed with it";
  const mend = "make a new token for the account (docs/set-up.md) and put it where the configuration says";
  if (tokenClaims(token) === undefined) {
    const what = "it is no token of Argo CD: three parts with dots between them";
    return { findings: [about.problem({ what, why, mend })], isKnown: false };
  }
  try {
    const { loggedIn, username } = await client.userInfo({ signal });
    if (loggedIn) return { findings: [about.ok(`Argo CD knows it as "${username}"`)], isKnown: true };
    const what = "Argo CD does not accept it and treats us as anonymous, without saying so";
    return { findings: [about.problem({ what, why, mend })], isKnown: false };
  } catch (error) {
    return { findings: [about.problem({ what: errorMessage(error), why, mend })], isKnown: false };
  }
}

function expiryFindings(server: string, token: string, nowMs: number): readonly Finding[] {
  const claims = tokenClaims(token);
  if (claims === undefined) return [];
  const about = new Subject("argocd", `${server} token`);
  const mend = "make an API key for an account of its own: `argocd account generate-token --account quarterdeck`";
  if (claims.subject.endsWith(":login")) {
    const what = "it is the session of somebody who logged in, not an API key";
    return [about.problem({ what, why: "it ends within a day, and acts as that person", mend })];
  }
  const { expiresAt } = claims;
  if (expiresAt === undefined) return [];
  const why = "from then on nothing can be deployed";
  const when = isoTime(expiresAt).slice(0, 16).replace("T", " ");
  if (expiresAt <= nowMs) return [about.problem({ what: `it expired on ${when} UTC`, why, mend })];
  if (expiresAt - nowMs < SOON_MS) return [about.warning({ what: `it expires on ${when} UTC`, why, mend })];
  return [about.ok(`it is good until ${when} UTC`)];
}

/** With anonymous access on, a token that has become bad is no error to Argo CD: everything is merely invisible. */
async function anonymousFindings({ server, askAnonymously, signal }: ArgocdQuestion): Promise<readonly Finding[]> {
  const about = new Subject("argocd", `${server} anonymous access`);
  try {
    await askAnonymously(signal);
  } catch (error) {
    const isRefused = error instanceof ArgocdError && error.class === "auth";
    return isRefused ? [about.ok("off")] : [];
  }
  const what = "Argo CD answers also without a token";
  const why = "when the token expires, applications seem to vanish instead of the token being refused";
  return [about.warning({ what, why, mend: 'set users.anonymous.enabled: "false" in argocd-cm' })];
}
