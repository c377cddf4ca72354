import { commitsBetween } from "../../../src/git/commits-between.ts";
import { gitFailure } from "../../../src/git/git-failure.ts";
import { lookUpRevision, type MirrorReader } from "../../../src/git/look-up-revision.ts";
import { recentCommits } from "../../../src/git/recent-commits.ts";
import { AppError, errorCode } from "../../../src/platform/errors.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const commit = (sha: string): string =>
  `${sha}\0${sha.slice(0, 7)}\0Ana\0ana@example.com\x001790000000\x001790000000\0Add retries\0`;

/** What git writes: one part for each thing that is asked, `=` and the command before it. */
export const target: FuzzTarget = {
  seeds: [
    `=log\n${commit(A)}${commit(B)}=for-each-ref\nrefs/heads/main\nrefs/heads/release/1\n=cat-file\n${A} commit\n${B} commit\n=merge-base\n${A}\n=rev-list\n2\n=rev-parse\n${A}\n`,
    `=log\n${commit(A)}=for-each-ref\n${A}\0refs/heads/main\n=cat-file\n${A} commit\n=merge-base\n\n=rev-list\n0\n=rev-parse\n${A}\n${B}\n`,
    `=for-each-ref\n${A}  refs/tags/v1\n${B} ${A} refs/tags/v2\n=cat-file\n${A} missing\n=stderr\nfatal: repository 'https://git.example.com/acme/deploy.git/' not found\n`,
    `=stderr\nfatal: unable to access 'https://git.example.com/': Could not resolve host\n=cat-file\n${A} commit\n${B} tree\n`,
  ],
  words: [
    "=log\n",
    "=for-each-ref\n",
    "=cat-file\n",
    "=merge-base\n",
    "=rev-list\n",
    "=rev-parse\n",
    "=stderr\n",
    A,
    B,
    "\0",
    " commit\n",
    " missing\n",
    "refs/heads/",
    "refs/tags/",
    "fatal: ",
    "-1",
    "NaN",
    "\u202E",
    "Host key verification failed",
  ],
  longest: 8000,
  async run(input) {
    const said = partsOf(input);
    const mirror: MirrorReader = {
      read: async ({ command, operands = [], paths = [] }) => {
        // What git itself said comes back as what git is asked next.
        for (const operand of operands) must(!operand.startsWith("-"), `"${operand}" is no option of git`);
        // As the program itself does before it starts git.
        if ([...operands, ...paths].some((text) => text.includes("\0")))
          throw new AppError("NUL", { code: "git.argument" });
        return { exitCode: 0, stdout: said.get(command) ?? "" };
      },
    };
    const failure = gitFailure({
      what: "git fetch",
      about: "https://git.example.com/acme",
      stderr: said.get("stderr") ?? input,
      exitCode: 128,
    });
    must(
      failure.message.length < 3000 && !/[\p{Cc}\p{Cf}]/u.test(failure.message),
      "what git said is quoted in one short line",
    );
    return [
      failure.code,
      await expected(commitsBetween(mirror, { from: A, to: B, paths: ["apps/checkout"], most: 10 })),
      await expected(recentCommits(mirror, { allowedBranches: ["main", "release/*"], most: 10 })),
      await expected(
        lookUpRevision(mirror, {
          text: { kind: "name", text: "aaaa", references: ["refs/heads/aaaa"], digits: "aaaa" },
          allowedBranches: ["**"],
        }),
      ),
      await expected(
        lookUpRevision(mirror, {
          text: { kind: "name", text: "main", references: ["refs/heads/main", "refs/tags/main"], digits: undefined },
          allowedBranches: ["main"],
        }),
      ),
    ];
  },
};

async function expected(asked: Promise<unknown>): Promise<unknown> {
  try {
    const answer = await asked;
    for (const text of shownIn(answer)) must(!/[\p{Cc}\p{Cf}]/u.test(text), "nothing invisible gets through");
    return answer;
  } catch (error) {
    // A commit that git had just found and then does not show.
    if (error instanceof Error && error.message.startsWith("git did not show the commit")) return error.message;
    if (errorCode(error).startsWith("git.")) return errorCode(error);
    throw error;
  }
}

/** What people wrote, which people are shown. Ids and names of branches are git's own. */
function shownIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (typeof member !== "string") return shownIn(member);
    return ["subject", "name", "email"].includes(key) ? [member] : [];
  });
}

function partsOf(input: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const part of input.split(/^=/mu)) {
    const line = part.indexOf("\n");
    if (line !== -1) parts.set(part.slice(0, line), part.slice(line + 1));
  }
  return parts;
}
