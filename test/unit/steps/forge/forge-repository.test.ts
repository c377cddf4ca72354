import { describe, expect, it } from "vitest";

import { forgeName, forgeOf, forgeRepository } from "../../../../src/steps/forge/forge-repository.ts";
import { nextPage } from "../../../../src/steps/forge/link-header.ts";

describe("a repository on a forge", () => {
  it.each([
    [
      "github",
      { repository: "acme/checkout" },
      "https://api.github.com/",
      "https://github.com/acme/checkout",
      "GitHub",
    ],
    [
      "github",
      { repository: "https://github.com/acme/checkout.git" },
      "https://api.github.com/",
      "https://github.com/acme/checkout",
      "GitHub",
    ],
    [
      "github",
      { repository: "https://git.acme.test/ops/x/" },
      "https://git.acme.test/api/v3",
      "https://git.acme.test/ops/x",
      "GitHub at git.acme.test",
    ],
    [
      "github",
      { repository: "acme/checkout", api: "https://git.acme.test/api/v3" },
      "https://git.acme.test/api/v3",
      "https://git.acme.test/acme/checkout",
      "GitHub at git.acme.test",
    ],
    [
      "github",
      { repository: "https://acme.ghe.com/ops/x" },
      "https://api.acme.ghe.com/",
      "https://acme.ghe.com/ops/x",
      "GitHub at api.acme.ghe.com",
    ],
    [
      "github",
      { repository: "ops/x", api: "https://api.acme.ghe.com" },
      "https://api.acme.ghe.com/",
      "https://acme.ghe.com/ops/x",
      "GitHub at api.acme.ghe.com",
    ],
    [
      "gitlab",
      { repository: "shop/web/checkout" },
      "https://gitlab.com/api/v4",
      "https://gitlab.com/shop/web/checkout",
      "GitLab",
    ],
    [
      "gitlab",
      { repository: "https://gitlab.acme.test/a/b/c.git" },
      "https://gitlab.acme.test/api/v4",
      "https://gitlab.acme.test/a/b/c",
      "GitLab at gitlab.acme.test",
    ],
    ["gitlab", { repository: "4711" }, "https://gitlab.com/api/v4", "https://gitlab.com/4711", "GitLab"],
  ] as const)("of %s given as %j has its API at %s", (forge, input, api, address, name) => {
    const found = forgeRepository(forge, input);
    expect([found.api.href, found.address, forgeName(forge, found)]).toEqual([api, address, name]);
  });

  it.each([
    ["github", "checkout"],
    ["github", "a/b/c"],
    ["github", "a/../b"],
    ["github", "a b/c"],
    ["github", "https://"],
    ["github", "https://user:password@github.com/a/b"],
    ["gitlab", "a/../../b"],
    ["gitlab", "a/b?x=1"],
  ] as const)("is refused as %s %s", (forge, repository) => {
    expect(() => forgeRepository(forge, { repository })).toThrow(/is no repository/u);
  });

  it("is GitLab's where its host or its API says so", () => {
    expect(forgeOf({ repository: "https://gitlab.com/a/b" })).toBe("gitlab");
    expect(forgeOf({ repository: "a/b", api: "https://git.acme.test/api/v4/" })).toBe("gitlab");
    expect(forgeOf({ repository: "a/b" })).toBe("github");
  });
});

describe("the next page", () => {
  it.each([
    [undefined, undefined],
    ['<https://a.test/?page=1>; rel="prev"', undefined],
    ['<https://a.test/?page=1>; rel="prev", <https://a.test/?page=3>; rel="next"', "https://a.test/?page=3"],
    ["<https://a.test/?b=1,2&page=3>; rel=next", "https://a.test/?b=1,2&page=3"],
    ['<https://a.test/?page=9>; rel="last"; title="next"', undefined],
  ])("of %s is %s", (header, next) => {
    expect(nextPage(header)).toBe(next);
  });
});
