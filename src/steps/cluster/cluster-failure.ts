import { ArgocdError } from "../../argocd/argocd-errors.ts";
import { AppError } from "../../platform/errors.ts";

const MASK = "«secret»";

/** What went wrong while a cluster was put into Argo CD, without anything of `secrets`. */
export function clusterFailure(
  thrown: unknown,
  { server, secrets }: { readonly server: string; readonly secrets: readonly string[] },
): unknown {
  if (!(thrown instanceof ArgocdError)) return thrown;
  const said = hidden(typeof thrown.details["said"] === "string" ? thrown.details["said"] : "", secrets);
  const missing = DENIED.exec(said);
  if (missing !== null) {
    const [, action = "", object = "", subject = ""] = missing;
    const line = `p, ${subject === "" ? "<account or role>" : subject}, clusters, ${action}, ${object}, allow`;
    const message = `The account of Argo CD may not ${action} the cluster ${object}. Missing policy line: ${line}`;
    return new AppError(message, { code: "argocd.rbac" });
  }
  if (/permission denied/u.test(said)) {
    const message =
      `The account of Argo CD may not update the cluster ${server}, or may not see it. ` +
      `It takes these policy lines: ${RIGHTS.map((action) => `p, ACCOUNT, clusters, ${action}, ${server}, allow`).join("; ")}`;
    return new AppError(message, { code: "argocd.rbac" });
  }
  const reached = CONNECTIONS.find(({ text }) => text.test(said));
  if (reached === undefined)
    return new ArgocdError(hidden(thrown.message, secrets), { class: thrown.class, retry: thrown.retry });
  const { code, retry, says } = reached;
  return new AppError(`Argo CD could not use the cluster ${server}: ${says} (Argo CD: ${said})`, { code, retry });
}

/** What an account has to be allowed to do to clusters. */
export const RIGHTS = ["get", "create", "update"] as const;

const DENIED = /permission denied: clusters, (\w+), ([^,]+), sub: ([^,]*)/u;

// Argo CD asks a cluster for its version before it keeps it: what that ends in tells what is wrong.
const CONNECTIONS = [
  {
    text: /server version: .*(?:x509|certificate|tls)/iu,
    code: "cluster.tls",
    retry: "never",
    says: "its certificate is not trusted. Check the certificate authority and the name in the certificate.",
  },
  {
    text: /server version: .*(?:Unauthorized|provide credentials|Forbidden|forbidden)/u,
    code: "cluster.refused",
    retry: "never",
    says: "it does not accept the credentials. Check that they are of this cluster and have not expired.",
  },
  {
    text: /server version: /u,
    code: "cluster.unreachable",
    retry: "backoff",
    says: "it does not answer Argo CD. Check the address, and that Argo CD may connect to it; one that has just been made may take some minutes.",
  },
] as const;

function hidden(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret !== "") clean = clean.replaceAll(secret, MASK);
  return clean;
}
