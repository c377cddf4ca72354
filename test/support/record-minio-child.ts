import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

import { listen } from "../../src/platform/listen.ts";
import { MinioServer } from "./minio-server.ts";
import type { S3Request } from "./s3-request.ts";

/** Keeps what a real MinIO sends, byte by byte, as fixtures: `MINIO=… node test/support/record-minio-child.ts`. */
const FOLDER = new URL("../fixtures/triggers/s3/minio/", import.meta.url).pathname;
const BUCKET = "acme-releases";
const OBJECT = `/${BUCKET}/checkout/build 7/été.tar.gz`;
const TAGS = "<Tagging><TagSet><Tag><Key>stage</Key><Value>beta</Value></Tag></TagSet></Tagging>";
const VERSIONS = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";

/** The file that keeps what is told, and what is done for it. */
const ACTS: readonly (readonly [string, S3Request])[] = [
  ["put", { method: "PUT", path: OBJECT, body: "a release" }],
  ["tagged", { method: "PUT", path: OBJECT, query: { tagging: "" }, body: TAGS }],
  ["copied", { method: "PUT", path: `/${BUCKET}/latest`, headers: { "x-amz-copy-source": encodeURI(OBJECT) } }],
  ["read", { method: "GET", path: OBJECT }],
  ["hidden", { method: "DELETE", path: OBJECT }],
  ["removed-nothing", { method: "DELETE", path: OBJECT, query: { versionId: crypto.randomUUID() } }],
];

let told = Promise.withResolvers<Buffer>();
async function hear(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(incoming);
  process.stdout.write(`${incoming.method} ${JSON.stringify(incoming.headers)}\n`);
  response.end();
  told.resolve(body);
}

const server = createServer((incoming, response) => void hear(incoming, response));
const { port } = await listen(server);
await using minio = await MinioServer.start({ endpoint: `http://127.0.0.1:${port}/`, token: "Bearer SECRET" });
await minio.makeBucket(BUCKET, ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectAccessed:*"]);
await minio.s3({ method: "PUT", path: `/${BUCKET}`, query: { versioning: "" }, body: VERSIONS });
await mkdir(FOLDER, { recursive: true });
for (const [name, act] of ACTS) {
  told = Promise.withResolvers<Buffer>();
  await minio.s3(act);
  await writeFile(join(FOLDER, `${name}.json`), await told.promise);
}
server.close();
