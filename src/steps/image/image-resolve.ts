import { z } from "zod";

import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { AppError } from "../../platform/errors.ts";
import { NetworkPolicy } from "../network/address-policy.ts";
import type { SendHttp } from "../network/http-call.ts";
import { NETWORK_FAILURES } from "../network/network-notes.ts";
import { textFaults } from "../written-faults.ts";
import { type ImageManifest, parseManifest, platformOfConfig, type PlatformImage } from "./image-manifest.ts";
import {
  ImageDigest,
  type ImageReference,
  ImageText,
  referenceByDigest,
  parseImageReference,
} from "./image-reference.ts";
import { RegistryAccess } from "./registry-access.ts";
import { RegistryClient } from "./registry-client.ts";

const Input = z.strictObject({
  image: ImageText.meta({ description: "`registry/repository:tag`, with or without a digest; `:latest` unless said" }),
  platform: z
    .string()
    .regex(/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/u, "a platform such as linux/amd64")
    .optional()
    .meta({ description: "Takes the one image of an index that is for this platform; otherwise the index is taken" }),
  expected: ImageDigest.optional().meta({
    description: "The digest that it had before: it is a failure when the tag means another image by now",
  }),
  registry: RegistryAccess.extend({
    "token-host": z
      .string()
      .regex(/^[A-Za-z0-9.-]+(?::\d{1,5})?$/u, "a host such as auth.example.com")
      .optional()
      .meta({
        description: "The host that gives tokens for the registry and may see the password, where it is another",
      }),
  }).optional(),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  digest: ImageDigest,
  /** `registry/repository@digest`, for the steps that look at the image and for manifests. */
  reference: z.string(),
  registry: z.string(),
  repository: z.string(),
  /** As it was asked for; empty where there was none. */
  tag: z.string(),
  /** Of the index that the image was taken out of; empty where it was none. */
  index: z.string(),
  mediaType: z.string(),
  platforms: z.array(z.strictObject({ platform: z.string(), digest: ImageDigest })),
  notes: z.array(z.string()).meta({ description: "What people are told of it" }),
});
type Output = z.infer<typeof Output>;

export interface ImageResolveDeps {
  readonly send: SendHttp;
  /** Absent on workers: there it comes with each job. */
  readonly networkPolicy?: (() => NetworkPolicy) | undefined;
}

/** Asks a registry which image a tag means now, and names it by its digest. */
export function imageResolve(deps: ImageResolveDeps): StepKind {
  const { networkPolicy } = deps;
  return defineAction({
    kind: "image/resolve",
    summary: "Asks a registry which image a tag means, and names that image by its digest.",
    input: Input,
    output: Output,
    givenFaults: ({ image }) => textFaults({ value: image, path: ["image"] }, parseImageReference),
    notes: {
      failures: {
        ...NETWORK_FAILURES,
        "image.unreadable": { retry: "never", meaning: "What was given is no image." },
        "image.not-found": { retry: "never", meaning: "The registry has no such image." },
        "image.moved": { retry: "never", meaning: "The tag means another image than `expected`." },
        "image.no-platform": { retry: "never", meaning: "There is no image for that platform." },
        "image.denied": { retry: "never", meaning: "The registry does not give it to whoever `registry` names." },
        "image.realm-refused": {
          retry: "never",
          meaning: "The registry wants the password sent to a host that was not meant to see it.",
        },
        "image.registry-away": {
          retry: "backoff",
          meaning: "The registry cannot answer just now, or asks to be left alone for a while.",
        },
        "image.digest-differs": {
          retry: "never",
          meaning: "What the registry gave has not the digest that it should have.",
        },
        "image.bad-manifest": { retry: "never", meaning: "What the registry gave is no image and no list of images." },
        "image.bad-answer": { retry: "never", meaning: "The registry answered with a status that means nothing here." },
        "image.too-large": {
          retry: "never",
          meaning: "What the registry gave is larger than anything that belongs to an image.",
        },
        "image.bad-input": { retry: "never", meaning: "A user without a password was given, or the other way round." },
      },
      example: EXAMPLE,
    },
    repeat: "safe",
    prepare: networkPolicy && (() => Promise.resolve(networkPolicy())),
    run: (input, context) => resolve(deps, input, context),
  });
}

const EXAMPLE = `id: image
uses: image/resolve
with:
  image: registry.example.com/checkout:1.4.2
  registry: { user: reader, password: "\${{ secrets.REGISTRY_PASSWORD }}" }
timeout: 2m
retry: { attempts: 3, delay: 5s }
`;

async function resolve(deps: ImageResolveDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const image = parseImageReference(input.image);
  const client = clientFor(deps, { input, image, context });
  context.progress({ text: `Asking ${image.registry} for ${image.repository}` });
  const wanted = image.digest ?? image.tag ?? "latest";
  const fetched = await client.manifest(wanted);
  const manifest = parseManifest(fetched.text, fetched.contentType);
  const platforms = await platformsOf(client, manifest, fetched.digest);
  const chosen = input.platform === undefined ? undefined : choose(platforms, input.platform, image);
  const isOther = chosen !== undefined && chosen.digest !== fetched.digest;
  // That the index names it does not mean that the registry has it.
  if (isOther) await client.manifest(chosen.digest);
  const digest = chosen?.digest ?? fetched.digest;
  refuseMoved(input, digest);
  const reference = referenceByDigest(image, digest);
  context.progress({ text: reference });
  const { registry, repository, tag } = image;
  return {
    status: "succeeded",
    output: {
      digest,
      reference,
      registry,
      repository,
      tag: tag ?? (image.digest === undefined ? "latest" : ""),
      index: isOther ? fetched.digest : "",
      mediaType: manifest.mediaType,
      platforms: [...platforms],
      notes: [noteOf(image, digest)],
    },
  };
}

/** `sha256:` and as much of the digest as people compare. */
const SHOWN_OF_DIGEST = 19;

function noteOf({ repository, tag }: ImageReference, digest: string): string {
  return `${tag === undefined ? repository : `${repository}:${tag}`} is ${digest.slice(0, SHOWN_OF_DIGEST)}`;
}

function refuseMoved({ image, expected }: Input, digest: string): void {
  if (expected === undefined || expected === digest) return;
  const message = `${image} was ${expected} before and is ${digest} now: somebody has pushed another image under that name. Find out who and why, and begin again with the image that is meant`;
  throw new AppError(message, { code: "image.moved", details: { expected, digest } });
}

interface Asked {
  readonly input: Input;
  readonly image: ImageReference;
  readonly context: ActionContext;
}

function clientFor({ send }: ImageResolveDeps, { input, image, context }: Asked): RegistryClient {
  const { user, password, ca, http = false, "token-host": tokenHost } = input.registry ?? {};
  if ((user === undefined) !== (password === undefined)) {
    throw new AppError('"user" and "password" of the registry belong together. Give both or neither', {
      code: "image.bad-input",
    });
  }
  return new RegistryClient({
    send,
    policy: NetworkPolicy.parse(context.prepared),
    image,
    login: user === undefined || password === undefined ? undefined : { user, password },
    tokenHost,
    tls: ca === undefined ? {} : { ca },
    http,
    signal: context.signal,
  });
}

async function platformsOf(
  client: RegistryClient,
  manifest: ImageManifest,
  digest: string,
): Promise<readonly PlatformImage[]> {
  if (manifest.kind === "index") return manifest.images;
  if (manifest.config === undefined) return [];
  const { text } = await client.blob(manifest.config);
  return [{ platform: platformOfConfig(text), digest }];
}

/** A platform without a variant takes any; the first one of several. */
function choose(platforms: readonly PlatformImage[], wanted: string, { repository }: ImageReference): PlatformImage {
  const found =
    platforms.find(({ platform }) => platform === wanted) ??
    platforms.find(({ platform }) => platform.startsWith(`${wanted}/`));
  if (found !== undefined) return found;
  const names = platforms.map(({ platform }) => platform).join(", ") || "none that is known";
  throw new AppError(`There is no image of ${repository} for ${wanted}. There are: ${names}`, {
    code: "image.no-platform",
  });
}
