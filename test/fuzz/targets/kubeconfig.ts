import { parsePlainYaml } from "../../../src/config/plain-yaml.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { clusterConfig, secretsOf } from "../../../src/steps/cluster/cluster-connection.ts";
import { readKubeconfig } from "../../../src/steps/cluster/kubeconfig.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const CA = Buffer.from("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n").toString("base64");
const SECRET = "canary-of-the-kubeconfig";
const WHOLE = `apiVersion: v1
kind: Config
clusters:
  - name: c
    cluster: { server: "https://10.0.0.1:6443", certificate-authority-data: ${CA} }
users:
  - name: u
    user:
      token: ${SECRET}
contexts:
  - name: x
    context: { cluster: c, user: u }
current-context: x
`;

/** Kubeconfigs that steps before have put out. */
export const target: FuzzTarget = {
  seeds: [
    WHOLE,
    JSON.stringify(parsePlainYaml(WHOLE)),
    WHOLE.replace(`token: ${SECRET}`, `client-certificate-data: ${CA}\n      client-key-data: ${CA}`),
    WHOLE.replace(`token: ${SECRET}`, `exec: { command: aws, args: [${SECRET}] }`),
    WHOLE.replace("server:", "insecure-skip-tls-verify: true, server:"),
  ],
  words: [
    "exec:",
    "tokenFile: /x",
    "certificate-authority: /x",
    "insecure-skip-tls-verify: true",
    "proxy-url: http://x",
    "&a ",
    "*a",
    "!!js/function",
    "https://u:p@x/",
    "http://x/",
    "---\n",
    "<<:",
    "__proto__:",
  ],
  longest: 6000,
  run(input) {
    try {
      const connection = readKubeconfig(input, { mayBeInsecure: false, parseYaml: parsePlainYaml });
      const { server, insecure } = connection;
      must(server.startsWith("https://") && URL.parse(server)?.username === "", "a cluster is reached over TLS");
      must(!insecure, "a certificate is looked at unless the step says otherwise");
      const config = JSON.stringify(clusterConfig(connection));
      must(!/exec|authProvider|File/u.test(config.replaceAll(/"[^"]*"(?!:)/gu, "")), "nothing is executed or read");
      must(
        secretsOf(connection).every((secret) => config.includes(JSON.stringify(secret))),
        "it is what it says",
      );
      return connection;
    } catch (error) {
      must(
        error instanceof AppError && error.code.startsWith("cluster."),
        `refused by an error of its own: ${String(error)}`,
      );
      must(!error.message.includes(SECRET), "a refusal quotes no secret");
      return error.message;
    }
  },
};
