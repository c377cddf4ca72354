import { describe, expect, it } from "vitest";

import { classifyFailure, isTransientText } from "../../../src/argocd/argocd-errors.ts";
import { classifyResponse } from "../../../src/argocd/classify-response.ts";
import { readRecording } from "./recording.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const what = "sync of argocd/checkout-prod";
const json = (status: number, code: number, message: string) =>
  classifyResponse({
    what,
    status,
    contentType: "application/json",
    body: JSON.stringify({ error: message, code, message }),
  });
const plain = (status: number, body: string, contentType = "text/plain; charset=utf-8") =>
  classifyResponse({ what, status, contentType, body });

describe("classifyResponse", () => {
  it.each([
    [401, 16, "no session information", "auth"],
    [401, 16, "invalid session: token has invalid claims: token is expired", "auth"],
    [403, 7, "cannot sync: blocked by sync window", "window"],
    [403, 7, "cannot sync: invalid sync window: bad cron", "window"],
    [403, 7, "permission denied", "hidden"],
    [403, 7, "permission denied: applications, sync, team-a/web, sub: bot, iat: 2026-01-01T00:00:00Z", "rbac"],
    [
      403,
      7,
      'applications.argoproj.io is forbidden: User "system:serviceaccount:argocd:argocd-server" cannot patch',
      "server-rbac",
    ],
    [404, 5, 'applications.argoproj.io "web" not found', "gone"],
    [400, 9, "another operation is already in progress", "busy"],
    [400, 9, "Cannot sync to abc: auto-sync currently set to main", "auto-sync"],
    [400, 9, "Cannot sync source https://x to abc: auto-sync currently set to ", "auto-sync"],
    [400, 9, "rollback cannot be initiated when auto-sync is enabled", "auto-sync-rollback"],
    [400, 9, "application is deleting", "deleting"],
    [
      400,
      9,
      "error resolving repo revision: rpc error: code = Unknown desc = unable to resolve 'nope' to a commit SHA",
      "bad-revision",
    ],
    [
      400,
      9,
      "error resolving repo revision: rpc error: code = DeadlineExceeded desc = context deadline exceeded",
      "transient-repo",
    ],
    [
      400,
      9,
      "error resolving repo revision: rpc error: code = Unknown desc = failed to list refs: authentication required",
      "transient-repo",
    ],
    [400, 9, "error getting repository by URL: dial tcp: connection refused", "transient-repo"],
    [400, 3, "Unable to terminate operation. No operation is in progress", "no-operation"],
    [400, 3, "checkout not found as part of application checkout-staging", "no-resource"],
    [400, 3, "application spec for web is invalid: InvalidSpecError: x", "bad-spec"],
    [400, 7, 'app is not allowed in project "p", or the project does not exist', "project"],
    [400, 3, "invalid character 'b' looking for beginning of object key string", "bad-request"],
    [409, 10, "the object has been modified", "transient"],
    [429, 8, "too many", "transient"],
    [503, 14, "transport is closing", "transient"],
    [504, 4, "context deadline exceeded", "transient"],
    [500, 2, "source position is out of range", "server"],
    [500, 13, "runtime error: index out of range [1] with length 1", "server"],
  ])("knows %i/%i %s as %s", (status, code, message, expected) => {
    const error = json(status, code, message);
    expect(error.class).toBe(expected);
    expect(error.code).toBe(`argocd.${expected}`);
    expect(error.message).toMatch(/^sync of argocd\/checkout-prod: /u);
  });

  it("prints the policy line that is missing", () => {
    const error = json(
      403,
      7,
      "permission denied: applications, sync, team-a/web, sub: bot, iat: 2026-01-01T00:00:00Z",
    );
    expect(error.message).toContain("p, bot, applications, sync, team-a/web, allow");
    expect(error.details).toMatchObject({
      resource: "applications",
      action: "sync",
      object: "team-a/web",
      subject: "bot",
    });
  });

  it.each([
    ["busy", json(400, 9, "another operation is already in progress"), { afterMs: 10_000 }],
    ["window", json(403, 7, "cannot sync: blocked by sync window"), { afterMs: 60_000 }],
    ["transient", json(503, 14, "x"), "backoff"],
    ["auth", json(401, 16, "x"), "never"],
    ["bad-revision", json(400, 9, "unable to resolve 'x' to a commit SHA"), "never"],
  ])("says when it makes sense to try again: %s", (_class, error, retry) => {
    expect(error.retry).toEqual(retry);
  });

  it.each([
    [404, "404 page not found", "route"],
    [404, "Not Found", "route"],
    [405, "Method Not Allowed", "route"],
    [415, "Invalid content type", "content-type"],
    [502, "<html>Bad Gateway</html>", "transient"],
    [503, "", "transient"],
    [403, "<!DOCTYPE html><title>Sign in</title>", "not-json"],
    [404, "  <html>no such host</html>", "not-json"],
    [500, "oops", "server"],
    [418, "teapot", "not-json"],
    [400, "Bad Request", "not-json"],
  ])("tells a proxy and a wrong address from Argo CD itself: %i %s", (status, body, expected) => {
    expect(plain(status, body).class).toBe(expected);
  });

  it("takes little time and few words for a refusal without an end", () => {
    const started = cpuTimeMs();
    for (const said of [
      "application spec for ".repeat(3000),
      `permission denied: a, b, ${"c".repeat(60_000)}, sub: d`,
    ]) {
      const status = said.startsWith("p") ? 403 : 400;
      const body = JSON.stringify({ message: said });
      const error = classifyResponse({ what: "x", status, contentType: "application/json", body });
      expect(error.message.length).toBeLessThan(3000);
    }
    expect(cpuTimeMs() - started).toBeLessThan(250);
  });

  it("repeats no more of an endless address that it is redirected to than people read", () => {
    const error = classifyResponse({ what: "x", status: 302, contentType: "", body: "", location: "y".repeat(15_000) });
    expect(error.message.length).toBeLessThan(700);
  });

  it("says that the server speaks TLS when it redirects there", () => {
    const error = classifyResponse({
      what,
      status: 307,
      contentType: "",
      body: "",
      location: "https://argocd.example.com/api",
    });
    expect(error.class).toBe("redirect");
    expect(error.message).toContain("https address");
  });

  it("reads the error object of a stream", () => {
    const body = JSON.stringify({
      error: { grpc_code: 7, http_code: 403, message: "permission denied", http_status: "Forbidden" },
    });
    expect(classifyResponse({ what, status: 403, contentType: "application/json", body }).class).toBe("hidden");
  });

  it("keeps long and many-lined texts of Argo CD short", () => {
    const error = json(500, 2, `first\nsecond ${"x".repeat(5000)}`);
    expect(error.message.length).toBeLessThan(450);
    expect(error.message).not.toContain("\n");
  });

  it("has a class of its own for each refusal of a real server", () => {
    const classes = readRecording("reads-and-errors").flatMap(({ request, response }) => {
      if (request === undefined || response === undefined || response.status < 300) return [];
      const body = typeof response.body === "string" ? response.body : JSON.stringify(response.body);
      const contentType = response.headers?.["content-type"] ?? "";
      return [classifyResponse({ what: request.path, status: response.status, contentType, body }).class];
    });
    expect([...new Set(classes)].toSorted()).toEqual([
      "auth",
      "bad-request",
      "content-type",
      "gone",
      "hidden",
      "rbac",
      "route",
      "server",
    ]);
  });
});

describe("classifyFailure", () => {
  const withCode = (code: string): Error => Object.assign(new Error("low"), { code });

  it.each([
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "tls"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls"],
    ["ECONNREFUSED", "unreachable"],
    ["ENOTFOUND", "unreachable"],
    ["UND_ERR_SOCKET", "unreachable"],
  ])("knows %s as %s", (code, expected) => {
    const error = classifyFailure(what, withCode(code));
    expect(error.class).toBe(expected);
    expect(error.message).toContain(code);
  });

  it("finds the code below a wrapper", () => {
    expect(classifyFailure(what, new Error("fetch failed", { cause: withCode("CERT_HAS_EXPIRED") })).class).toBe("tls");
    expect(classifyFailure(what, "strange").class).toBe("unreachable");
  });
});

describe("isTransientText", () => {
  it("knows what passes by itself from what does not", () => {
    expect(isTransientText("rpc error: code = Unavailable desc = dial tcp")).toBe(true);
    expect(isTransientText("unexpected EOF")).toBe(true);
    expect(isTransientText("unable to resolve 'nope' to a commit SHA")).toBe(false);
  });
});
