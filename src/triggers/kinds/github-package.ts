import { z } from "zod";

import type { JsonMap } from "../../platform/canonical-json.ts";
import { nothing, type Fact } from "./fact.ts";
import { fullCommit } from "./full-commit.ts";
import { GithubRepository, GithubSender, NO_GITHUB_EVENT, type GithubEvent } from "./github-event.ts";
import { imageFact } from "./image-event.ts";
import { imagePush } from "./image-push.ts";
import { webLink } from "./one-line.ts";
import { readShape } from "./read-shape.ts";
import { OptionalText } from "./vendor-fields.ts";

const Named = z.looseObject({ name: OptionalText, digest: OptionalText }).nullish();

const Version = z.looseObject({
  version: OptionalText,
  html_url: OptionalText,
  package_url: OptionalText,
  container_metadata: z
    .looseObject({ tag: Named, manifest: Named, labels: z.looseObject({ revision: OptionalText }).nullish() })
    .nullish(),
});
type Version = z.infer<typeof Version>;

const Package = z.looseObject({
  name: z.string().min(1).max(300),
  namespace: OptionalText,
  package_type: OptionalText,
  ecosystem: OptionalText,
  package_version: Version.nullish(),
});
type Package = z.infer<typeof Package>;

const PackageEvent = z.looseObject({
  action: z.string().max(100),
  repository: GithubRepository.nullish().transform((repository) => repository?.full_name ?? ""),
  sender: GithubSender,
  package: Package.optional(),
  registry_package: Package.optional(),
});

const CONTAINER_TYPES = new Set(["container", "docker"]);

/** An image that was pushed to the GitHub Container Registry: `package` and `registry_package` tell the same. */
export function githubPackage(payload: JsonMap): Fact {
  const read = readShape(payload, PackageEvent, "package event");
  if (read.kind === "unreadable") return read;
  const { action, repository, sender, package: newer, registry_package: older } = read.value;
  const pushed = newer ?? older;
  if (pushed === undefined) return nothing("it names no package");
  if (action !== "published" && action !== "updated") return nothing("the package was not pushed");
  if (!isImage(pushed) || !pushed.package_version) return nothing("the package is no image");
  const version = pushed.package_version;
  const found = imageFact({ repository: repositoryOf(pushed, version), ...tagAndDigest(version) });
  if (found.kind === "none") return nothing(found.reason);
  const { image } = found;
  const event: GithubEvent = {
    ...NO_GITHUB_EVENT,
    kind: "package",
    action,
    repository,
    commit: builtFrom(version),
    sender,
    image,
  };
  return imagePush(event, { link: webLink(version.html_url) });
}

function isImage({ package_type: type, ecosystem }: Package): boolean {
  return CONTAINER_TYPES.has(type.toLowerCase()) || CONTAINER_TYPES.has(ecosystem.toLowerCase());
}

function repositoryOf({ name, namespace }: Package, { package_url: url }: Version): string {
  // `ghcr.io/acme/checkout:1.2`, or with nothing behind the colon.
  const [, stated] = /^([^:@]+\/[^:@]+)(?:[:@]|$)/u.exec(url) ?? [];
  const owner = namespace.split("/")[0] ?? "";
  return (stated ?? `ghcr.io/${owner}/${name}`).toLowerCase();
}

/** The commit that the label `org.opencontainers.image.revision` names. */
function builtFrom({ container_metadata: metadata }: Version): string {
  return fullCommit(metadata?.labels?.revision ?? "");
}

function tagAndDigest({ container_metadata: metadata, version }: Version) {
  const digests = [metadata?.tag?.digest ?? "", metadata?.manifest?.digest ?? "", version];
  return { tag: metadata?.tag?.name ?? "", digest: digests.find((digest) => digest !== "") ?? "" };
}
