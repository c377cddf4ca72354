import { z } from "zod";

import { FilePath, KubernetesName, Name, SecretField, ServerUrl } from "./field-schemas.ts";

export const ArgocdSettings = z.strictObject({
  name: Name.meta({ description: "Name of this Argo CD; part of every application's identity, so do not rename it" }),
  url: ServerUrl.meta({ description: "Address of its API" }),
  ui: ServerUrl.optional().meta({ description: "Address for links that people open, when it is another one" }),
  token: SecretField.meta({ description: "API token of the account, as a reference to a secret", default: undefined }),
  ca: FilePath.optional().meta({ description: "PEM file with the certificate authority of the server" }),
  insecure: z
    .boolean()
    .default(false)
    .meta({ description: "Trust any certificate, and send the token over plain http; for trials only" }),
  namespaces: z
    .array(KubernetesName)
    .min(1)
    .default(["argocd"])
    .meta({ description: "Namespaces that hold Applications; the first is where Argo CD itself runs" }),
  projects: z
    .array(KubernetesName)
    .default([])
    .meta({ description: "Argo CD projects to watch; empty watches all that the account may read" }),
});
