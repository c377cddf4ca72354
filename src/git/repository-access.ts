import { AppError, errorText } from "../platform/errors.ts";
import { parseRepositoryUrl, type RepositoryUrl } from "./repository-url.ts";

/** How a repository is reached. Files are absolute paths; they are read at each use, so that they can be replaced. */
export type RepositoryAccess =
  /** Anyone may read it, over https or http. */
  | { readonly kind: "public"; readonly caFile?: string | undefined }
  /** A personal, project or deploy token. `username` is what the server wants beside it, such as `oauth2` or `x-access-token`. */
  | {
      readonly kind: "token";
      readonly username: string;
      readonly token: string;
      readonly caFile?: string | undefined;
    }
  /** An installation of a GitHub App with the permission "Contents: read". */
  | {
      readonly kind: "github-app";
      readonly appId: string;
      readonly installationId: string;
      /** The private key of the App as PEM text. */
      readonly privateKey: string;
      /** `https://api.github.com`, or `https://HOST/api/v3` of a GitHub Enterprise Server. */
      readonly apiUrl: string;
      readonly caFile?: string | undefined;
    }
  /** A key without a passphrase, and the host keys that are trusted; a host that is not in `knownHostsFile` is refused. */
  | { readonly kind: "ssh-key"; readonly keyFile: string; readonly knownHostsFile: string }
  /** A folder of this machine (`file:///...`), for trials. Never for addresses that others choose. */
  | { readonly kind: "local" };

/** The access of one repository, or of all below an address that ends at a path segment (`https://github.com/acme`). */
export interface RepositoryRule {
  readonly url: string;
  readonly access: RepositoryAccess;
}

/** The access that the longest matching rule gives; without a rule, https and http are read as the public does. */
export function accessFor(url: RepositoryUrl, rules: readonly RepositoryRule[]): RepositoryAccess {
  return matching(url, longestRule(url.identity, rules)?.access ?? { kind: "public" });
}

/** The rule that counts for a repository: of those that cover its address, the longest. */
export function ruleFor<Rule extends { readonly url: string }>(
  address: string,
  rules: readonly Rule[],
): Rule | undefined {
  return longestRule(parseRepositoryUrl(address).identity, rules);
}

function longestRule<Rule extends { readonly url: string }>(
  identity: string,
  rules: readonly Rule[],
): Rule | undefined {
  let best: { readonly length: number; readonly rule: Rule } | undefined;
  for (const rule of rules) {
    const start = ruleStart(rule.url);
    if (!covers(start, identity) || start.length <= (best?.length ?? -1)) continue;
    best = { length: start.length, rule };
  }
  return best?.rule;
}

/** Throws `git.address`, naming the position of the rule, when an address among the rules cannot be read. */
export function checkRules(rules: readonly RepositoryRule[]): void {
  for (const [place, rule] of rules.entries()) {
    try {
      ruleStart(rule.url);
    } catch (error) {
      throw new AppError(`The access rule ${place + 1} for Git repositories cannot be used: ${errorText(error)}`, {
        code: "git.address",
        cause: error,
      });
    }
  }
}

/** A rule's address in the spelling of `RepositoryUrl.identity`; a bare origin (`https://host`, `git@host`) is good here. */
function ruleStart(text: string): string {
  const bare = text.trim().replace(/\/+$/u, "");
  if (/^(?:https?|ssh):\/\/[^/]+$/u.test(bare)) return parseRepositoryUrl(`${bare}/any`).origin;
  if (/^[^:/]+@[^:/]+:?$/u.test(bare)) return parseRepositoryUrl(`${bare.replace(/:$/u, "")}:any`).origin;
  return parseRepositoryUrl(bare).identity;
}

function covers(start: string, identity: string): boolean {
  return (
    identity === start || identity.startsWith(`${start}/`) || (!start.includes("/") && identity.startsWith(`${start}:`))
  );
}

function matching(url: RepositoryUrl, access: RepositoryAccess): RepositoryAccess {
  switch (url.protocol) {
    case "https":
    case "http":
      if (access.kind === "public" || access.kind === "token" || access.kind === "github-app") return access;
      throw unfit(url, "a token, a GitHub App or no credential");
    case "ssh":
      if (access.kind === "ssh-key") return access;
      throw unfit(url, "an SSH key and a known_hosts file");
    case "file":
      if (access.kind === "local") return access;
      throw unfit(url, "that local folders are allowed for it");
  }
}

function unfit(url: RepositoryUrl, needed: string): AppError {
  return new AppError(
    `The repository ${url.address} cannot be read: its address needs ${needed}. Set that as its access in the configuration`,
    {
      code: "git.access",
      details: { repository: url.address },
    },
  );
}
