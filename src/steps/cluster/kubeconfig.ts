import { z } from "zod";

import { AppError } from "../../platform/errors.ts";
import { type ClusterConnection, clusterAddress, pemData } from "./cluster-connection.ts";

/** Reads one YAML document; throws for what is none. */
export type ParseYaml = (text: string) => unknown;

const LONGEST_TEXT = 256 * 1024;

const named = <Schema extends z.ZodType>(key: string, schema: Schema) =>
  z.array(z.looseObject({ name: z.string(), [key]: schema })).length(1);

const ClusterEntry = z.strictObject({
  server: z.string(),
  "certificate-authority-data": z.string().optional(),
  "tls-server-name": z.string().optional(),
  "insecure-skip-tls-verify": z.boolean().optional(),
  "disable-compression": z.boolean().optional(),
  extensions: z.unknown().optional(),
});

const UserEntry = z.strictObject({
  token: z.string().min(1).optional(),
  "client-certificate-data": z.string().optional(),
  "client-key-data": z.string().optional(),
  extensions: z.unknown().optional(),
});

const ContextEntry = z.looseObject({ cluster: z.string(), user: z.string() });

const Kubeconfig = z.looseObject({
  clusters: named("cluster", z.unknown()),
  users: named("user", z.unknown()),
  contexts: named("context", z.unknown()),
});

/** Why something that stands in many kubeconfigs cannot be used by somebody else. */
const REFUSED: Readonly<Record<string, string>> = {
  exec: "runs a program to log in, which Argo CD does not have. Give a token, or client certificate data",
  "auth-provider": "logs in by a plug-in of the client. Give a token, or client certificate data",
  tokenFile: "names a file of another machine. Put the token itself there",
  "client-certificate": "names a file of another machine. Use client-certificate-data",
  "client-key": "names a file of another machine. Use client-key-data",
  "certificate-authority": "names a file of another machine. Use certificate-authority-data",
  username: "is a name for basic authentication, which Kubernetes does not have any more. Give a token",
  password: "is a password for basic authentication, which Kubernetes does not have any more. Give a token",
  "proxy-url": "leads through a proxy of another machine. Give an address that Argo CD can reach",
};

/**
 * Reads a kubeconfig of one cluster, one user and one context, in which everything stands that it takes. Throws
 * `cluster.bad-kubeconfig`, which never quotes it. `mayBeInsecure` lets through one that does not look at certificates.
 */
export function readKubeconfig(
  text: string,
  { mayBeInsecure, parseYaml }: { readonly mayBeInsecure: boolean; readonly parseYaml: ParseYaml },
): ClusterConnection {
  const config = parsed(Kubeconfig, yamlOf(text, parseYaml), "It has not exactly one of clusters, users and contexts");
  const context = parsed(ContextEntry, config.contexts[0]?.["context"], "Its context names no cluster and user");
  if (context.cluster !== config.clusters[0]?.["name"] || context.user !== config.users[0]?.["name"])
    throw bad("Its context names another cluster or user than the ones that stand in it.");
  const cluster = entry(ClusterEntry, config.clusters[0]?.["cluster"], "cluster");
  const user = entry(UserEntry, config.users[0]?.["user"], "user");
  const insecure = cluster["insecure-skip-tls-verify"] ?? false;
  if (insecure && !mayBeInsecure)
    throw bad(
      'Its cluster has "insecure-skip-tls-verify". Give certificate-authority-data, or set "insecure: true" on the step.',
    );
  const ca = cluster["certificate-authority-data"];
  return {
    server: clusterAddress(cluster.server),
    caData: ca === undefined ? undefined : pemData(ca, "certificate-authority-data of the kubeconfig"),
    serverName: cluster["tls-server-name"],
    insecure,
    as: identityOf(user),
  };
}

function identityOf(user: z.infer<typeof UserEntry>): ClusterConnection["as"] {
  const { token, "client-certificate-data": certificate, "client-key-data": key } = user;
  if (token !== undefined && certificate === undefined && key === undefined) return { kind: "token", token };
  if (token === undefined && certificate !== undefined && key !== undefined) {
    const certData = pemData(certificate, "client-certificate-data of the kubeconfig");
    return { kind: "certificate", certData, keyData: pemData(key, "client-key-data of the kubeconfig") };
  }
  throw bad("Its user has not either a token, or client-certificate-data with client-key-data.");
}

function yamlOf(text: string, parseYaml: ParseYaml): unknown {
  if (text.length > LONGEST_TEXT) throw bad(`It has more than ${LONGEST_TEXT} characters.`);
  try {
    return parseYaml(text);
  } catch {
    // What the parser says quotes the text, and that is a secret.
    throw bad("It is no YAML that can be read.");
  }
}

function entry<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
  for (const key of keys) {
    const why = REFUSED[key];
    if (why !== undefined) throw bad(`"${key}" of its ${what} ${why}.`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.code === "unrecognized_keys" ? issue.keys[0] : issue?.path.join(".");
  throw bad(`"${(place ?? "").slice(0, 60)}" of its ${what} is nothing that can be used here.`);
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, problem: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw bad(`${problem}.`);
  return result.data;
}

function bad(problem: string): AppError {
  return new AppError(`The kubeconfig cannot be used. ${problem}`, { code: "cluster.bad-kubeconfig" });
}
