import { forgeError } from "./forge-failure.ts";

/** A repository on a forge. */
export interface ForgeRepository {
  /** `acme/checkout`, `group/sub/checkout`, or the number that GitLab gives a project. */
  readonly path: string;
  readonly api: URL;
  /** `https://github.com/acme/checkout`: where people look at it, and what the configuration of Git calls it. */
  readonly address: string;
}

export type Forge = "github" | "gitlab";

const PATH = /^[\w.-]+(?:\/[\w.-]+)+$|^\d{1,12}$/u;
const GITHUB_PATH = /^[\w.-]+\/[\w.-]+$/u;

/**
 * Reads a repository, given by its path or by the address that it is cloned from, and where its API is, unless that is said. GitHub's
 * is at api.github.com, at api.NAME.ghe.com for those who have a name of their own, and below /api/v3 of an Enterprise Server;
 * GitLab's is below /api/v4. Throws `forge.bad-input`.
 */
export function forgeRepository(
  forge: Forge,
  input: { readonly repository: string; readonly api?: string | undefined },
): ForgeRepository {
  const { repository, api } = input;
  const url = urlOf(repository);
  const path = pathOf(url === undefined ? repository : url.pathname);
  const isPath = (forge === "github" ? GITHUB_PATH : PATH).test(path) && !path.split("/").includes("..");
  if (!isPath) throw unreadable(repository);
  const origin = url?.origin ?? HOME[forge];
  const found = api === undefined ? apiOf(forge, new URL(origin)) : parseApi(api);
  return { path, api: found, address: `${url === undefined ? siteOf(found) : origin}/${path}` };
}

const HOME: Readonly<Record<Forge, string>> = { github: "https://github.com", gitlab: "https://gitlab.com" };

/** Undefined for a path. */
function urlOf(repository: string): URL | undefined {
  if (!/^https?:\/\//iu.test(repository)) return undefined;
  const url = URL.parse(repository);
  if (url === null || url.username !== "" || url.password !== "") throw unreadable("the address that was given");
  return url;
}

function parseApi(api: string): URL {
  const url = URL.parse(api);
  if (url !== null) return url;
  throw forgeError("forge.bad-input", `The address of the API, ${JSON.stringify(api)}, cannot be read.`);
}

/** What the forge is called in messages. */
export function forgeName(forge: Forge, { api }: Pick<ForgeRepository, "api">): string {
  if (api.host === "api.github.com") return "GitHub";
  if (api.host === "gitlab.com") return "GitLab";
  return `${forge === "github" ? "GitHub" : "GitLab"} at ${api.host}`;
}

/** Which forge it is, where that is not said: GitLab has its API below /api/v4. */
export function forgeOf(input: { readonly repository: string; readonly api?: string | undefined }): Forge {
  const isGitlab = /^https?:\/\/gitlab\./iu.test(input.repository) || /\/api\/v4\/*$/u.test(input.api ?? "");
  return isGitlab ? "gitlab" : "github";
}

function apiOf(forge: Forge, { host, origin }: URL): URL {
  if (forge === "gitlab") return new URL(`${origin}/api/v4`);
  if (host === "github.com") return new URL("https://api.github.com");
  return new URL(host.endsWith(".ghe.com") ? `https://api.${host}` : `${origin}/api/v3`);
}

/** Where people look at what an API is about. */
function siteOf({ host, origin }: URL): string {
  return host === "api.github.com" || /^api\.[\w-]+\.ghe\.com$/u.test(host)
    ? `https://${host.slice("api.".length)}`
    : origin;
}

function pathOf(text: string): string {
  return text.replaceAll(/^\/+|\/+$/gu, "").replace(/\.git$/u, "");
}

function unreadable(repository: string): Error {
  const message = `${JSON.stringify(repository.slice(0, 200))} is no repository. Write owner/name, or the https address that it is cloned from.`;
  return forgeError("forge.bad-input", message);
}
