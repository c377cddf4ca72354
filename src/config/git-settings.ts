import { z } from "zod";

import { duration, FilePath, SecretField, ServerUrl, Size, urlProblem } from "./field-schemas.ts";

const Branch = z
  .string()
  .regex(/^[^\s~^:?[\\]{1,200}$/u, { error: "a branch is a name or a pattern such as release/*" });

/** `https://...`, `ssh://...`, `user@host:path` or `file:///...`; whole repositories or the beginning of several. */
export const RepositoryAddress = z.string().transform((text, context) => {
  const problem = /^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\s]*$/u.test(text)
    ? undefined
    : urlProblem(text, ["https:", "http:", "ssh:", "file:"]);
  if (problem === undefined) return text.replace(/\/+$/u, "");
  context.addIssue({ code: "custom", message: problem });
  return z.NEVER;
});

const GithubApp = z
  .strictObject({
    "app-id": z.coerce
      .string<string | number>()
      .regex(/^\d+$/u, { error: "an App id is a number" })
      .meta({ description: "Id of the GitHub App" }),
    "installation-id": z.coerce
      .string<string | number>()
      .regex(/^\d+$/u, { error: "an installation id is a number" })
      .meta({ description: "Id of its installation in the organisation" }),
    key: SecretField.meta({ description: "Private key of the App (PEM), as a reference to a secret" }),
    api: ServerUrl.prefault("https://api.github.com").meta({
      description: "GitHub's API; `https://HOST/api/v3` for an Enterprise Server",
    }),
  })
  .transform((app) => ({
    appId: app["app-id"],
    installationId: app["installation-id"],
    key: app.key,
    apiUrl: app.api,
  }));

const SshKey = z
  .strictObject({
    key: FilePath.meta({ description: "File with a private key without a passphrase, mode 0600" }),
    "known-hosts": FilePath.meta({ description: "File with the host keys that are trusted" }),
  })
  .transform((ssh) => ({ keyFile: ssh.key, knownHostsFile: ssh["known-hosts"] }));

const Repository = z
  .strictObject({
    url: RepositoryAddress.meta({
      description:
        "Address of a repository, or the beginning of several, such as `https://github.com/acme`; the longest match counts",
    }),
    ssh: SshKey.optional().meta({ description: "Read it with an SSH key" }),
    token: SecretField.optional().meta({ description: "Read it with an access token, as a reference to a secret" }),
    user: z
      .string()
      .regex(/^[A-Za-z0-9._@+-]{1,100}$/u, { error: "this is no user name" })
      .optional()
      .meta({
        description:
          "User name that goes with `token`: `oauth2` for GitLab, `x-token-auth` for Bitbucket; `x-access-token` when absent",
      }),
    "github-app": GithubApp.optional().meta({
      description: "Read it as an installation of a GitHub App with the permission Contents: read",
    }),
    ca: FilePath.optional().meta({ description: "PEM file with the certificate authority of the server" }),
    branches: z
      .array(Branch)
      .min(1)
      .optional()
      .meta({ description: "Branches that may be deployed from, instead of `git.branches`" }),
    write: z.boolean().default(false).meta({
      description: "Whether steps may add commits to it (`git/commit`); its credential needs the right to push then",
    }),
  })
  .transform(({ "github-app": githubApp, ...rest }) => ({ ...rest, githubApp }));

const Author = z
  .strictObject({
    name: z
      .string()
      .regex(/^[^<>\p{Cc}]{1,100}$/u, { error: "a name has no < and >" })
      .prefault("Quarterdeck")
      .meta({ description: "Name of the author" }),
    email: z
      .string()
      .regex(/^[^<>\s\p{Cc}]{1,200}$/u, { error: "this is no e-mail address" })
      .prefault("quarterdeck@localhost")
      .meta({ description: "E-mail address of the author" }),
    "signing-key": FilePath.optional().meta({
      description: "File with a private SSH key without a passphrase, mode 0600, with which commits are signed",
    }),
  })
  .transform(({ "signing-key": signingKeyFile, ...rest }) => ({ ...rest, signingKeyFile }));

export const GitSettings = z
  .strictObject({
    repositories: z.array(Repository).default([]).meta({
      description:
        "Repositories that are not public, or that have rules of their own; all others are read without a credential",
    }),
    branches: z.array(Branch).min(1).default(["main", "master"]).meta({
      description:
        "A revision must be on one of these branches; `*` stands for anything but a slash, `**` for anything",
    }),
    author: Author.prefault({}).meta({
      description: "Who the commits are by that steps make; whoever asked for the run stands in them as well",
    }),
    timeout: duration({ leastMs: 5000, mostMs: 3_600_000 })
      .prefault("2m")
      .meta({ description: "Longest time for one fetch" }),
    largest: Size.prefault("2GB").meta({ description: "Largest mirror of one repository on disk" }),
  })
  .transform(({ timeout, largest, ...rest }) => ({ ...rest, timeoutMs: timeout, largestBytes: largest }));
