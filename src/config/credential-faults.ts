import type { Configuration } from "./configuration.ts";
import { type Fault, repeated, unknownName } from "./fault.ts";
import { isLoopback } from "./loopback.ts";
import type { SecretReference } from "./field-schemas.ts";

/** What is wrong with secrets, and with the ways on which they would travel. */
export function credentialFaults(configuration: Configuration): readonly Fault[] {
  return [
    ...secretSourceFaults(configuration),
    ...unknownSecrets(configuration),
    ...configuration.argocd.flatMap((server, index) => serverFaults(server, index)),
    ...configuration.git.repositories.flatMap((repository, index) => repositoryFaults(repository, index)),
    ...repeatedRepositories(configuration),
    ...anchorTargets(configuration).flatMap((target, index) => uploadFaults(target, index)),
  ];
}

function secretSourceFaults({ secrets }: Configuration): readonly Fault[] {
  return Object.entries(secrets)
    .filter(([, { env, file }]) => (env === undefined) === (file === undefined))
    .map(([name]) => ({
      path: ["secrets", name],
      part: "value",
      message: "say where the value is: either `env: VARIABLE` or `file: PATH`",
    }));
}

function unknownSecrets(configuration: Configuration): readonly Fault[] {
  const declared = Object.keys(configuration.secrets);
  const used: readonly { readonly path: Fault["path"]; readonly reference: SecretReference | undefined }[] = [
    ...configuration.argocd.map(({ token }, index) => ({ path: ["argocd", index, "token"], reference: token })),
    ...configuration.git.repositories.flatMap(({ token, githubApp }, index) => [
      { path: ["git", "repositories", index, "token"], reference: token },
      { path: ["git", "repositories", index, "github-app", "key"], reference: githubApp?.key },
    ]),
    ...configuration.triggers.flatMap(({ secrets }, index) =>
      secrets.map((reference) => ({ path: ["triggers", index, "secret"], reference })),
    ),
    ...anchorTargets(configuration).map(({ token }, index) => ({
      path: ["audit", "anchors", "targets", index, "token"],
      reference: token,
    })),
  ];
  return used.flatMap(({ path, reference }): readonly Fault[] => {
    if (reference === undefined || declared.includes(reference.secret)) return [];
    const unknown = unknownName("secret", reference.secret, declared).replace(/[^?]$/u, "$&.");
    const message = `${unknown} Declare it: \`secrets: { ${reference.secret}: { env: ${reference.secret} } }\``;
    return [{ path, part: "value", message }];
  });
}

function serverFaults(server: Configuration["argocd"][number], index: number): readonly Fault[] {
  if (server.insecure && server.ca !== undefined) {
    const message = "`ca` has no effect beside `insecure: true`; keep one of them";
    return [{ path: ["argocd", index, "insecure"], part: "value", message }];
  }
  if (!isPlainToOthers(server.url) || server.insecure) return [];
  const message =
    "the token would travel unencrypted; use https://, or say `insecure: true` if this network is only a trial";
  return [{ path: ["argocd", index, "url"], part: "value", message }];
}

type AnchorTarget = NonNullable<Configuration["audit"]["anchors"]>["targets"][number];

function anchorTargets({ audit }: Configuration): readonly AnchorTarget[] {
  return audit.anchors?.targets ?? [];
}

function uploadFaults({ url, token }: AnchorTarget, index: number): readonly Fault[] {
  if (url === undefined || token === undefined || !isPlainToOthers(url)) return [];
  const message = "the token would travel unencrypted; use https://";
  return [{ path: ["audit", "anchors", "targets", index, "url"], part: "value", message }];
}

type Repository = Configuration["git"]["repositories"][number];

function repositoryFaults(repository: Repository, index: number): readonly Fault[] {
  const path = ["git", "repositories", index];
  const faults: Fault[] = [];
  const message = wayProblem(repository);
  if (message !== undefined) faults.push({ path, part: "value", message });
  if (repository.user !== undefined && repository.token === undefined) {
    const lonely = "`user` goes with `token`; remove it or add the token";
    faults.push({ path: [...path, "user"], part: "key", message: lonely });
  }
  if (isPlainToOthers(repository.url) && waysOf(repository) > 0) {
    const open = "the credential would travel unencrypted; use https://";
    faults.push({ path: [...path, "url"], part: "value", message: open });
  }
  return faults;
}

function waysOf(repository: Repository): number {
  return [repository.ssh, repository.token, repository.githubApp].filter((way) => way !== undefined).length;
}

/** Says how the way in which a repository is to be read does not go with its address. */
function wayProblem(repository: Repository): string | undefined {
  const ways = waysOf(repository);
  if (ways > 1) return "a repository is read in one way: keep one of `ssh`, `token` and `github-app`";
  if (repository.url.startsWith("file:")) {
    return ways > 0 ? "a folder of this machine is read without a credential; remove it" : undefined;
  }
  const isWeb = /^https?:/u.test(repository.url);
  if (isWeb && repository.ssh !== undefined) {
    return "`ssh` is for addresses such as git@github.com:acme/deploy.git; an https address takes `token` or `github-app`";
  }
  return isWeb || repository.ssh !== undefined
    ? undefined
    : "an SSH address needs `ssh:` with `key` and `known-hosts`, and no other credential";
}

function repeatedRepositories({ git }: Configuration): readonly Fault[] {
  const addresses = git.repositories.map(({ url }, index) => ({ key: url.replace(/\.git$/u, ""), entry: index }));
  return repeated(addresses).map(({ entry, first }) => ({
    path: ["git", "repositories", entry, "url"],
    part: "value",
    message: `this repository is entry ${first + 1} of \`repositories\` already; keep one of them`,
  }));
}

function isPlainToOthers(address: string): boolean {
  const url = URL.parse(address);
  return url?.protocol === "http:" && !isLoopback(url.hostname);
}
