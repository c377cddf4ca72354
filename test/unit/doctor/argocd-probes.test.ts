import { describe, expect, it } from "vitest";

import { ArgocdError, type ArgocdErrorClass } from "../../../src/argocd/argocd-errors.ts";
import { argocdAccess, type ArgocdQuestion } from "../../../src/doctor/argocd-access.ts";
import {
  argocdApplications,
  type ApplicationsQuestion,
  sharedRepositories,
} from "../../../src/doctor/argocd-applications.ts";
import type { Finding } from "../../../src/doctor/finding.ts";
import { tokenClaims } from "../../../src/doctor/token-claims.ts";
import { anApplication } from "../argocd/application-builder.ts";

const said = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ level, subject, what }) => `${level} ${subject}: ${what}`);

const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const token = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
const refused = (kind: ArgocdErrorClass, text = "no"): ArgocdError => new ArgocdError(text, { class: kind });

const access = async (more: Partial<ArgocdQuestion> & { readonly version?: string } = {}) => {
  const { version = "v3.5.1", ...question } = more;
  return await argocdAccess({
    server: "main",
    token: token({ sub: "quarterdeck:apiKey" }),
    client: {
      version: () => Promise.resolve(version),
      userInfo: () => Promise.resolve({ loggedIn: true, username: "quarterdeck" }),
    },
    askAnonymously: () => Promise.reject(refused("auth")),
    date: () => undefined,
    now: () => NOW,
    signal: new AbortController().signal,
    ...question,
  });
};

describe("an Argo CD", () => {
  it("is well", async () => {
    const { findings, isUsable } = await access();
    expect(isUsable).toBe(true);
    expect(said(findings)).toEqual([
      "ok main: version v3.5.1",
      'ok main token: Argo CD knows it as "quarterdeck"',
      "ok main anonymous access: off",
    ]);
  });

  it.each([
    ["v2.14.3+abc", "problem main: it is version v2.14.3+abc"],
    ["v3.0.0", "ok main: version v3.0.0"],
    ["3.5.0-vendor", "ok main: version 3.5.0-vendor"],
    ["v3.6.0", "ok main: version v3.6.0, newer than the newest that was tried (3.5)"],
    ["v10.1.0", "ok main: version v10.1.0, newer than the newest that was tried (3.5)"],
    ["latest", 'warning main: its version is "latest"'],
  ])("has a version: %s", async (version, says) => {
    expect(said((await access({ version })).findings)).toContain(says);
  });

  it.each(["tls", "redirect", "not-json", "route", "unreachable", "timeout"] as const)(
    "cannot be asked: %s",
    async (kind) => {
      const client = {
        version: () => Promise.reject(refused(kind, "what it was")),
        userInfo: () => Promise.reject(refused("auth")),
      };
      const { findings, isUsable } = await access({ client });
      expect(isUsable).toBe(false);
      expect(said(findings)).toEqual(["problem main: what it was"]);
      expect(findings[0]?.mend).toBeTruthy();
    },
  );

  it.each([
    [{ sub: "a:apiKey", exp: (NOW - DAY_MS) / 1000 }, "problem main token: it expired on 2025-12-31 00:00 UTC"],
    [{ sub: "a:apiKey", exp: (NOW + 3 * DAY_MS) / 1000 }, "warning main token: it expires on 2026-01-04 00:00 UTC"],
    [{ sub: "a:apiKey", exp: (NOW + 99 * DAY_MS) / 1000 }, "ok main token: it is good until 2026-04-10 00:00 UTC"],
    [{ sub: "admin:login" }, "problem main token: it is the session of somebody who logged in, not an API key"],
  ])("has a token of some age and sort: %j", async (claims, says) => {
    expect(said((await access({ token: token(claims) })).findings)).toContain(says);
  });

  it("lets anybody in", async () => {
    const { findings } = await access({ askAnonymously: () => Promise.resolve(false) });
    expect(said(findings)).toContain("warning main anonymous access: Argo CD answers also without a token");
  });

  it.each(["", "a.b", "a.b.c", "a..c"])("takes no such token: %j", (text) => {
    expect(tokenClaims(text)).toBeUndefined();
  });
});

describe("the applications of the inventory", () => {
  const look = async (more: Partial<ApplicationsQuestion> = {}) =>
    await argocdApplications({
      server: "main",
      client: {
        getApplication: () => Promise.resolve(anApplication({ version: 1 })),
        canI: () => Promise.resolve(true),
        syncWindows: () => Promise.resolve({ canSync: true }),
      },
      controlNamespace: "argocd",
      account: "quarterdeck",
      isActing: true,
      apps: [{ server: "main", namespace: "argocd", name: "checkout-prod", place: "checkout in prod" }],
      signal: new AbortController().signal,
      ...more,
    });

  it("are asked about by the names that policies have for them", async () => {
    const asked: string[] = [];
    const apps = ["argocd", "teams"].map((namespace) => ({
      server: "main",
      namespace,
      name: "web",
      place: `web in ${namespace}`,
    }));
    const { findings } = await look({
      apps,
      client: {
        getApplication: () => Promise.resolve(anApplication({ version: 1 })),
        canI: ({ action, object }) => {
          asked.push(`${action} ${object}`);
          return Promise.resolve(action === "override");
        },
        syncWindows: () => Promise.resolve({ canSync: true }),
      },
    });
    const [project] = asked[0]?.split(" ")[1]?.split("/") ?? [];
    expect(new Set(asked)).toEqual(
      new Set([
        `sync ${project}/web`,
        `override ${project}/web`,
        `sync ${project}/teams/web`,
        `override ${project}/teams/web`,
      ]),
    );
    expect(findings.map(({ mend }) => mend)).toContain(
      `add to policy.csv: p, quarterdeck, applications, sync, ${project}/teams/web, allow`,
    );
  });

  it("need no right to sync where nothing is ever synced", async () => {
    const { findings } = await look({
      isActing: false,
      client: {
        getApplication: () => Promise.resolve(anApplication({ version: 1 })),
        canI: () => Promise.resolve(false),
        syncWindows: () => Promise.resolve({ canSync: true }),
      },
    });
    expect(said(findings)).toEqual(["ok main applications: 1 of 1 can be read"]);
  });

  it("are looked at up to a number, in their order", async () => {
    const apps = Array.from({ length: 5000 }, (_, index) => ({
      server: "main",
      namespace: "argocd",
      name: `web-${index}`,
      place: `web-${index} in prod`,
    }));
    let reads = 0;
    const { findings } = await look({
      apps,
      client: {
        getApplication: () => {
          reads += 1;
          return Promise.reject(refused("hidden"));
        },
        canI: () => Promise.resolve(true),
        syncWindows: () => Promise.resolve({ canSync: true }),
      },
    });
    expect(reads).toBe(100);
    expect(said(findings)[0]).toBe(
      "ok main applications: 0 of 100 can be read and synced; 4900 more were not looked at",
    );
    expect(findings[1]?.subject).toBe("main/argocd/web-0 (web-0 in prod)");
    expect(findings[100]?.subject).toBe("main/argocd/web-99 (web-99 in prod)");
  });

  it("have to read one repository for each service", () => {
    const reads = [
      { service: "web", repository: "https://git.test/a.git" },
      { service: "web", repository: "https://git.test/a" },
      { service: "shop", repository: "https://git.test/a" },
      { service: "shop", repository: "https://git.test/b" },
    ];
    expect(said(sharedRepositories(reads))).toEqual([
      "problem shop: its applications read different repositories: https://git.test/a, https://git.test/b",
    ]);
  });
});
