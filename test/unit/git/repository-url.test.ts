import { assert, oneof, property, string, webUrl } from "fast-check";
import { describe, expect, test } from "vitest";

import { AppError } from "../../../src/platform/errors.ts";
import { parseRepositoryUrl } from "../../../src/git/repository-url.ts";

const identity = (text: string): string => parseRepositoryUrl(text).identity;

function refusal(text: string): AppError {
  try {
    parseRepositoryUrl(text);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

/** Anything but a refusal of ours fails the test. */
function addressOrRefusal(text: string): string {
  try {
    return parseRepositoryUrl(text).address;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

describe("the address of a repository", () => {
  test.each([
    ["https://GitHub.com/acme/deploy.git", "https://github.com/acme/deploy"],
    ["https://github.com/acme/deploy/", "https://github.com/acme/deploy"],
    ["https://github.com:443/acme/deploy", "https://github.com/acme/deploy"],
    ["http://gitea.local:3000/acme/deploy.git/", "http://gitea.local:3000/acme/deploy"],
    ["https://dev.azure.com/acme/shop/_git/deploy", "https://dev.azure.com/acme/shop/_git/deploy"],
    ["ssh://git@GitHub.com:22/acme/deploy.git", "ssh://git@github.com/acme/deploy"],
    ["ssh://git@host:2222/acme/deploy.git", "ssh://git@host:2222/acme/deploy"],
    ["git@GitHub.com:acme/deploy.git", "git@github.com:acme/deploy"],
    ["host:acme/deploy", "host:acme/deploy"],
    ["file:///srv/git/deploy.git", "file:///srv/git/deploy"],
    ["  https://github.com/acme/deploy  ", "https://github.com/acme/deploy"],
  ])("%s is %s", (text, expected) => {
    expect(identity(text)).toBe(expected);
  });

  test("keeps the suffix in what git is given, because some servers redirect without it", () => {
    expect(parseRepositoryUrl("https://gitlab.com/acme/deploy.git/").address).toBe(
      "https://gitlab.com/acme/deploy.git",
    );
    expect(parseRepositoryUrl("git@gitlab.com:acme/deploy.git").address).toBe("git@gitlab.com:acme/deploy.git");
  });

  test("names scheme, host and port as the origin that a credential is for", () => {
    expect(parseRepositoryUrl("https://git.example.com:8443/a/b").origin).toBe("https://git.example.com:8443");
  });

  test.each([
    ["a helper program", "ext::sh -c touch% /tmp/pwned"],
    ["a helper program without spaces", "ext::sh"],
    ["an option", "--upload-pack=touch"],
    ["an option as the host of ssh", "ssh://-oProxyCommand=touch/x"],
    ["an escaped option as the host of ssh", "ssh://%2doProxyCommand=touch/x"],
    ["an option as the host", "-oProxyCommand=touch:x"],
    ["an option as the user", "-oProxyCommand=touch@host:x"],
    ["an option as the path", "git@host:-x"],
    ["a line end", "https://host/a\nb"],
    ["an escaped line end", "https://host/a%0ab"],
    ["an escaped NUL", "https://host/a%00b"],
    ["the unauthenticated git protocol", "git://host/a"],
    ["a local folder", "/srv/git/deploy.git"],
    ["a relative folder", "../deploy.git"],
    ["a file of another machine", "file://host/deploy"],
    ["a query", "https://host/a?service=x"],
    ["a fragment", "https://host/a#b"],
    ["a host alone", "https://host/"],
    ["nothing", "   "],
    ["too much", `https://host/${"a".repeat(3000)}`],
  ])("refuses %s", (_what, text) => {
    expect(refusal(text).code).toBe("git.address");
  });

  test.each(["https://ci:s3cr3t-t0ken@host/a/b", "https://s3cr3t-t0ken@host/a/b", "ssh://git:s3cr3t-t0ken@host/a"])(
    "refuses a credential in it without repeating it: %s",
    (text) => {
      const { message } = refusal(text);
      expect(message).toMatch(/carries a (?:user name or )?password/u);
      expect(message).not.toContain("s3cr3t");
    },
  );

  test("never begins with a dash and has no control character, whatever is typed", () => {
    assert(
      property(
        oneof(
          string(),
          webUrl(),
          string().map((tail) => `git@host:${tail}`),
        ),
        (text) => {
          const address = addressOrRefusal(text);
          if (address === "git.address") return;
          expect(address).not.toMatch(/^-|[\p{Cc}\s]/u);
          expect(identity(address)).toBe(identity(text));
        },
      ),
    );
  });
});
