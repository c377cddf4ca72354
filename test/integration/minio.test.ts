import { describe, expect, it } from "vitest";

import { isJsonMap, type Json } from "../../src/platform/canonical-json.ts";
import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { readObjects } from "../../src/triggers/kinds/s3-object.ts";
import { AppRig } from "../support/app-rig.ts";
import { eventually } from "../support/eventually.ts";
import { minioProgram, MinioServer } from "../support/minio-server.ts";
import { type Tapped, WebhookTap } from "../support/webhook-tap.ts";

const SECRET = "correct-horse-battery-staple";
const BUCKET = "acme-releases";
const OBJECT = `/${BUCKET}/checkout/${DEMO_COMMITS.target}.json`;

const TRIGGER = `
triggers:
  - name: releases
    from: s3
    secret: \${{ secrets.MINIO_WEBHOOK }}
    start:
      - command: promote
        when: >-
          \${{ event.kind == "created" && event.object.bucket == "${BUCKET}" && event.object.key.startsWith("checkout/") }}
        inputs: { service: checkout, revision: "\${{ event.object.key.substring(9, 49) }}", environment: staging }
`;

function withTrigger(text: string): string {
  return `${text}${TRIGGER}`
    .replace("secrets:\n", "secrets:\n  MINIO_WEBHOOK: { env: MINIO_WEBHOOK }\n")
    .replace("roles:\n", "roles:\n  ci: [{ trigger: releases }]\n")
    .replace(
      "grants:\n",
      "grants:\n  - { role: ci, verbs: [promote], services: [checkout], environments: [staging] }\n",
    );
}

/** The application, MinIO, and between them what shows what is sent. */
class Scene implements AsyncDisposable {
  readonly rig: AppRig;
  readonly tap: WebhookTap;
  readonly minio: MinioServer;
  readonly #resources: AsyncDisposableStack;

  private constructor(parts: Pick<Scene, "rig" | "tap" | "minio">, resources: AsyncDisposableStack) {
    this.rig = parts.rig;
    this.tap = parts.tap;
    this.minio = parts.minio;
    this.#resources = resources;
  }

  static async open(token: string): Promise<Scene> {
    await using resources = new AsyncDisposableStack();
    const rig = resources.use(await AppRig.open({ configure: withTrigger, environment: { MINIO_WEBHOOK: SECRET } }));
    const address = `http://127.0.0.1:${rig.world.environment["PORT"] ?? ""}/triggers/releases`;
    const tap = resources.use(await WebhookTap.open(address));
    const minio = resources.use(await MinioServer.start({ endpoint: tap.url, token }));
    return new Scene({ rig, tap, minio }, resources.move());
  }

  get deliveries(): readonly Tapped[] {
    return this.tap.passed.filter(({ method }) => method === "POST");
  }

  /** What was sent, by its name, with the status of the answer. */
  get sent(): readonly string[] {
    return this.deliveries.map(
      ({ body, status }) => `${String(JSON.parse(body.toString("utf8")).EventName)} ${status}`,
    );
  }

  get runs(): number {
    return this.rig.application.store.events.listRuns({ limit: 10 }).length;
  }

  async put(key = OBJECT): Promise<void> {
    await this.minio.s3({ method: "PUT", path: key, body: "{}", headers: { "content-type": "application/json" } });
  }

  /** Resolves when nothing waits to be sent any more. */
  async brought(): Promise<void> {
    await eventually(async () => expect(await this.minio.waiting()).toBe(0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

describe.skipIf("missing" in minioProgram)("a real MinIO", () => {
  it("starts a run by an object that is put, and nothing by what else it tells of that object", async () => {
    await using scene = await Scene.open(`Bearer ${SECRET}`);
    const { rig, minio, tap } = scene;
    await minio.makeBucket(BUCKET, ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectAccessed:*"]);
    // Older versions ask by HEAD whether somebody is there.
    expect(tap.passed.filter(({ method, status }) => method !== "HEAD" || status !== 405)).toEqual([]);
    await scene.put();
    await rig.card(/checkout/u);
    expect(rig.run().inputs).toMatchObject({
      service: { name: "checkout" },
      revision: { sha: DEMO_COMMITS.target },
      environment: { name: "staging" },
    });
    const tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    await minio.s3({ method: "PUT", path: OBJECT, query: { tagging: "" }, body: tags });
    await minio.s3({ method: "GET", path: OBJECT });
    await minio.s3({ method: "DELETE", path: OBJECT });
    await minio.s3({ method: "DELETE", path: OBJECT });
    await eventually(() => expect(scene.deliveries).toHaveLength(5));
    expect(scene.sent.toSorted()).toEqual([
      "s3:ObjectAccessed:Get 200",
      "s3:ObjectCreated:Put 200",
      "s3:ObjectCreated:PutTagging 200",
      "s3:ObjectRemoved:Delete 200",
      "s3:ObjectRemoved:NoOP 200",
    ]);
    expect(scene.deliveries.filter(({ answer }) => answer.includes('"asked":["promote"]'))).toHaveLength(1);
    expect(scene.runs).toBe(1);
  });

  it("is not believed with another token, and brings all of it once it has the right one", async () => {
    await using scene = await Scene.open("guessed");
    const { rig, tap, minio } = scene;
    await minio.makeBucket(BUCKET, ["s3:ObjectCreated:*"]);
    await scene.put();
    await eventually(() => expect(scene.deliveries.length).toBeGreaterThan(1));
    expect(new Set(scene.sent)).toEqual(new Set(["s3:ObjectCreated:Put 401"]));
    expect(scene.runs).toBe(0);
    expect(rig.log).toContainEqual(
      expect.objectContaining({ message: "a delivery to a trigger was refused", trigger: "releases" }),
    );
    await minio.kill();
    // A token of one word is sent as a bearer, too.
    await minio.start({ endpoint: tap.url, token: SECRET });
    await rig.card(/checkout/u);
    await scene.brought();
    expect(scene.deliveries.at(-1)).toMatchObject({ status: 200, headers: { authorization: `Bearer ${SECRET}` } });
    expect(scene.runs).toBe(1);
  });

  it("brings what was put while the server was away, and starts nothing a second time where an answer was lost", async () => {
    await using scene = await Scene.open(`Bearer ${SECRET}`);
    const { rig, tap, minio } = scene;
    await minio.makeBucket(BUCKET, ["s3:ObjectCreated:Put"]);
    await rig.stop();
    await scene.put();
    await eventually(() => expect(scene.sent).toContain("s3:ObjectCreated:Put 0"));
    expect(await minio.waiting()).toBe(1);
    tap.losesAnswers = true;
    await rig.start();
    await rig.card(/checkout/u);
    await eventually(() => expect(scene.sent.filter((line) => line.endsWith(" 200")).length).toBeGreaterThan(1));
    await minio.kill();
    tap.losesAnswers = false;
    await minio.start({ endpoint: tap.url, token: `Bearer ${SECRET}` });
    await scene.brought();
    const taken = scene.deliveries.filter(({ status }) => status === 200);
    expect(new Set(taken.map(({ body }) => body.toString("utf8"))).size).toBe(1);
    const [first, ...again] = taken.map(({ answer }) => answer);
    expect(first).toContain('"asked":["promote"]');
    for (const answer of again) expect(answer).toContain("this delivery was dealt with before");
    expect(scene.runs).toBe(1);
  });

  it("tells of each object by the key that it has, whatever is in it", async () => {
    await using scene = await Scene.open(`Bearer ${SECRET}`);
    const { minio } = scene;
    await minio.makeBucket(BUCKET, ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]);
    const keys = ["checkout/build 7/été 100%.json", "a+b&c=d/🚀?#.txt"];
    for (const key of keys) await scene.put(`/${BUCKET}/${key}`);
    await eventually(() => expect(scene.deliveries).toHaveLength(keys.length));
    const told = scene.deliveries.flatMap(({ body }) => {
      const payload: Json = JSON.parse(body.toString("utf8"));
      return isJsonMap(payload) ? readObjects(payload) : [];
    });
    expect(told.map((reading) => (reading.kind === "object" ? reading.fact.object.key : reading))).toEqual(keys);
  });
});
