import { describe, expect, test } from "vitest";

import {
  accessFor,
  checkRules,
  type RepositoryAccess,
  type RepositoryRule,
} from "../../../src/git/repository-access.ts";
import { parseRepositoryUrl } from "../../../src/git/repository-url.ts";

const token = (username: string): RepositoryAccess => ({ kind: "token", username, token: "t0ken-t0ken" });
const key: RepositoryAccess = { kind: "ssh-key", keyFile: "/keys/id", knownHostsFile: "/keys/known_hosts" };

const rules: readonly RepositoryRule[] = [
  { url: "https://github.com", access: token("host") },
  { url: "https://github.com/acme/", access: token("acme") },
  { url: "https://github.com/acme/deploy.git", access: token("deploy") },
  { url: "git@github.com", access: key },
  { url: "ssh://git@host:2222", access: key },
  { url: "file:///srv/git", access: { kind: "local" } },
];

const access = (url: string): RepositoryAccess => accessFor(parseRepositoryUrl(url), rules);

describe("the access of a repository", () => {
  test.each([
    ["https://github.com/acme/deploy", "deploy"],
    ["https://GITHUB.com/acme/deploy.git", "deploy"],
    ["https://github.com/acme/deploy-two", "acme"],
    ["https://github.com/acme-evil/deploy", "host"],
  ])("of %s comes from the longest rule that covers it", (url, username) => {
    expect(access(url)).toMatchObject({ username });
  });

  test.each([
    "https://github.com.evil.example/acme/deploy",
    "https://github.com:8443/acme/deploy",
    "http://github.com/acme/deploy",
  ])("of %s is not that of another host, port or scheme", (url) => {
    expect(access(url)).toEqual({ kind: "public" });
  });

  test("covers all repositories of a host that is reached by SSH in either spelling", () => {
    expect(access("git@github.com:acme/deploy.git")).toBe(key);
    expect(access("ssh://git@host:2222/acme/deploy")).toBe(key);
  });

  test("is missing for SSH without a rule, and the error says what is needed", () => {
    expect(() => access("git@gitlab.com:acme/deploy.git")).toThrow(/needs an SSH key and a known_hosts file/u);
  });

  test("lets nobody read this machine's folders without a rule for them", () => {
    expect(() => access("file:///etc/git")).toThrow(/local folders/u);
    expect(access("file:///srv/git/deploy")).toEqual({ kind: "local" });
  });

  test("is checked before anything is read, and the error names the rule but no credential in it", () => {
    expect(() => checkRules(rules)).not.toThrow();
    const bad = [...rules, { url: "https://ci:s3cr3t-t0ken@host/a", access: key }];
    expect(() => checkRules(bad)).toThrow(/^The access rule 7 for Git repositories cannot be used: (?!.*s3cr3t)/u);
  });

  test("refuses a credential of the wrong sort", () => {
    const wrong = [{ url: "https://github.com", access: key }];
    expect(() => accessFor(parseRepositoryUrl("https://github.com/a/b"), wrong)).toThrow(
      /needs a token, a GitHub App/u,
    );
  });
});
