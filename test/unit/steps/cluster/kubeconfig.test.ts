import { describe, expect, it } from "vitest";
import { stringify } from "yaml";

import { parsePlainYaml } from "../../../../src/config/plain-yaml.ts";
import { AppError } from "../../../../src/platform/errors.ts";
import { clusterConfig, secretsOf } from "../../../../src/steps/cluster/cluster-connection.ts";
import { readKubeconfig } from "../../../../src/steps/cluster/kubeconfig.ts";

const SECRET = "canary-token-0123456789";
const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const FIRM = { mayBeInsecure: false, parseYaml: parsePlainYaml };
const CA = Buffer.from(PEM).toString("base64");

function kubeconfig(
  change: { readonly cluster?: object; readonly user?: object; readonly more?: object } = {},
): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "eu-1",
    preferences: {},
    clusters: [
      { name: "c", cluster: { server: "https://10.0.0.1:6443/", "certificate-authority-data": CA, ...change.cluster } },
    ],
    users: [{ name: "u", user: { token: SECRET, ...change.user } }],
    contexts: [{ name: "eu-1", context: { cluster: "c", user: "u", namespace: "default" } }],
    ...change.more,
  });
}

function problemOf(text: string, mayBeInsecure = false): string {
  try {
    readKubeconfig(text, { ...FIRM, mayBeInsecure });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toMatch(/^cluster\.bad-/u);
    expect(error.message).not.toContain(SECRET);
    return error.message;
  }
  throw new Error("it was taken");
}

describe("a kubeconfig", () => {
  it("says how a cluster is reached, and as whom", () => {
    const connection = readKubeconfig(kubeconfig(), FIRM);
    expect(connection).toEqual({
      server: "https://10.0.0.1:6443",
      caData: CA,
      serverName: undefined,
      insecure: false,
      as: { kind: "token", token: SECRET },
    });
    expect(clusterConfig(connection)).toEqual({
      bearerToken: SECRET,
      tlsClientConfig: { insecure: false, caData: CA },
    });
    expect(secretsOf(connection)).toEqual([SECRET]);
  });

  it("may log in by a certificate, with its own name in that of the cluster", () => {
    const user = { token: undefined, "client-certificate-data": CA, "client-key-data": CA };
    const connection = readKubeconfig(kubeconfig({ user, cluster: { "tls-server-name": "api.test" } }), FIRM);
    expect(clusterConfig(connection)).toEqual({
      tlsClientConfig: { insecure: false, serverName: "api.test", caData: CA, certData: CA, keyData: CA },
    });
  });

  it("looks at no certificate only where the step says so, and names no authority then", () => {
    const text = kubeconfig({ cluster: { "insecure-skip-tls-verify": true } });
    expect(problemOf(text)).toContain('set "insecure: true" on the step');
    expect(clusterConfig(readKubeconfig(text, { ...FIRM, mayBeInsecure: true }))).toEqual({
      bearerToken: SECRET,
      tlsClientConfig: { insecure: true },
    });
  });

  it.each([
    ["runs a program to log in", { user: { exec: { command: "aws" } } }],
    ["logs in by a plug-in", { user: { "auth-provider": { name: "gcp" } } }],
    ["names a file of another machine. Put the token", { user: { tokenFile: "/var/run/token" } }],
    ["Use client-certificate-data", { user: { "client-certificate": "/x.crt" } }],
    ["Use client-key-data", { user: { "client-key": "/x.key" } }],
    ["Use certificate-authority-data", { cluster: { "certificate-authority": "/ca.crt" } }],
    ["basic authentication", { user: { username: "admin", password: "x" } }],
    ["basic authentication", { user: { password: "x" } }],
    ["leads through a proxy", { cluster: { "proxy-url": "http://proxy" } }],
    ['"as" of its user is nothing', { user: { as: "admin" } }],
    ["its server is", { cluster: { server: "http://10.0.0.1" } }],
    ["which begins with https://", { cluster: { server: "https:10.0.0.1" } }],
    ["a user, a password", { cluster: { server: "https://a:b@10.0.0.1" } }],
    ["neither PEM", { cluster: { "certificate-authority-data": "nonsense" } }],
    ["its user has not either", { user: { token: undefined } }],
    ["its user has not either", { user: { "client-key-data": CA } }],
    ["exactly one", { more: { users: [] } }],
    [
      "exactly one",
      {
        more: {
          contexts: [
            { name: "a", context: {} },
            { name: "b", context: {} },
          ],
        },
      },
    ],
    ["names no cluster and user", { more: { contexts: [{ name: "a", context: { cluster: "c" } }] } }],
    ["names another cluster or user", { more: { contexts: [{ name: "a", context: { cluster: "x", user: "u" } }] } }],
  ])("is refused where it %s", (problem, change) => {
    const said = problemOf(kubeconfig(change));
    if (problem === "its server is") expect(said).toContain("begins with https://");
    else expect(said.toLowerCase()).toContain(problem.toLowerCase());
  });

  it.each([
    ["", "exactly one"],
    ["[", "no YAML"],
    [`token: ${SECRET}\n- x: [`, "no YAML"],
    ["a: &a [x]\nb: *a", "no YAML"],
    ["[".repeat(40), "no YAML"],
    ["x".repeat(300_000), "more than 262144 characters"],
  ])("is refused as %.20j", (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });
});
