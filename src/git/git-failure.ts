import { AppError, type Retry } from "../platform/errors.ts";

interface FailureClass {
  /** The only command that can fail in this way; any where it is absent. */
  readonly of?: string;
  readonly code: string;
  readonly pattern: RegExp;
  readonly retry: Retry;
  /** Why it failed and what to do, after "X failed for REPOSITORY: ". */
  readonly meaning: string;
}

/** What `git`, `ssh` and libcurl write when something goes wrong, in the C locale; the first match decides. */
const FAILURES: readonly FailureClass[] = [
  {
    code: "git.host-key",
    pattern: /host key verification failed|host key is known for|remote host identification has changed/iu,
    retry: "never",
    meaning:
      "the SSH host key of the server is not the one in the known_hosts file. Compare the server's fingerprint with the one it publishes, then add the key to that file",
  },
  {
    code: "git.certificate",
    pattern:
      /ssl certificate problem|certificate verif|error setting certificate|unable to get local issuer|problem with the (?:local )?(?:ssl )?(?:ca )?cert|no alternative certificate|certificate subject name|certificate has expired|cafile/iu,
    retry: "never",
    meaning:
      "the certificate of the server is not trusted. Name the file of the authority that signed it as `caFile` of the repository's access",
  },
  {
    of: "git commit-tree",
    code: "git.signing",
    pattern: /failed to write commit object|gpg failed|signing|ssh-keygen|load (?:public )?key/iu,
    retry: "never",
    meaning:
      "the commit cannot be signed. Check that the file under `git.author.signing-key` is a private SSH key without a passphrase, mode 0600, and that Git 2.34 or newer and ssh-keygen are installed",
  },
  {
    of: "git push",
    code: "git.protected-branch",
    pattern:
      /protected branch|GH006|GH013|repository rule violations|can only be modified through (?:pull|merge) requests/iu,
    retry: "never",
    meaning:
      "the rules of the server do not let these credentials add commits to the branch. Allow them there (GitHub: the bypass list of the rule; GitLab: `Allowed to push` of the protected branch), or write to another branch and open a pull request",
  },
  {
    of: "git push",
    code: "git.no-push-right",
    pattern:
      /returned error: 403\b|write access to repository not granted|permission to .{1,200} denied|not allowed to push code|marked as read[ -]only|read-only (?:deploy )?key|this (?:host|repository) is read-only|service not enabled/iu,
    retry: "never",
    meaning:
      "the credentials may not write there. Give them the right to (GitHub App: `Contents: write`; token: write access to the repository; deploy key: write access)",
  },
  {
    of: "git push",
    code: "git.raced",
    pattern:
      /\[rejected\].{0,300}\((?:fetch first|non-fast-forward|stale info)\)|cannot lock ref|failed to update ref|incorrect old value|reference already exists/iu,
    retry: "backoff",
    meaning: "somebody else has added commits to the branch meanwhile. It is tried again on top of theirs",
  },
  {
    code: "git.authentication",
    pattern:
      /authentication failed|could not read (?:username|password)|returned error: 40[13]\b|permission denied \(|invalid username or (?:password|token)|unprotected private key|load key|no such identity|terminal prompts disabled|too many authentication failures|http basic: access denied/iu,
    retry: "never",
    meaning:
      "the server refused the credentials. Check that the token or key is set for this repository, has not expired and may read it (an SSH key file must have mode 0600)",
  },
  {
    code: "git.rejected",
    pattern: /\[(?:remote )?rejected\]|hook declined|protected branch|failed to push some refs/iu,
    retry: "backoff",
    meaning:
      "the server does not take what is pushed. Check that the credentials may write there, and that the rules for the branch let them add commits",
  },
  {
    code: "git.disk",
    pattern: /no space left on device|disk quota exceeded|read-only file system|: permission denied/iu,
    retry: "backoff",
    meaning: "the data folder cannot be written. Free some space there, or make it writable for this user",
  },
  {
    code: "git.protocol",
    pattern: /transport '.*' not allowed|unknown ssh variant|protocol '.*' is not supported/iu,
    retry: "never",
    meaning: "its address, or one that the server led to, uses a way of transport that is not allowed",
  },
  {
    code: "git.not-a-repository",
    pattern:
      /does not appear to be a git repository|repository '.*' not found|repository not found|returned error: 404\b|is this a git repository|project you were looking for could not be found/iu,
    retry: "never",
    meaning: "there is no Git repository at this address, or the credentials do not let us see it. Check the address",
  },
  {
    code: "git.corrupt",
    pattern:
      /not a git repository|bad object|corrupt|does not point to a valid object|missing object|unable to read (?:tree|commit|[0-9a-f]{40})|could not parse|inflate|bad (?:config|tree|packed-refs)|unexpected line in .*packed-refs|packfile .* (?:cannot|is)|index file .* is too small|missing blob|not our ref .*mirror/iu,
    retry: "backoff",
    meaning: "the local copy of the repository is damaged. It is made anew at the next attempt",
  },
  {
    code: "git.unreachable",
    pattern:
      /could not resolve|failed to connect|couldn't connect|could not connect|connection (?:refused|timed out|reset|closed)|network is unreachable|no route to host|operation too slow|empty reply|early eof|hung up unexpectedly|rpc failed|returned error: (?:429|5\d\d)|unexpected disconnect|kex_exchange|from proxy|gnutls|ssl_|tls|could not read from remote repository|unable to access/iu,
    retry: "backoff",
    meaning: "the server does not answer. Check that it is up and that its address and any proxy are right",
  },
];

const UNKNOWN: Omit<FailureClass, "pattern"> = {
  code: "git.failed",
  retry: "backoff",
  meaning: "git stopped with an error that Quarterdeck does not know",
};

const LONGEST_QUOTE = 400;

export interface GitFailure {
  /** What was tried, as a noun: "git fetch". */
  readonly what: string;
  /** The repository, without credentials. */
  readonly about: string;
  /** Standard error, with secrets masked already. */
  readonly stderr: string;
  readonly exitCode: number | undefined;
}

/** The error for a `git` that ended badly, by what it wrote: its code says whose fault it is, its message what to do. */
export function gitFailure(failure: GitFailure): AppError {
  // The address is taken out first: a repository named "corrupt" or "certificates" must not choose its own error.
  const evidence = withShortLines(failure.stderr.replaceAll(failure.about, "REPOSITORY"));
  const found = FAILURES.find((each) => isOf(each, failure) && each.pattern.test(evidence)) ?? UNKNOWN;
  const said = quoted(failure.stderr) || `nothing, exit code ${failure.exitCode ?? "none"}`;
  return new AppError(`${failure.what} failed for ${failure.about}: ${found.meaning}. Git said: ${said}`, {
    code: found.code,
    retry: found.retry,
    details: { repository: failure.about, exitCode: failure.exitCode },
  });
}

function isOf({ of }: FailureClass, { what }: GitFailure): boolean {
  return of === undefined || of === what;
}

/** Lines without their middle: some of the patterns take the square of the length of a line, and a server chooses what git complains of. */
function withShortLines(text: string): string {
  const lines = text.split("\n");
  return lines.map((line) => (line.length > 600 ? `${line.slice(0, 300)} ${line.slice(-300)}` : line)).join("\n");
}

/** The end of what git wrote, on one line and free of control characters; the end is where it says why. */
function quoted(stderr: string): string {
  const line = stderr.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return line.length <= LONGEST_QUOTE ? line : `...${line.slice(-LONGEST_QUOTE)}`;
}
