import { describe, expect, it } from "vitest";

import { argoEventsKind } from "../../../../src/triggers/kinds/argo-events.ts";
import { argocdNotificationsKind } from "../../../../src/triggers/kinds/argocd-notifications.ts";
import { dockerHubKind } from "../../../../src/triggers/kinds/docker-hub.ts";
import { quayKind } from "../../../../src/triggers/kinds/quay.ts";
import { s3Kind } from "../../../../src/triggers/kinds/s3.ts";
import { terraformCloudKind } from "../../../../src/triggers/kinds/terraform-cloud.ts";
import type { Reading, TriggerKind } from "../../../../src/triggers/trigger-kind.ts";
import { ARRIVES_AT, eventsOf, triggerFixture, withPart } from "../../../support/trigger-samples.ts";

const COMMIT = "4f1c9a2b7d8e6f5a0b3c1d2e4f6a8b9c0d1e2f3a";
const DIGEST = `sha256:${"7c1d".repeat(16)}`;
const NO_DIGEST = "it has no digest, and a tag alone starts nothing";

async function read(kind: TriggerKind, body: Buffer): Promise<Reading> {
  return kind.read({ headers: {}, query: "", body, at: ARRIVES_AT }, kind.settings.parse({}));
}

describe("docker-hub", () => {
  it("starts nothing, since Docker Hub names no digest", async () => {
    expect(await read(dockerHubKind, triggerFixture("docker-hub/push"))).toMatchObject({
      kind: "nothing",
      reason: NO_DIGEST,
    });
  });

  it("would start something if it did", async () => {
    const body = withPart("docker-hub/push", "push_data.digest", DIGEST);
    expect(eventsOf(await read(dockerHubKind, body))).toMatchObject([
      {
        event: { image: { reference: `docker.io/acme/checkout@${DIGEST}`, tag: "1.4.0" }, sender: "acmeci" },
        happenedAt: Date.UTC(2026, 0, 1, 9, 59, 40),
      },
    ]);
  });
});

describe("quay", () => {
  it("starts nothing by names of tags alone, nor by ids of images", async () => {
    expect(await read(quayKind, triggerFixture("quay/repo-push"))).toMatchObject({
      kind: "nothing",
      reason: NO_DIGEST,
    });
    const old = withPart("quay/repo-push", "updated_tags", { latest: "7c1d".repeat(16) });
    expect(await read(quayKind, old)).toMatchObject({ kind: "nothing", reason: NO_DIGEST });
  });

  it("tells of each tag that has its digest beside it", async () => {
    const body = withPart("quay/repo-push", "updated_tags", { "1.4.0": DIGEST, latest: DIGEST });
    expect(eventsOf(await read(quayKind, body))).toMatchObject([
      { event: { image: { repository: "quay.io/acme/checkout", tag: "1.4.0", digest: DIGEST } } },
      { event: { image: { tag: "latest" } }, link: "https://quay.io/repository/acme/checkout" },
    ]);
  });

  it("reads nothing from other notifications", async () => {
    expect(await read(quayKind, withPart("quay/repo-push", "updated_tags", undefined))).toMatchObject({
      kind: "nothing",
      reason: "it is no push to a repository",
    });
  });
});

describe("terraform-cloud", () => {
  it("reads how a run goes on", async () => {
    expect(eventsOf(await read(terraformCloudKind, triggerFixture("terraform-cloud/run")))).toMatchObject([
      {
        event: {
          trigger: "run:completed",
          organization: "acme",
          workspace: "network-prod",
          run: "run-FwnENkvDnrpyFC7M",
          status: "applied",
          sender: "ada",
        },
        content: ["run", "ws-XdeUVMWShTesDMME", "run-FwnENkvDnrpyFC7M", "run:completed", "applied"],
        says: "A run of acme/network-prod is applied",
        happenedAt: Date.UTC(2026, 0, 1, 9, 59, 12),
      },
    ]);
  });

  it("reads what an assessment found", async () => {
    expect(eventsOf(await read(terraformCloudKind, triggerFixture("terraform-cloud/drifted")))).toMatchObject([
      {
        event: { trigger: "assessment:drifted", workspace: "network-prod", run: "", status: "" },
        happenedAt: Date.UTC(2026, 0, 1, 9, 58, 10),
      },
    ]);
  });

  it("answers the verification, and starts nothing by it", async () => {
    expect(await read(terraformCloudKind, triggerFixture("terraform-cloud/verification"))).toMatchObject({
      kind: "handshake",
      answer: { status: 200 },
    });
  });
});

describe("argocd-notifications", () => {
  it("tells of a sync that somebody else made", async () => {
    const body = triggerFixture("argocd-notifications/operation");
    expect(eventsOf(await read(argocdNotificationsKind, body))).toMatchObject([
      {
        event: {
          about: "operation",
          app: "checkout-prod",
          project: "shop",
          revision: COMMIT,
          phase: "Succeeded",
          health: "Healthy",
        },
        says: "The sync of checkout-prod ended: Succeeded",
        link: "https://argocd.acme.example/applications/argocd/checkout-prod",
        happenedAt: Date.UTC(2026, 0, 1, 9, 59, 20),
      },
    ]);
  });

  it("does not tell again of an operation of a run of our own", async () => {
    const infos = [
      { name: "Reason", value: "x" },
      { name: "quarterdeck.run", value: "run_7" },
    ];
    expect(
      await read(argocdNotificationsKind, withPart("argocd-notifications/operation", "operation.infos", infos)),
    ).toMatchObject({
      kind: "nothing",
      reason: "the operation is of run_7, which has told of it already",
    });
    const empty = [{ name: "quarterdeck.run" }];
    expect(
      await read(argocdNotificationsKind, withPart("argocd-notifications/operation", "operation.infos", empty)),
    ).toMatchObject({
      kind: "nothing",
    });
  });

  it("tells of health all the same, also after a sync of ours", async () => {
    const body = triggerFixture("argocd-notifications/application");
    expect(eventsOf(await read(argocdNotificationsKind, body))).toMatchObject([
      { event: { about: "application", health: "Degraded", phase: "" }, says: "checkout-prod is Degraded and Synced" },
    ]);
  });

  it("knows two syncs of one commit apart, and one sync in two deliveries not", async () => {
    const contentOf = async (body: Buffer) => eventsOf(await read(argocdNotificationsKind, body))[0]?.content;
    const first = await contentOf(triggerFixture("argocd-notifications/operation"));
    expect(await contentOf(withPart("argocd-notifications/operation", "link", ""))).toEqual(first);
    const later = withPart("argocd-notifications/operation", "operation.startedAt", "2026-01-01T10:00:00Z");
    expect(await contentOf(later)).not.toEqual(first);
  });

  it("is nothing without an operation", async () => {
    const body = withPart("argocd-notifications/operation", "operation", null);
    expect(await read(argocdNotificationsKind, body)).toMatchObject({
      kind: "nothing",
      reason: "there is no operation",
    });
  });
});

describe("argo-events", () => {
  it("hands on what the Sensor put there", async () => {
    expect(eventsOf(await read(argoEventsKind, triggerFixture("argo-events/sensor")))).toMatchObject([
      {
        event: { source: "builds", name: "finished", type: "sqs", data: { commit: COMMIT, state: "passed" } },
        says: "finished came from builds",
        happenedAt: Date.UTC(2026, 0, 1, 9, 59, 30),
      },
    ]);
  });

  it("has no data where the Sensor put none", async () => {
    const body = withPart("argo-events/sensor", "data", undefined);
    expect(eventsOf(await read(argoEventsKind, body))).toMatchObject([{ event: { data: null } }]);
  });
});

describe("s3", () => {
  const OBJECT = {
    bucket: "acme-releases",
    key: "checkout/build 7/été.tar.gz",
    versionId: "096fKKXTRTtl3on89fVO.nfljtsv6qko",
    etag: "d41d8cd98f00b204e9800998ecf8427e",
    size: 1024,
  };

  it("tells the same object whoever tells of it", async () => {
    const [records] = eventsOf(await read(s3Kind, triggerFixture("s3/records")));
    const [bridge] = eventsOf(await read(s3Kind, triggerFixture("s3/eventbridge")));
    expect(records?.event).toEqual({ kind: "created", action: "ObjectCreated:Put", object: OBJECT });
    expect(bridge?.event).toEqual({ kind: "created", action: "Object Created", object: OBJECT });
    expect(bridge?.content).toEqual(records?.content);
  });

  it.each([
    ["put", "created", "ObjectCreated:Put", OBJECT.key, "f028903e-6a1d-476e-9400-1385d3f78648", 9],
    ["copied", "created", "ObjectCreated:Copy", "latest", "80bd7840-7300-4eab-b93c-013f23ad6221", 9],
    ["hidden", "removed", "ObjectRemoved:DeleteMarkerCreated", OBJECT.key, "045c6e66-e06d-4207-ad71-d9167bd6f000", 0],
  ])("reads what a real MinIO tells of an object that was %s", async (name, kind, action, key, versionId, size) => {
    const etag = kind === "created" ? "dacf3f32536278850f2a21ffa6748c97" : "";
    const told = eventsOf(await read(s3Kind, triggerFixture(`s3/minio/${name}`)));
    expect(told).toMatchObject([
      {
        event: { kind, action, object: { bucket: "acme-releases", key, versionId, etag, size } },
        says: `acme-releases/${key} was ${kind}`,
      },
    ]);
    expect(told[0]?.happenedAt).toBeGreaterThan(Date.UTC(2026, 10, 22, 10));
  });

  it.each([
    ["tagged", "ObjectCreated:PutTagging"],
    ["read", "ObjectAccessed:Get"],
    ["removed-nothing", "ObjectRemoved:NoOP"],
  ])("reads nothing from what a real MinIO tells of an object that was %s", async (name, event) => {
    expect(await read(s3Kind, triggerFixture(`s3/minio/${name}`))).toMatchObject({
      kind: "nothing",
      reason: `nothing is read from the event ${event}`,
    });
  });

  it.each([
    ["s3/eventbridge", "detail-type", "Object Restore Completed", "it is no event of an object in S3"],
    ["s3/eventbridge", "source", "aws.ecr", "it is no event of an object in S3"],
    ["s3/records", "Event", "s3:TestEvent", "it is a test event: the notification works"],
  ])("starts nothing by %s with %s %j", async (fixture, path, value, reason) => {
    expect(await read(s3Kind, withPart(fixture, path, value))).toMatchObject({ kind: "nothing", reason });
  });

  it.each([-1, 1.5, 1e300, null])("takes the size %s for none", async (size) => {
    const body = withPart("s3/records", "Records.0.s3.object.size", size);
    expect(eventsOf(await read(s3Kind, body))).toMatchObject([{ event: { object: { size: 0 } } }]);
  });

  it("tells of what was removed, which has neither size nor ETag", async () => {
    const record = JSON.parse(triggerFixture("s3/records").toString("utf8")).Records[0];
    const { size: _size, eTag: _eTag, ...object } = record.s3.object;
    const removed = { ...record, eventName: "ObjectRemoved:Delete", s3: { ...record.s3, object } };
    expect(eventsOf(await read(s3Kind, Buffer.from(JSON.stringify({ Records: [removed] }))))).toMatchObject([
      { event: { kind: "removed", object: { ...OBJECT, size: 0, etag: "" } } },
    ]);
  });

  // MinIO sends them to whoever asked for what is created.
  it.each(["s3:ObjectCreated:DeleteTagging", "s3:ObjectCreated:PutRetention", "s3:ObjectCreated:PutLegalHold"])(
    "takes %s for no new object",
    async (eventName) => {
      expect(await read(s3Kind, withPart("s3/minio/put", "Records.0.eventName", eventName))).toMatchObject({
        kind: "nothing",
        reason: `nothing is read from the event ${eventName.slice("s3:".length)}`,
      });
    },
  );

  it("reads nothing from other events, and no key that is encoded in another way", async () => {
    const record = JSON.parse(triggerFixture("s3/records").toString("utf8")).Records[0];
    const restored = { ...record, eventName: "ObjectRestore:Completed" };
    expect(await read(s3Kind, Buffer.from(JSON.stringify({ Records: [restored] })))).toMatchObject({
      kind: "nothing",
      reason: "nothing is read from the event ObjectRestore:Completed",
    });
    const broken = { ...record, s3: { ...record.s3, object: { key: "100%" } } };
    expect(await read(s3Kind, Buffer.from(JSON.stringify({ Records: [broken] })))).toMatchObject({
      kind: "unreadable",
    });
  });
});
