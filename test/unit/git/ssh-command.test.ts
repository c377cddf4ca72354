import { describe, expect, test } from "vitest";

import { sshCommand } from "../../../src/git/ssh-command.ts";

const command = (keyFile: string, knownHostsFile = "/keys/known_hosts"): string =>
  sshCommand({ program: "ssh", keyFile, knownHostsFile });

describe("the ssh command", () => {
  test("uses this key and these host keys alone and never asks", () => {
    const text = command("/keys/id");
    for (const part of [
      "'-F' '/dev/null'",
      `'IdentityFile="/keys/id"'`,
      "'BatchMode=yes'",
      "'IdentitiesOnly=yes'",
      "'IdentityAgent=none'",
      "'StrictHostKeyChecking=yes'",
      `'UserKnownHostsFile="/keys/known_hosts"'`,
      "'GlobalKnownHostsFile=/dev/null'",
    ]) {
      expect(text).toContain(part);
    }
  });

  test("keeps a path with spaces, quotes, dollars and percent signs one word", () => {
    expect(command("/my keys/it's $HOME; 100%")).toContain(`'IdentityFile="/my keys/it'\\''s $HOME; 100%%"'`);
    expect(command("/k", "/my keys/known hosts")).toContain(`'UserKnownHostsFile="/my keys/known hosts"'`);
  });

  // With -i a missing key would mean the keys of whoever runs the server.
  test("names the key so that ssh has no other to fall back to", () => {
    expect(command("/keys/id")).not.toContain("'-i'");
  });

  test.each(["/a\nb", '/a"b', "/${HOME}/key"])("refuses the path %j", (path) => {
    expect(() => command(path)).toThrow(/cannot be given to ssh/u);
  });
});
