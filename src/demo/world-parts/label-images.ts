import { generateKeyPairSync } from "node:crypto";

import { z } from "zod";

import { DEMO_PROJECT } from "../../simulator/argocd-demo-world.ts";
import { DEMO_AUTHORS } from "../../simulator/git-demo-history.ts";
import { deploymentManifest } from "../../simulator/git-demo-manifests.ts";
import type { GitRepository } from "../../simulator/git-repository.ts";
import { pushImage } from "../../simulator/registry-image.ts";
import { signImage } from "../../simulator/registry-signature.ts";
import { RegistrySimulator } from "../../simulator/registry-simulator.ts";
import { alpineLayer } from "../alpine-layer.ts";
import { DEMO_PUSH_TOKEN } from "../demo-git.ts";
import { defineWorldPart, type WorldPart } from "../world-part.ts";

/** The service that prints labels: its images in a registry, and the repository that says which of them runs. */
export interface LabelImages {
  readonly registry: RegistrySimulator;
  readonly repository: GitRepository;
  /** The digest of the image that each tag had when the world was made. */
  readonly digests: Readonly<Record<"live" | "good" | "vulnerable", string>>;
  /** Pushes an image that nobody has signed under the tag of the good one. */
  readonly swap: () => void;
  /** Lets the tag mean the good image again. */
  readonly restore: () => void;
}

const NAME = "harbor/label";
const GOOD = "1.5.0";
const SERVICE = "label";
const PACKAGES = { musl: "1.2.5-r10", zlib: "1.3.1-r2" };

export const labelImages: WorldPart<LabelImages> = defineWorldPart({
  name: "label-images",
  open: async ({ git, resources }) => {
    const registry = resources.use(await RegistrySimulator.start());
    const content = registry.repository(NAME);
    const name = `${registry.host}/${NAME}`;
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const push = (tag: string, packages: Readonly<Record<string, string>>): string =>
      pushImage(content, { tag, image: { layer: alpineLayer({ version: "3.22.1", packages }) } });
    const digests = {
      live: push("1.4.0", { musl: "1.2.5-r9" }),
      good: push(GOOD, PACKAGES),
      vulnerable: push("1.6.0", { ...PACKAGES, zlib: "1.2.11-r3" }),
    };
    for (const digest of Object.values(digests)) signImage(content, { name, digest, privateKey });
    const { repository, url } = await git.create("label");
    const live = await repository.commit({
      author: DEMO_AUTHORS.ben,
      message: "label: 1.4.0",
      files: { "label/prod/deployment.json": manifest(`${name}@${digests.live}`) },
    });
    return {
      thing: {
        registry,
        repository,
        digests,
        swap: () => void push(GOOD, { ...PACKAGES, backdoor: "1.0.0-r0" }),
        restore: () => void content.tag(GOOD, digests.good),
      },
      configuration: {
        services: [{ name: SERVICE, environments: { prod: "label-prod" } }],
        repositories: [{ url, branches: ["main"], token: "${{ secrets.DEPLOY_TOKEN }}", write: true }],
        secrets: ["DEPLOY_TOKEN"],
      },
      environment: { DEPLOY_TOKEN: DEMO_PUSH_TOKEN },
      applications: [
        {
          name: "label-prod",
          labels: { "quarterdeck.dev/service": SERVICE, "quarterdeck.dev/environment": "prod" },
          spec: {
            project: DEMO_PROJECT,
            source: { repoURL: url, path: "label/prod", targetRevision: "main" },
            destination: { server: "https://prod.example.com", namespace: "label-prod" },
            syncPolicy: { syncOptions: ["CreateNamespace=true"] },
          },
          liveRevisions: [live],
        },
      ],
      replacements: {
        "https://git.example.com/acme/deploy.git": url,
        "registry.example.com/shop": `${registry.host}/harbor`,
        ...keyLines(publicKey.export({ type: "spki", format: "pem" }).toString()),
      },
    };
  },
});

/** The key that stands in the blueprint: nobody has its other half. */
const KEY = [
  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4ez2KNWzUU03Zoi89sdBpNfUbQN8",
  "xUi8ejejq0/P3UaEbcZIoFG10AolCX9UzN2a9P1j2Hsn0AVxy/7GHSHzkg==",
];

function keyLines(pem: string): Readonly<Record<string, string>> {
  const [first = "", second = ""] = pem.split("\n").slice(1);
  return { [KEY[0] ?? ""]: first, [KEY[1] ?? ""]: second };
}

const Deployment = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }) }),
  }),
});

function manifest(image: string): string {
  const deployment = Deployment.parse(JSON.parse(deploymentManifest({ service: SERVICE, tag: "1", replicas: 2 })));
  for (const container of deployment.spec.template.spec.containers) container.image = image;
  return `${JSON.stringify(deployment, undefined, 2)}\n`;
}
