import { z } from "zod";

import type { JsonMap } from "../../platform/canonical-json.ts";
import { eventTime } from "./event-time.ts";
import type { Fact } from "./fact.ts";
import { oneLine } from "./one-line.ts";
import { readShape } from "./read-shape.ts";
import { OptionalText } from "./vendor-fields.ts";

/** An object as expressions see it. */
export const EventObject = z.strictObject({
  bucket: z.string().meta({ description: "The bucket" }),
  key: z.string().meta({ description: "The key, decoded" }),
  versionId: z.string().meta({ description: "Which version; empty where the bucket has none" }),
  etag: z.string().meta({ description: "The ETag; empty for what was removed" }),
  size: z.int().meta({ description: "Bytes; 0 for what was removed" }),
});
type EventObject = z.infer<typeof EventObject>;

export const NO_OBJECT: EventObject = { bucket: "", key: "", versionId: "", etag: "", size: 0 };

/** What happened to an object. */
export interface ObjectFact {
  readonly kind: "created" | "removed";
  /** As S3 calls it, without `s3:`. */
  readonly action: string;
  readonly object: EventObject;
  readonly says: string;
  readonly content: readonly string[];
  readonly happenedAt: number | undefined;
}

const Bytes = z
  .number()
  .nullish()
  .transform((size) => (Number.isSafeInteger(size) && size !== null && size !== undefined && size > 0 ? size : 0));

const S3Record = z.looseObject({
  eventName: z.string().max(200),
  eventTime: OptionalText,
  s3: z.looseObject({
    bucket: z.looseObject({ name: z.string().min(1).max(200) }),
    object: z.looseObject({
      key: z.string().min(1).max(4000),
      size: Bytes,
      eTag: OptionalText,
      versionId: OptionalText,
      sequencer: OptionalText,
    }),
  }),
});

const Records = z.looseObject({ Records: z.array(S3Record).max(1000) });

const Bridged = z.looseObject({
  "detail-type": z.string().max(200),
  time: OptionalText,
  detail: z.looseObject({
    bucket: z.looseObject({ name: z.string().min(1).max(200) }),
    object: z.looseObject({
      key: z.string().min(1).max(4000),
      size: Bytes,
      etag: OptionalText,
      "version-id": OptionalText,
      sequencer: OptionalText,
    }),
  }),
});

// Each by its name: MinIO tells also of tags, retention and holds as `ObjectCreated:…`, and of a removal of nothing as `ObjectRemoved:NoOP`.
const KINDS = new Map<string, ObjectFact["kind"]>([
  ["ObjectCreated:Put", "created"],
  ["ObjectCreated:Post", "created"],
  ["ObjectCreated:Copy", "created"],
  ["ObjectCreated:CompleteMultipartUpload", "created"],
  ["ObjectRemoved:Delete", "removed"],
  ["ObjectRemoved:DeleteMarkerCreated", "removed"],
  ["ObjectRemoved:DeleteAllVersions", "removed"],
  ["Object Created", "created"],
  ["Object Deleted", "removed"],
]);

/** What one entry comes to: a fact of an object, or what there is instead. */
export type ObjectReading = { readonly kind: "object"; readonly fact: ObjectFact } | Exclude<Fact, { kind: "fact" }>;

/** The objects of a notification of S3, MinIO or whoever writes the same, or of an event of S3 by EventBridge. */
export function readObjects(payload: JsonMap): readonly ObjectReading[] {
  if (payload["Event"] === "s3:TestEvent") return [none("it is a test event: the notification works")];
  if ("detail-type" in payload) return [readBridged(payload)];
  const read = readShape(payload, Records, "notification of S3");
  if (read.kind === "unreadable") return [read];
  return read.value.Records.map((record) => readRecord(record));
}

function readRecord({ eventName, eventTime: time, s3 }: z.infer<typeof S3Record>): ObjectReading {
  // MinIO writes the prefix, Amazon does not.
  const action = eventName.replace(/^s3:/u, "");
  const kind = KINDS.get(action);
  if (kind === undefined) return none(`nothing is read from the event ${oneLine(action)}`);
  const { key: encoded, size, eTag: etag, versionId, sequencer } = s3.object;
  const key = decodedKey(encoded);
  if (key === undefined) return { kind: "unreadable", reason: "the key of an object is not encoded as S3 does it" };
  const object = { bucket: s3.bucket.name, key, versionId, etag, size };
  return { kind: "object", fact: objectFact({ kind, action, object, sequencer, time }) };
}

function readBridged(payload: JsonMap): ObjectReading {
  const { "detail-type": stated } = payload;
  const kind = typeof stated === "string" ? KINDS.get(stated) : undefined;
  if (kind === undefined || payload["source"] !== "aws.s3") return none("it is no event of an object in S3");
  const read = readShape(payload, Bridged, "event of S3");
  if (read.kind === "unreadable") return read;
  const { "detail-type": action, time, detail } = read.value;
  const { key, size, etag, "version-id": versionId, sequencer } = detail.object;
  const object = { bucket: detail.bucket.name, key, versionId, etag, size };
  return { kind: "object", fact: objectFact({ kind, action, object, sequencer, time }) };
}

interface ObjectPart extends Pick<ObjectFact, "kind" | "action" | "object"> {
  /** Grows with each change of a key: it tells two of them apart. */
  readonly sequencer: string;
  readonly time: string;
}

function objectFact({ kind, action, object, sequencer, time }: ObjectPart): ObjectFact {
  const { bucket, key, versionId, etag } = object;
  const content = [kind, bucket, key, versionId, etag, sequencer];
  const says = oneLine(`${bucket}/${key} was ${kind}`);
  return { kind, action, object, says, content, happenedAt: eventTime(time) };
}

function none(reason: string): ObjectReading {
  return { kind: "nothing", reason };
}

/** In notifications a space is a plus, and what is no ASCII stands in percent signs. */
function decodedKey(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
