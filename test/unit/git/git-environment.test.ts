import { describe, expect, test } from "vitest";

import { gitEnvironment } from "../../../src/git/git-environment.ts";

describe("the environment of git", () => {
  test("holds nothing of the surrounding one but the search path, proxies and certificate locations", () => {
    const environment = gitEnvironment({
      home: "/home",
      surrounding: {
        PATH: "/bin",
        https_proxy: "http://proxy:3128",
        SLACK_BOT_TOKEN: "xoxb-secret",
        GIT_DIR: "/elsewhere",
        GIT_SSH_COMMAND: "touch /tmp/pwned",
        GIT_CONFIG_PARAMETERS: "'core.pager=touch'",
        GIT_TRACE: "1",
        SSH_AUTH_SOCK: "/agent",
        LD_PRELOAD: "/evil.so",
        HOME: "/root",
      },
    });
    expect(environment).toMatchObject({
      PATH: "/bin",
      https_proxy: "http://proxy:3128",
      HOME: "/home",
      GIT_TERMINAL_PROMPT: "0",
    });
    const names = Object.keys(environment).join(" ");
    expect(names).not.toMatch(/SLACK|GIT_DIR|GIT_SSH|PARAMETERS|TRACE|AUTH_SOCK|PRELOAD/u);
  });

  test("allows no transport unless one is named", () => {
    expect(gitEnvironment({ home: "/", surrounding: {} })["GIT_ALLOW_PROTOCOL"]).toBe("none");
    expect(gitEnvironment({ home: "/", surrounding: {}, protocols: ["https"] })["GIT_ALLOW_PROTOCOL"]).toBe("https");
  });

  test("carries settings in order, the caller's after the fixed ones", () => {
    const environment = gitEnvironment({ home: "/", surrounding: {}, settings: [["a.b", "c"]] });
    const last = Number(environment["GIT_CONFIG_COUNT"]) - 1;
    expect(environment[`GIT_CONFIG_KEY_${last}`]).toBe("a.b");
    expect(environment[`GIT_CONFIG_VALUE_${last}`]).toBe("c");
  });
});
