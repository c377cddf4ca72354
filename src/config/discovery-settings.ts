import { z } from "zod";

import { KubernetesName, Name, quoted } from "./field-schemas.ts";

/** The key of a Kubernetes label: a name, with the domain of whoever defined it before it. */
const LabelKey = z
  .string()
  .regex(/^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/u, {
    error: ({ input }) => `${quoted(input)} is no key of a label; write one such as quarterdeck.dev/service`,
  });

/** Services and environments by labels on the Applications, beside those that the configuration names. */
export const DiscoverySettings = z.strictObject({
  service: LabelKey.default("quarterdeck.dev/service").meta({
    description: "Label of an Application that names its service",
  }),
  environment: LabelKey.default("quarterdeck.dev/environment").meta({
    description: "Label of an Application that names its environment, one of `environments`",
  }),
  servers: z.array(Name).min(1).optional().meta({
    description: "Argo CD servers whose Applications count; all of them when absent",
  }),
  namespaces: z.array(KubernetesName).min(1).optional().meta({
    description: "Namespaces of Applications that count; all that are watched when absent",
  }),
});
export type DiscoverySettings = z.infer<typeof DiscoverySettings>;
