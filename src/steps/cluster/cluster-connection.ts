import { AppError } from "../../platform/errors.ts";

/** How Argo CD reaches a cluster, and as whom. */
export interface ClusterConnection {
  /** The address of its API. */
  readonly server: string;
  /** PEM of its certificate authority, in base 64. */
  readonly caData?: string | undefined;
  /** The name in its certificate, where it differs from the address. */
  readonly serverName?: string | undefined;
  /** Its certificate is not looked at. */
  readonly insecure: boolean;
  readonly as:
    | { readonly kind: "token"; readonly token: string }
    /** Both PEM in base 64. */
    | { readonly kind: "certificate"; readonly certData: string; readonly keyData: string }
    | { readonly kind: "aws"; readonly clusterName: string; readonly roleArn?: string; readonly profile?: string };
}

/** What Argo CD's API takes as `config` of a cluster. */
export function clusterConfig({ caData, serverName, insecure, as }: ClusterConnection): object {
  const identity = as.kind === "certificate" ? { certData: as.certData, keyData: as.keyData } : {};
  // Argo CD takes no certificate authority where certificates are not looked at.
  const trust = insecure || caData === undefined ? {} : { caData };
  const name = serverName === undefined ? {} : { serverName };
  return {
    ...(as.kind === "token" && { bearerToken: as.token }),
    ...(as.kind === "aws" && { awsAuthConfig: awsConfig(as) }),
    tlsClientConfig: { insecure, ...name, ...trust, ...identity },
  };
}

function awsConfig({ clusterName, roleArn, profile }: ClusterConnection["as"] & { readonly kind: "aws" }): object {
  return { clusterName, ...(roleArn !== undefined && { roleARN: roleArn }), ...(profile !== undefined && { profile }) };
}

/** Everything of a connection that nobody may see. */
export function secretsOf({ as }: ClusterConnection): readonly string[] {
  switch (as.kind) {
    case "token":
      return [as.token];
    case "certificate":
      return [as.keyData];
    case "aws":
      return [];
  }
}

/** The address of a cluster's API as Argo CD keeps it. Throws `cluster.bad-input` for what is none. */
export function clusterAddress(text: string): string {
  const url = URL.parse(text);
  // What `URL` takes for an address, others need not: `https:host` has no host to them.
  if (url === null || !/^https:\/\/[^/]/u.test(text)) {
    throw badInput(`"${text.slice(0, 200)}" is no address of a cluster, which begins with https://.`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw badInput(
      "The address of the cluster has a user, a password, a query or a fragment. Only https://host:port/path belongs there.",
    );
  }
  return text.replace(/\/+$/u, "");
}

/** PEM, or PEM in base 64, as PEM in base 64. Throws `cluster.bad-input` for what is neither. */
export function pemData(text: string, what: string): string {
  const plain = text.trim();
  if (PEM.test(plain)) return Buffer.from(`${plain}\n`, "utf8").toString("base64");
  const compact = plain.replaceAll(/\s+/gu, "");
  const isEncoded = /^[A-Za-z0-9+/]+={0,2}$/u.test(compact);
  if (isEncoded && PEM.test(Buffer.from(compact, "base64").toString("latin1").trim())) return compact;
  throw badInput(`The ${what} is neither PEM nor PEM in base 64.`);
}

const PEM = /^-----BEGIN [A-Z0-9 ]{1,40}-----/u;

export function badInput(message: string): AppError {
  return new AppError(message, { code: "cluster.bad-input" });
}
