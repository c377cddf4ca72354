import { AppError } from "../platform/errors.ts";
import type { GitProtocol } from "./git-environment.ts";

/** The address of a repository, checked: free of credentials and of anything that git would run or read as an option. */
export interface RepositoryUrl {
  /** Equal for two addresses of the same repository: host in lower case, no default port, no `.git`, no slash at the end. */
  readonly identity: string;
  /** What git is given. `.git` stays as it was, since some servers redirect without it. */
  readonly address: string;
  readonly protocol: GitProtocol;
  /** Scheme, host and port, for which a credential is meant; empty for local files. */
  readonly origin: string;
}

const LONGEST = 2048;
const HOST = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])$/u;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/u;
const SCP_LIKE = /^(?:(?<user>[^@:/]+)@)?(?<host>[^@:/]+):(?<path>[^:].*)$/u;

/** Reads `https://`, `http://`, `ssh://`, `file:///` and `user@host:path`. Throws `git.address` for everything else, never repeating a credential. */
export function parseRepositoryUrl(text: string): RepositoryUrl {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > LONGEST || /[\p{Cc}\p{Cf}\s\\]|%0[0ad]/iu.test(trimmed)) {
    throw refused("it is empty, too long or has characters that no address has");
  }
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\//u.test(trimmed)) return scpLike(trimmed);
  const url = tryUrl(trimmed);
  if (url === undefined) throw refused("it is not a valid address");
  switch (url.protocol) {
    case "https:":
    case "http:":
      return web(url);
    case "ssh:":
      return secureShell(url);
    case "file:":
      return local(url);
    default:
      throw refused("only https, http, ssh and user@host:path can be read");
  }
}

function web(url: URL): RepositoryUrl {
  if (url.username !== "" || url.password !== "") {
    throw refused(
      `it carries a user name or password for ${url.host}. Write it without, and put them into the access of the repository`,
    );
  }
  const path = pathOf(url);
  return {
    identity: `${url.origin}${withoutSuffix(path)}`,
    address: `${url.origin}${path}`,
    protocol: url.protocol === "https:" ? "https" : "http",
    origin: url.origin,
  };
}

function secureShell(url: URL): RepositoryUrl {
  if (url.password !== "")
    throw refused(`it carries a password for ${url.host}. Quarterdeck uses SSH keys only; write it without`);
  if (!HOST.test(url.hostname) || (url.username !== "" && !USER.test(url.username)))
    throw refused("its host or user is not a valid name");
  const path = pathOf(url);
  const user = url.username === "" ? "" : `${url.username}@`;
  const port = url.port === "" || url.port === "22" ? "" : `:${url.port}`;
  const origin = `ssh://${user}${url.hostname.toLowerCase()}${port}`;
  return { identity: `${origin}${withoutSuffix(path)}`, address: `${origin}${path}`, protocol: "ssh", origin };
}

function scpLike(text: string): RepositoryUrl {
  const { user, host, path } = SCP_LIKE.exec(text)?.groups ?? {};
  if (host === undefined || path === undefined) throw refused("only https, http, ssh and user@host:path can be read");
  if (!HOST.test(host) || (user !== undefined && !USER.test(user)) || path.startsWith("-")) {
    throw refused("its host, user or path is not a valid name");
  }
  const origin = `${user === undefined ? "" : `${user}@`}${host.toLowerCase()}`;
  const tidy = path.replace(/\/+$/u, "");
  if (tidy === "") throw refused("it names no repository");
  return { identity: `${origin}:${withoutSuffix(tidy)}`, address: `${origin}:${tidy}`, protocol: "ssh", origin };
}

function local(url: URL): RepositoryUrl {
  if (url.host !== "") throw refused("a file address names no host: file:///folder/repository.git");
  const path = pathOf(url);
  return { identity: `file://${withoutSuffix(path)}`, address: `file://${path}`, protocol: "file", origin: "" };
}

function pathOf(url: URL): string {
  if (url.search !== "" || url.hash !== "") throw refused("it has a query or a fragment");
  const path = url.pathname.replace(/\/+$/u, "");
  if (path === "" || path === ".git") throw refused("it names no repository");
  return path;
}

function withoutSuffix(path: string): string {
  return path.replace(/\.git$/u, "").replace(/\/+$/u, "");
}

function tryUrl(text: string): URL | undefined {
  return URL.parse(text) ?? undefined;
}

// The address itself is not repeated: a mistyped one may hold a token anywhere.
function refused(reason: string): AppError {
  return new AppError(`The address of a Git repository cannot be used: ${reason}`, { code: "git.address" });
}
