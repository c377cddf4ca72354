import { z } from "zod";

import type { JsonMap } from "../../platform/canonical-json.ts";
import { eventBridge, type CloudEvent } from "./cloud-event.ts";
import { imageFact, type ImageFact } from "./image-event.ts";
import { OptionalText } from "./vendor-fields.ts";

const EcrPush = z.looseObject({
  "action-type": z.literal("PUSH"),
  result: z.literal("SUCCESS"),
  "repository-name": z.string().max(300),
  "image-digest": OptionalText,
  "image-tag": OptionalText,
});

const GoogleChange = z.looseObject({ action: z.enum(["INSERT", "DELETE"]), digest: OptionalText, tag: OptionalText });

/** The image that an event of a cloud tells of; undefined for an event that is about something else. */
export function cloudImage(event: CloudEvent): ImageFact | undefined {
  if (event.type === "ECR Image Action" && event.source === "aws.ecr") return ecrImage(event);
  return event.type === "google.cloud.pubsub.topic.v1.messagePublished" ? googleImage(event) : undefined;
}

/** The same of an event of EventBridge that came in some other envelope. */
export function eventBridgeImage(payload: JsonMap): ImageFact | undefined {
  const read = "detail-type" in payload ? eventBridge(payload) : undefined;
  return read?.kind === "read" ? cloudImage(read.value) : undefined;
}

function ecrImage({ data, aws }: CloudEvent): ImageFact {
  const read = EcrPush.safeParse(data);
  if (!read.success) return { kind: "none", reason: "the image was not pushed" };
  const { "repository-name": name, "image-digest": digest, "image-tag": tag } = read.data;
  const region = aws?.region ?? "";
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  if (region === "" || !/^\d{12}$/u.test(aws?.account ?? "")) {
    return { kind: "none", reason: "it does not say in which account and region the image is" };
  }
  return imageFact({ repository: `${aws?.account}.dkr.ecr.${region}.${domain}/${name}`, tag, digest });
}

/** Messages of the topic `gcr` of Artifact Registry: both images are written with their repository. */
function googleImage({ data }: CloudEvent): ImageFact | undefined {
  const read = GoogleChange.safeParse(data);
  if (!read.success) return undefined;
  if (read.data.action === "DELETE") return { kind: "none", reason: "the image was deleted" };
  const [repository = "", digest = ""] = read.data.digest.split("@");
  const tag = read.data.tag.startsWith(`${repository}:`) ? read.data.tag.slice(repository.length + 1) : "";
  return imageFact({ repository, tag, digest });
}
