import { isAllowedBranch } from "../../../src/git/branch-pattern.ts";
import { parseRepositoryUrl } from "../../../src/git/repository-url.ts";
import { parseRevisionText } from "../../../src/git/revision-text.ts";
import { errorCode } from "../../../src/platform/errors.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

/** Revisions, addresses and branches as people and Argo CD write them; a second line is a pattern of branches. */
export const target: FuzzTarget = {
  seeds: [
    "main\nmain",
    "release/1.2\nrelease/*",
    "abc1234\n**",
    "refs/heads/feature/x\nfeature/**",
    "v1.2.3\nv*",
    "https://git.example.com/acme/deploy.git",
    "git@github.com:acme/deploy.git",
    "ssh://git@git.example.com:2222/acme/deploy",
    "file:///srv/git/deploy.git",
    "https://[::1]:3000/a.git",
    "HTTP://Git.Example.com:80/a/",
  ],
  words: [
    "--upload-pack=touch /tmp/x",
    "-c",
    "ext::sh -c x",
    "@{u}",
    "^{commit}",
    "..",
    ".lock",
    "refs/heads/",
    "https://u:p@",
    "%0a",
    "%2d",
    "ssh://-oProxyCommand=x/",
    "-oProxyCommand=x:a",
    "git@-x:y",
    "*",
    "**",
    "\\",
    "\n",
    "//",
    "?",
    "#",
    ":22",
    ".git/",
  ],
  longest: 3000,
  run(input) {
    const [text = "", pattern = "**"] = input.split("\n");
    const revision = parseRevisionText(text);
    if (revision.kind === "name") {
      for (const reference of revision.references)
        must(/^refs\/(?:heads|tags)\/[^-]/u.test(reference), `${reference} is a reference`);
      must(!/[\s~^:?*[\\]|\.\.|@\{/u.test(revision.text), "no operator of git gets through");
    }
    return [revision, isAllowedBranch(text.slice(0, 255), [pattern.slice(0, 255)]), address(text)];
  },
};

function address(text: string): unknown {
  try {
    const url = parseRepositoryUrl(text);
    must(
      /^(?:https?:\/\/|ssh:\/\/|file:\/\/\/|(?:[^@:/-][^@:/]*@)?[^@:/-][^@:/]*:[^-])/u.test(url.address),
      `${url.address} is of a known kind`,
    );
    must(!/[\p{Cc}\s]/u.test(url.address), "an address has no white space");
    const again = parseRepositoryUrl(url.address);
    must(again.identity === url.identity, "an address that was read is read as the same");
    return url;
  } catch (error) {
    if (errorCode(error) === "git.address") return "git.address";
    throw error;
  }
}
