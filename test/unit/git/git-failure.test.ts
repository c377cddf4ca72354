import { describe, expect, test } from "vitest";

import { gitFailure } from "../../../src/git/git-failure.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const failure = (stderr: string, about = "https://host/acme/deploy.git") =>
  gitFailure({ what: "git fetch", about, stderr, exitCode: 128 });

describe("what git wrote when it failed", () => {
  test.each([
    ["git.host-key", "Host key verification failed.\nfatal: Could not read from remote repository."],
    [
      "git.host-key",
      "No ED25519 host key is known for github.com and you have requested strict checking.\nHost key verification failed.",
    ],
    ["git.host-key", "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @"],
    [
      "git.certificate",
      "fatal: unable to access 'https://h/': server certificate verification failed. CAfile: none CRLfile: none",
    ],
    ["git.certificate", "fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate"],
    [
      "git.certificate",
      "fatal: unable to access 'https://h/': error setting certificate verify locations:  CAfile: /nope",
    ],
    ["git.authentication", "fatal: Authentication failed for 'https://host/acme/deploy.git/'"],
    ["git.authentication", "fatal: could not read Username for 'https://host': terminal prompts disabled"],
    ["git.authentication", "fatal: unable to access 'https://h/': The requested URL returned error: 403"],
    [
      "git.authentication",
      "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
    ],
    ["git.authentication", "@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nPermission denied (publickey)."],
    ["git.rejected", "To https://h/audit\n ! [remote rejected] abc -> anchors (pre-receive hook declined)"],
    [
      "git.rejected",
      " ! [rejected] abc -> anchors (fetch first)\nerror: failed to push some refs to 'https://h/audit'",
    ],
    [
      "git.not-a-repository",
      "remote: Repository not found.\nfatal: repository 'https://host/acme/deploy.git/' not found",
    ],
    ["git.not-a-repository", "ERROR: Repository not found.\nfatal: Could not read from remote repository."],
    [
      "git.not-a-repository",
      "fatal: '/srv/x' does not appear to be a git repository\nfatal: Could not read from remote repository.",
    ],
    ["git.not-a-repository", "fatal: https://h/info/refs not valid: is this a git repository?"],
    ["git.unreachable", "fatal: unable to access 'https://h/': Could not resolve host: h"],
    [
      "git.unreachable",
      "ssh: connect to host h port 22: Connection refused\nfatal: Could not read from remote repository.",
    ],
    [
      "git.unreachable",
      "error: RPC failed; curl 28 Operation too slow. Less than 1 bytes/sec transferred the last 30 seconds",
    ],
    ["git.unreachable", "fatal: unable to access 'https://h/': The requested URL returned error: 502"],
    ["git.unreachable", "fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF"],
    ["git.disk", "error: file write error: No space left on device\nfatal: write error"],
    ["git.disk", "fatal: cannot mkdir /data/git/x: Permission denied"],
    ["git.corrupt", "fatal: not a git repository: '/data/git/0123'"],
    ["git.corrupt", "error: object file ./objects/ab/cd is empty\nfatal: loose object abcd is corrupt"],
    ["git.corrupt", "fatal: bad object refs/heads/main"],
    ["git.protocol", "fatal: transport 'ext' not allowed"],
    ["git.failed", "fatal: something new"],
  ])("is %s: %s", (code, stderr) => {
    expect(failure(stderr).code).toBe(code);
  });

  test.each([
    [
      "git.protected-branch",
      "remote: error: GH006: Protected branch update failed for refs/heads/main.\nTo https://h/x\n ! [remote rejected] abc -> main (protected branch hook declined)",
    ],
    [
      "git.protected-branch",
      "remote: error: GH013: Repository rule violations found for refs/heads/main.\n ! [remote rejected] abc -> main (push declined due to repository rule violations)",
    ],
    [
      "git.protected-branch",
      "remote: GitLab: You are not allowed to push code to protected branches on this project.\n ! [remote rejected] abc -> main (pre-receive hook declined)",
    ],
    ["git.no-push-right", "fatal: unable to access 'https://h/': The requested URL returned error: 403"],
    [
      "git.no-push-right",
      "remote: Permission to acme/deploy.git denied to acme-bot.\nfatal: unable to access 'https://h/'",
    ],
    ["git.no-push-right", "ERROR: The key you are authenticating with has been marked as read only."],
    ["git.raced", " ! [rejected] abc -> main (fetch first)\nerror: failed to push some refs to 'https://h/x'"],
    ["git.raced", " ! [remote rejected] abc -> main (cannot lock ref 'refs/heads/main': is at 1 but expected 2)"],
    ["git.raced", " ! [remote rejected] abc -> main (failed to update ref)"],
    ["git.authentication", "fatal: Authentication failed for 'https://host/acme/deploy.git/'"],
    ["git.rejected", " ! [remote rejected] abc -> main (pre-receive hook declined)"],
  ])("of a push is %s: %s", (code, stderr) => {
    expect(gitFailure({ what: "git push", about: "https://host/x", stderr, exitCode: 1 }).code).toBe(code);
  });

  test("is not decided by the name of the repository", () => {
    const url = "https://host/acme/corrupt-host-key-verification-failed.git";
    expect(failure(`fatal: repository '${url}/' not found`, url).code).toBe("git.not-a-repository");
  });

  test("is told with what failed, on which repository, why and what to do", () => {
    expect(failure("Host key verification failed.").message).toBe(
      "git fetch failed for https://host/acme/deploy.git: the SSH host key of the server is not the one in the known_hosts file. Compare the server's fingerprint with the one it publishes, then add the key to that file. Git said: Host key verification failed.",
    );
  });

  test("is quoted on one line, without control characters, and only its end", () => {
    const { message } = failure(`${"x".repeat(5000)}\n\u001B]0;title\u0007fatal: the end\r\n`);
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(700);
    expect(message).toMatch(/fatal: the end$/u);
  });

  test("is understood quickly, and at its end, where a server makes one line of it without an end", () => {
    const started = cpuTimeMs();
    for (const word of ["packfile ", "transport '", "repository '", "index file ", "unexpected line in "]) {
      expect(failure(`${word.repeat(64_000 / word.length)} Could not resolve host: h`).code).toBe("git.unreachable");
    }
    failure(`${"x".repeat(599)}\n`.repeat(110));
    // Half a second each when all of the line counted.
    expect(cpuTimeMs() - started).toBeLessThan(500);
  });

  test("is worth another try only where time can help", () => {
    expect(failure("fatal: Could not resolve host: h").retry).toBe("backoff");
    expect(failure("fatal: Authentication failed for 'x'").retry).toBe("never");
  });
});
