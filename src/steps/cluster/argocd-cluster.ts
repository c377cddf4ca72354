import { z } from "zod";

import type { ClusterFields } from "../../argocd/argocd-clusters.ts";
import type { ArgocdAccess } from "../../argocd/argocd-server.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { SecretText } from "../../engine/secret-text.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import { AppError } from "../../platform/errors.ts";
import {
  badInput,
  clusterAddress,
  clusterConfig,
  type ClusterConnection,
  pemData,
  secretsOf,
} from "./cluster-connection.ts";
import { clusterFailure } from "./cluster-failure.ts";
import { type ParseYaml, readKubeconfig } from "./kubeconfig.ts";

const words = z.record(z.string().min(1).max(300), z.string().max(4000));

const Input = z.strictObject({
  name: z.string().min(1).max(200).meta({ description: "How Argo CD calls the cluster" }),
  argocd: z
    .string()
    .optional()
    .meta({ description: "The Argo CD, by its name in the configuration; needed where there are several" }),
  kubeconfig: SecretText.optional().meta({
    description:
      "A kubeconfig with one cluster, one user and one context, and no files, programs or plug-ins; or else `server` and what goes with it",
    secret: true,
  }),
  server: z.string().optional().meta({ description: "The address of the API, with https://" }),
  ca: z.string().optional().meta({ description: "Its certificate authority, as PEM or PEM in base 64" }),
  token: SecretText.optional().meta({ description: "The token of a service account in the cluster", secret: true }),
  "client-certificate": z
    .string()
    .optional()
    .meta({ description: "Instead of a token: a certificate, as PEM or PEM in base 64" }),
  "client-key": SecretText.optional().meta({ description: "Its key, as PEM or PEM in base 64", secret: true }),
  aws: z
    .strictObject({
      "cluster-name": z.string().min(1),
      "role-arn": z.string().optional(),
      profile: z.string().optional(),
    })
    .optional()
    .meta({
      description: "Instead of a token: Argo CD logs in to a cluster of EKS with its own identity, or this role",
    }),
  "server-name": z
    .string()
    .optional()
    .meta({ description: "The name in the certificate, where it differs from the address" }),
  insecure: z
    .boolean()
    .optional()
    .meta({ description: "Whether the certificate of the cluster is not looked at; for trials only" }),
  labels: words.optional().meta({ description: "Labels that it gets, besides those that it has" }),
  annotations: words.optional().meta({ description: "Annotations that it gets, besides those that it has" }),
  namespaces: z
    .array(z.string().min(1))
    .max(500)
    .optional()
    .meta({ description: "The only namespaces that Argo CD manages there; all unless said" }),
  "cluster-resources": z
    .boolean()
    .optional()
    .meta({ description: "With `namespaces`: whether it manages what belongs to no namespace, too" }),
  project: z.string().optional().meta({ description: "The only project of Argo CD that may use it" }),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  server: z.string().meta({ description: "The address under which Argo CD knows it" }),
  name: z.string().meta({ description: "How Argo CD calls it" }),
  created: z.boolean().meta({ description: "True where Argo CD did not have it before" }),
  version: z.string().meta({ description: "The version of Kubernetes there; empty where Argo CD does not say" }),
});
type Output = z.infer<typeof Output>;

const NOTES: StepNotes = {
  failures: {
    "cluster.bad-kubeconfig": {
      retry: "never",
      meaning:
        "The kubeconfig has something that nobody else can use: a program, a plug-in, files, or more than one context.",
    },
    "cluster.bad-input": {
      retry: "never",
      meaning: "The inputs do not say how the cluster is reached, or say it twice.",
    },
    "cluster.unreachable": { retry: "backoff", meaning: "The cluster does not answer Argo CD." },
    "cluster.refused": { retry: "never", meaning: "The cluster does not accept the credentials." },
    "cluster.tls": { retry: "never", meaning: "The certificate of the cluster is not trusted." },
    "argocd.unknown-server": {
      retry: "never",
      meaning: "The configuration has no such Argo CD, or several and none is named.",
    },
    "argocd.rbac": {
      retry: "never",
      meaning:
        "The account of Argo CD lacks `clusters, get`, `clusters, create` or `clusters, update`; the message has the policy line.",
    },
    "argocd.observing": { retry: "never", meaning: "Quarterdeck only observes, so nothing was sent." },
  },
  example: `id: registered
uses: argocd/cluster
with:
  name: eu-1
  kubeconfig: \${{ steps.cluster.outputs.secrets.kubeconfig }}
  labels: { region: eu }
retry: { attempts: 5, delay: 30s }
`,
};

export interface ArgocdClusterDeps {
  readonly servers: ReadonlyMap<string, ArgocdAccess>;
  /** Only JSON is read where it is absent. */
  readonly parseYaml?: ParseYaml | undefined;
}

/** Makes a cluster known to Argo CD, or brings what it knows of it up to date. */
export function argocdCluster(deps: ArgocdClusterDeps): StepKind {
  return defineAction({
    kind: "argocd/cluster",
    summary: "Registers a cluster in Argo CD, or updates how it is reached, and sees to it that Argo CD gets through.",
    input: Input,
    output: Output,
    notes: NOTES,
    // The same cluster put there twice is the same cluster.
    repeat: "safe",
    run: (input, context) => register(deps, input, context),
  });
}

async function register(
  { servers, parseYaml = JSON.parse }: ArgocdClusterDeps,
  input: Input,
  context: ActionContext,
): Promise<StepResult<Output>> {
  const { client } = serverFor(servers, input.argocd);
  const connection = connectionOf(input, parseYaml);
  const { server } = connection;
  const { signal } = context;
  context.progress({ text: `Argo CD tries to reach ${server}` });
  try {
    const before = await client.clusters.get(server, { signal });
    const wanted = fieldsOf(input, connection, before);
    const after =
      before === undefined
        ? await client.clusters.create({ server, ...wanted }, { signal })
        : await client.clusters.update({ server, ...wanted }, { signal });
    const { status, message } = after.connectionState;
    if (status === "Failed") {
      const why = `Argo CD could not use the cluster ${server}: ${message}`;
      throw new AppError(why, { code: "cluster.unreachable", retry: "backoff" });
    }
    const output = { server, name: input.name, created: before === undefined, version: after.serverVersion };
    return { status: "succeeded", output };
  } catch (error) {
    signal.throwIfAborted();
    throw clusterFailure(error, { server, secrets: secretsOf(connection) });
  }
}

function serverFor(servers: ReadonlyMap<string, ArgocdAccess>, name: string | undefined): ArgocdAccess {
  const [only, ...others] = servers.values();
  const found = name === undefined ? (others.length === 0 ? only : undefined) : servers.get(name);
  if (found !== undefined) return found;
  const known = [...servers.keys()].join(", ") || "none";
  const what =
    name === undefined
      ? 'There are several Argo CDs. Name one with "argocd"'
      : `There is no Argo CD "${name}" in the configuration`;
  throw new AppError(`${what}. Known: ${known}.`, { code: "argocd.unknown-server" });
}

/** What stands in neither way of saying it stays as it is; labels and annotations of others are kept. */
function fieldsOf(
  input: Input,
  connection: ClusterConnection,
  before: Pick<ClusterFields, "labels" | "annotations"> | undefined,
): ClusterFields {
  const { name, labels, annotations, namespaces, project, "cluster-resources": clusterResources } = input;
  return {
    name,
    config: clusterConfig(connection),
    ...(labels && { labels: { ...before?.labels, ...labels } }),
    ...(annotations && { annotations: { ...before?.annotations, ...annotations } }),
    ...(namespaces && { namespaces }),
    ...(clusterResources !== undefined && { clusterResources }),
    ...(project !== undefined && { project }),
  };
}

function connectionOf(input: Input, parseYaml: ParseYaml): ClusterConnection {
  const { kubeconfig, server, ca, insecure = false, "server-name": serverName } = input;
  if (kubeconfig !== undefined) {
    const also = ["server", "ca", "token", "client-certificate", "client-key", "aws", "server-name"] as const;
    const twice = also.find((key) => input[key] !== undefined);
    if (twice !== undefined)
      throw badInput(`"kubeconfig" says everything about the cluster, so there is no "${twice}" beside it.`);
    return readKubeconfig(kubeconfig, { mayBeInsecure: insecure, parseYaml });
  }
  if (server === undefined)
    throw badInput('Nothing says where the cluster is. Give "kubeconfig", or "server" and how to log in.');
  return {
    server: clusterAddress(server),
    caData: ca === undefined ? undefined : pemData(ca, "certificate authority"),
    serverName,
    insecure,
    as: identityOf(input),
  };
}

function identityOf({
  token,
  aws,
  "client-certificate": certificate,
  "client-key": key,
}: Input): ClusterConnection["as"] {
  const ways = [token, aws, certificate ?? key].filter((way) => way !== undefined);
  if (ways.length !== 1)
    throw badInput('One of "token", "client-certificate" with "client-key", and "aws" says as whom Argo CD logs in.');
  if (token !== undefined) return { kind: "token", token };
  if (aws !== undefined) {
    const { "cluster-name": clusterName, "role-arn": roleArn, profile } = aws;
    return {
      kind: "aws",
      clusterName,
      ...(roleArn !== undefined && { roleArn }),
      ...(profile !== undefined && { profile }),
    };
  }
  if (certificate === undefined || key === undefined)
    throw badInput('"client-certificate" and "client-key" belong together.');
  return {
    kind: "certificate",
    certData: pemData(certificate, "client certificate"),
    keyData: pemData(key, "client key"),
  };
}
