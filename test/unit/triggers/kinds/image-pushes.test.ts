import { describe, expect, it } from "vitest";

import { cloudeventsKind } from "../../../../src/triggers/kinds/cloudevents.ts";
import { harborKind } from "../../../../src/triggers/kinds/harbor.ts";
import { ociKind } from "../../../../src/triggers/kinds/oci.ts";
import type { Reading } from "../../../../src/triggers/trigger-kind.ts";
import { ARRIVES_AT, eventsOf, triggerFixture, withPart } from "../../../support/trigger-samples.ts";

const DIGEST = `sha256:${"7c1d".repeat(16)}`;
const NO_DIGEST = "it has no digest, and a tag alone starts nothing";

function image(repository: string, tag = "1.4.0") {
  return { repository, tag, digest: DIGEST, reference: `${repository}@${DIGEST}` };
}

async function oci(body: Buffer, registry = "registry.acme.example"): Promise<Reading> {
  return ociKind.read({ headers: {}, query: "", body, at: ARRIVES_AT }, ociKind.settings.parse({ registry }));
}

async function harbor(body: Buffer): Promise<Reading> {
  return harborKind.read({ headers: {}, query: "", body, at: ARRIVES_AT }, {});
}

async function cloud(body: Buffer, headers = {}): Promise<Reading> {
  const settings = cloudeventsKind.settings.parse({ proof: { kind: "bearer" } });
  return cloudeventsKind.read(
    { headers: { "content-type": "application/json", ...headers }, query: "", body, at: ARRIVES_AT },
    settings,
  );
}

describe("oci", () => {
  it("tells of each image of an envelope, and not of its layers, its parts and what was pulled", async () => {
    const events = eventsOf(await oci(triggerFixture("oci/envelope")));
    expect(events.map(({ event }) => event)).toEqual([
      { image: image("registry.acme.example/shop/checkout"), repository: "shop/checkout", sender: "ci" },
      { image: image("registry.acme.example/shop/checkout", "latest"), repository: "shop/checkout", sender: "ci" },
    ]);
    expect(events[0]?.happenedAt).toBe(Date.UTC(2026, 0, 1, 9, 59, 20, 123));
  });

  it("names the registry as the configuration does, and not as whoever pushed called it", async () => {
    const text = JSON.stringify(eventsOf(await oci(triggerFixture("oci/envelope"))));
    expect(text).not.toContain("registry.internal");
  });

  it("reads what Azure sends one by one, and its ping", async () => {
    expect(eventsOf(await oci(triggerFixture("oci/azure"), "acme.azurecr.io"))).toMatchObject([
      { event: { image: image("acme.azurecr.io/shop/checkout") } },
    ]);
    expect(await oci(triggerFixture("oci/azure-ping"))).toMatchObject({
      kind: "nothing",
      reason: "nothing is read from the action ping",
    });
  });

  it.each([
    ["target.digest", "", NO_DIGEST],
    ["target.digest", "sha256:7c1d", NO_DIGEST],
    ["target.digest", DIGEST.toUpperCase(), NO_DIGEST],
    ["target.tag", "", "it has no tag: a part of an image for several platforms"],
    ["target.tag", "a b", "its tag is none"],
    ["target.repository", "shop/checkout@sha256:0", "it names no repository of images"],
    ["target.mediaType", "application/vnd.docker.image.rootfs.diff.tar.gzip", "it is a part of an image"],
    ["action", "delete", "nothing is read from the action delete"],
  ])("starts nothing by a push with %s %j", async (path, value, reason) => {
    expect(await oci(withPart("oci/azure", path, value))).toMatchObject({ kind: "nothing", reason });
  });

  it("is the same delivery when the registry sends the same events again", async () => {
    const first = await oci(triggerFixture("oci/azure"));
    expect(first).toMatchObject({ delivery: "cb8c3971-9adc-488b-bdd8-43cbb4974ff5" });
    expect(await oci(withPart("oci/azure", "request.addr", "10.0.0.9:1"))).toMatchObject({
      delivery: "cb8c3971-9adc-488b-bdd8-43cbb4974ff5",
    });
  });

  it.each(["https://registry.acme.example", "registry.acme.example/", "Registry", "-a", "a:b"])(
    "does not take %s for a registry",
    (registry) => {
      expect(ociKind.settings.safeParse({ registry }).success).toBe(false);
    },
  );
});

describe("harbor", () => {
  it("tells the same in both of its formats", async () => {
    const plain = eventsOf(await harbor(triggerFixture("harbor/push-artifact")));
    expect(plain).toEqual(eventsOf(await harbor(triggerFixture("harbor/push-artifact.cloudevents"))));
    expect(plain).toMatchObject([
      {
        event: {
          image: image("harbor.acme.example/shop/checkout"),
          project: "shop",
          repository: "shop/checkout",
          sender: "robot$acme+ci",
        },
        happenedAt: Date.UTC(2026, 0, 1, 9, 59, 40),
      },
    ]);
  });

  it("reads a registry with a port", async () => {
    const resources = [{ digest: DIGEST, tag: "1.4.0", resource_url: "harbor.acme.example:8443/shop/checkout:1.4.0" }];
    expect(eventsOf(await harbor(withPart("harbor/push-artifact", "event_data.resources", resources)))).toMatchObject([
      { event: { image: image("harbor.acme.example:8443/shop/checkout") } },
    ]);
  });

  it.each([
    [{ digest: "", tag: "1.4.0", resource_url: "h/shop/checkout:1.4.0" }, NO_DIGEST],
    [
      { digest: DIGEST, tag: DIGEST, resource_url: `h/shop/checkout@${DIGEST}` },
      "it has no tag: a part of an image for several platforms",
    ],
    [
      { digest: DIGEST, tag: "", resource_url: `h/shop/checkout@${DIGEST}` },
      "it has no tag: a part of an image for several platforms",
    ],
  ])("starts nothing by the artifact %j", async (resource, reason) => {
    const body = withPart("harbor/push-artifact", "event_data.resources", [resource]);
    expect(await harbor(body)).toMatchObject({ kind: "nothing", reason });
  });

  it("reads nothing from other events", async () => {
    for (const type of ["PULL_ARTIFACT", "DELETE_ARTIFACT", "SCANNING_COMPLETED", "harbor.artifact.deleted"]) {
      expect(await harbor(withPart("harbor/push-artifact", "type", type))).toMatchObject({ kind: "nothing" });
    }
  });
});

describe("cloudevents", () => {
  it("reads the structured form", async () => {
    const body = triggerFixture("cloudevents/structured");
    const type = { "content-type": "application/cloudevents+json" };
    expect(eventsOf(await cloud(body, type))).toMatchObject([
      {
        event: {
          type: "example.acme.build.finished",
          source: "/builds/checkout",
          subject: "main",
          data: { state: "passed" },
          image: { digest: "" },
        },
        says: "example.acme.build.finished of /builds/checkout about main",
        happenedAt: Date.UTC(2026, 0, 1, 9, 59),
      },
    ]);
  });

  it("reads the binary form as the same", async () => {
    const whole = JSON.parse(triggerFixture("cloudevents/structured").toString("utf8"));
    const headers = Object.fromEntries(
      ["specversion", "id", "source", "type", "subject", "time"].map((name) => [
        `ce-${name}`,
        encodeURIComponent(whole[name]),
      ]),
    );
    expect(await cloud(Buffer.from(JSON.stringify(whole.data)), headers)).toEqual(
      await cloud(triggerFixture("cloudevents/structured"), { "content-type": "application/cloudevents+json" }),
    );
  });

  it("does not take the binary form where the body alone is signed", async () => {
    const headers = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/x", "ce-type": "t" };
    const delivery = { headers, query: "", body: Buffer.from("{}"), at: ARRIVES_AT };
    for (const proof of [{ kind: "hmac", header: "x-signature" }, { kind: "standard-webhooks" }]) {
      const settings = cloudeventsKind.settings.parse({ proof });
      expect(await cloudeventsKind.read(delivery, settings)).toMatchObject({
        kind: "unreadable",
        reason: expect.stringContaining("send it structured"),
      });
      const structured = { ...delivery, body: triggerFixture("cloudevents/structured") };
      const type = { "content-type": "application/cloudevents+json" };
      expect(await cloudeventsKind.read({ ...structured, headers: type }, settings)).toMatchObject({ kind: "events" });
    }
  });

  it("reads each event of a batch", async () => {
    const one = JSON.parse(triggerFixture("cloudevents/structured").toString("utf8"));
    const body = Buffer.from(JSON.stringify([one, { ...one, id: "B", data: { state: "failed" } }]));
    const events = eventsOf(await cloud(body, { "content-type": "application/cloudevents-batch+json" }));
    expect(events.map(({ event }) => event["data"])).toMatchObject([{ state: "passed" }, { state: "failed" }]);
  });

  it("reads data in base 64", async () => {
    const body = withPart("cloudevents/structured", "data_base64", Buffer.from('{"a":1}').toString("base64"));
    expect(eventsOf(await cloud(body))).toMatchObject([{ event: { data: { a: 1 } } }]);
    expect(await cloud(withPart("cloudevents/structured", "data_base64", "!!"))).toMatchObject({ kind: "unreadable" });
  });

  it("takes the digest of an image in ECR", async () => {
    expect(eventsOf(await cloud(triggerFixture("cloudevents/ecr-eventbridge")))).toMatchObject([
      {
        event: {
          type: "ECR Image Action",
          image: image("123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/checkout"),
        },
        happenedAt: Date.UTC(2026, 0, 1, 9, 59, 5),
      },
    ]);
  });

  it.each([
    ["detail.action-type", "DELETE", "the image was not pushed"],
    ["detail.result", "FAILURE", "the image was not pushed"],
    ["detail.image-digest", undefined, NO_DIGEST],
    ["account", "", "it does not say in which account and region the image is"],
  ])("starts nothing by ECR with %s %j", async (path, value, reason) => {
    expect(await cloud(withPart("cloudevents/ecr-eventbridge", path, value))).toMatchObject({
      kind: "nothing",
      reason,
    });
  });

  it("reads an image of Artifact Registry from Pub/Sub and from Eventarc", async () => {
    const pubSub = triggerFixture("cloudevents/artifact-registry-pubsub");
    const expected = { event: { image: image("europe-docker.pkg.dev/acme/shop/checkout") } };
    expect(eventsOf(await cloud(pubSub))).toMatchObject([expected]);
    const headers = {
      "ce-specversion": "1.0",
      "ce-id": "2070443601311540",
      "ce-source": "//pubsub.googleapis.com/projects/acme/topics/gcr",
      "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
      "ce-time": "2026-01-01T09:59:10.911Z",
    };
    expect(eventsOf(await cloud(pubSub, headers))).toMatchObject([expected]);
  });

  it.each([
    [{ action: "DELETE", tag: "h/p/r/i:1" }, "the image was deleted"],
    [{ action: "INSERT", digest: `h/p/r/i@${DIGEST}` }, "it has no tag: a part of an image for several platforms"],
    [{ action: "INSERT", tag: "h/p/r/i:1" }, "it names no repository of images"],
  ])("starts nothing by Artifact Registry with %j", async (change, reason) => {
    const data = Buffer.from(JSON.stringify(change)).toString("base64");
    const body = withPart("cloudevents/artifact-registry-pubsub", "message.data", data);
    expect(await cloud(body)).toMatchObject({ kind: "nothing", reason });
  });

  it.each([
    ["specversion", "0.3"],
    ["id", ""],
    ["source", 7],
    ["type", undefined],
  ])("cannot read an event with %s %j", async (path, value) => {
    const body = withPart("cloudevents/structured", path, value);
    expect(await cloud(body, { "content-type": "application/cloudevents+json" })).toMatchObject({ kind: "unreadable" });
  });

  it("names a delivery by the source and the id together", async () => {
    const one = await cloud(triggerFixture("cloudevents/structured"));
    const other = await cloud(withPart("cloudevents/structured", "source", "/builds/other"));
    expect(one.kind === "events" && other.kind === "events" && one.delivery === other.delivery).toBe(false);
  });
});
