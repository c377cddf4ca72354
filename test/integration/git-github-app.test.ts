import { createVerify, generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { GitHubAppToken } from "../../src/git/github-app-token.ts";
import { isoTime, systemClock } from "../../src/platform/clock.ts";
import { listen } from "../../src/platform/listen.ts";
import { createDemoRepository, DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { GitHost } from "../../src/simulator/git-host.ts";
import { appErrorOf } from "../support/app-error-of.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { GitWorkbench } from "../support/git-workbench.ts";

const MINUTE_MS = 60_000;
const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const privateKey = keys.privateKey.export({ type: "pkcs1", format: "pem" }).toString();

describe("the token of a GitHub App", () => {
  let clock: FakeClock;
  let requests: IncomingMessage[];
  let answer: (response: ServerResponse) => void;
  let apiUrl: string;
  const server = createServer((request, response) => {
    requests.push(request);
    answer(response);
  });

  beforeEach(async () => {
    clock = new FakeClock();
    requests = [];
    answer = (response) => {
      const expires = isoTime(clock.now() + 60 * MINUTE_MS).replace(/\.\d+/u, "");
      response
        .writeHead(201, { "content-type": "application/json" })
        .end(JSON.stringify({ token: `ghs_token${requests.length}`, expires_at: expires, permissions: {} }));
    };
    apiUrl = `http://127.0.0.1:${(await listen(server)).port}/api/v3`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });

  const create = (overrides: Partial<ConstructorParameters<typeof GitHubAppToken>[0]> = {}): GitHubAppToken =>
    new GitHubAppToken({
      appId: "12345",
      installationId: "42",
      privateKey,
      apiUrl,
      readCa: async () => undefined,
      environment: {},
      clock,
      ...overrides,
    });

  test("is asked for with a statement that the App signed, valid for less than ten minutes", async () => {
    expect(await create().token()).toBe("ghs_token1");
    const [request] = requests;
    expect(request).toMatchObject({ method: "POST", url: "/api/v3/app/installations/42/access_tokens" });
    expect(request?.headers).toMatchObject({ accept: "application/vnd.github+json", "user-agent": "quarterdeck" });
    const [header = "", claims = "", signature = ""] = (request?.headers.authorization ?? "")
      .replace("Bearer ", "")
      .split(".");
    const verify = createVerify("RSA-SHA256").update(`${header}.${claims}`);
    expect(verify.verify(keys.publicKey, signature, "base64url")).toBe(true);
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({ alg: "RS256", typ: "JWT" });
    const nowS = Math.floor(clock.now() / 1000);
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toEqual({
      iss: "12345",
      iat: nowS - 60,
      exp: nowS + 540,
    });
  });

  test("is kept until shortly before it expires, and asked for once by all who need it at the same time", async () => {
    const app = create();
    expect(await Promise.all([app.token(), app.token(), app.token()])).toEqual([
      "ghs_token1",
      "ghs_token1",
      "ghs_token1",
    ]);
    await clock.advance(54 * MINUTE_MS);
    expect(await app.token()).toBe("ghs_token1");
    await clock.advance(2 * MINUTE_MS);
    expect(await app.token()).toBe("ghs_token2");
    app.forget();
    expect(await app.token()).toBe("ghs_token3");
  });

  test.each([
    [401, "git.authentication", /this machine's clock/u],
    [403, "git.authentication", /refused a token for App 12345, installation 42/u],
    [404, "git.authentication", /still installed/u],
    [500, "git.unreachable", /asked again later/u],
    [429, "git.unreachable", /asked again later/u],
  ])("refused with %i is %s", async (status, code, advice) => {
    answer = (response) => void response.writeHead(status).end('{"message":"secret-canary"}');
    const error = await appErrorOf(create().token());
    expect(error.code).toBe(code);
    expect(error.message).toMatch(advice);
    expect(error.message).not.toContain("canary");
  });

  test.each([
    "<html>",
    "{}",
    '{"token":"x","expires_at":"never"}',
    '{"token":"a\\nb","expires_at":"2027-01-01T00:00:00Z"}',
    "x".repeat(1_000_000),
  ])("is not taken from an answer that is none: %.20s", async (body) => {
    answer = (response) => void response.writeHead(201).end(body);
    expect((await appErrorOf(create().token())).code).toBe("git.authentication");
  });

  test("is asked for again after a failure", async () => {
    const app = create();
    const good = answer;
    answer = (response) => void response.destroy();
    expect((await appErrorOf(app.token())).code).toBe("git.unreachable");
    answer = good;
    expect(await app.token()).toBe("ghs_token2");
  });

  test("needs a private key, and the error does not quote what was given instead", async () => {
    const error = await appErrorOf(create({ privateKey: "canary-not-a-key" }).token());
    expect(error.code).toBe("git.authentication");
    expect(JSON.stringify([error.message, error.cause])).not.toContain("canary");
  });

  test("is given for its own API alone", async () => {
    await using bench = await GitWorkbench.create();
    const access = { kind: "github-app", appId: "12345", installationId: "42", privateKey, apiUrl } as const;
    const git = bench.open({ rules: [{ url: "https://git.example.com/acme", access }], clock: systemClock });
    answer = (response) =>
      void response
        .writeHead(201)
        .end(JSON.stringify({ token: "ghs_for_its_api", expires_at: isoTime(Date.now() + 60 * MINUTE_MS) }));
    const repository = "https://git.example.com/acme/deploy";
    expect(await git.appToken({ repository, api: `${apiUrl}/` })).toBe("ghs_for_its_api");
    expect(await git.appToken({ repository, api: "https://api.github.com" })).toBeUndefined();
    expect(await git.appToken({ repository: "https://git.example.com/other/deploy", api: apiUrl })).toBeUndefined();
    expect(requests).toHaveLength(1);
  });

  test("opens a repository, and a revoked one is replaced at the next fetch", async () => {
    await using bench = await GitWorkbench.create();
    const { folder } = await createDemoRepository(join(bench.folder, "deploy.git"));
    await using host = await GitHost.start({
      clock: systemClock,
      repositories: { "acme/deploy.git": folder },
      token: "ghs_token2",
    });
    const access = { kind: "github-app", appId: "12345", installationId: "42", privateKey, apiUrl } as const;
    const git = bench.open({ rules: [{ url: host.url, access }], clock: systemClock });
    answer = (response) =>
      void response
        .writeHead(201)
        .end(
          JSON.stringify({ token: `ghs_token${requests.length}`, expires_at: isoTime(Date.now() + 60 * MINUTE_MS) }),
        );
    const repository = host.repositoryUrl("acme/deploy.git");
    expect((await appErrorOf(bench.fetch(git, repository))).code).toBe("git.authentication");
    expect(await git.resolveRevision({ repository, text: "abc123", allowedBranches: ["main"] })).toMatchObject({
      sha: DEMO_COMMITS.target,
    });
    expect(requests).toHaveLength(2);
  });
});
