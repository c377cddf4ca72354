import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { certificateAddress, confirmationAddress } from "../../../../src/triggers/kinds/amazon-address.ts";
import { deliveryId } from "../../../../src/triggers/kinds/delivery-id.ts";
import { eventTime, eventTimeOfSeconds } from "../../../../src/triggers/kinds/event-time.ts";
import { fullCommit, refName } from "../../../../src/triggers/kinds/full-commit.ts";
import { imageFact } from "../../../../src/triggers/kinds/image-event.ts";
import { loneHeader, mediaType } from "../../../../src/triggers/kinds/lone-header.ts";
import { mailAddresses } from "../../../../src/triggers/kinds/mail-addresses.ts";
import { oneLine, webLink } from "../../../../src/triggers/kinds/one-line.ts";
import { isOneOfSecrets } from "../../../../src/triggers/kinds/same-secret.ts";
import { valueAt } from "../../../../src/triggers/kinds/value-at.ts";

const AT = Date.UTC(2026, 0, 1, 10, 0, 0);

describe("the moment of an event", () => {
  it.each([
    ["2026-01-01T10:00:00Z", AT],
    ["2026-01-01 10:00:00 UTC", AT],
    ["2026-01-01T10:00:00.5Z", AT + 500],
    ["2026-01-01T10:00:00.123456789Z", AT + 123],
    ["2026-01-01T11:00:00+01:00", AT],
    ["2026-01-01T09:00:00-0100", AT],
    ["2026-01-01", undefined],
    ["2026-13-41T10:00:00Z", undefined],
    ["2026-01-01T10:00:00", undefined],
    ["Thu, 01 Jan 2026 10:00:00 GMT", undefined],
    ["", undefined],
    ["x2026-01-01T10:00:00Z", undefined],
  ])("of %j is %s", (text, moment) => {
    expect(eventTime(text)).toBe(moment);
  });

  it.each([
    [1_767_261_600, AT],
    [0, undefined],
    [-1, undefined],
    [1.5, undefined],
    [1e15, undefined],
    [99_999_999_999, 99_999_999_999_000],
    [100_000_000_000, undefined],
    [Number.NaN, undefined],
  ])("of %d seconds is %s", (seconds, moment) => {
    expect(eventTimeOfSeconds(seconds)).toBe(moment);
  });
});

describe("what identifies", () => {
  it.each([
    ["a".repeat(40), "a".repeat(40)],
    ["A".repeat(40), "a".repeat(40)],
    ["b".repeat(64), "b".repeat(64)],
    ["0".repeat(40), ""],
    ["a".repeat(39), ""],
    ["a".repeat(41), ""],
    ["main", ""],
    [` ${"a".repeat(40)}`, ""],
  ])("the commit %j is %j", (text, commit) => {
    expect(fullCommit(text)).toBe(commit);
  });

  it.each([
    ["refs/heads/feature/x", { branch: "feature/x", tag: "" }],
    ["refs/tags/v1", { branch: "", tag: "v1" }],
    ["refs/notes/commits", { branch: "", tag: "" }],
    ["main", { branch: "", tag: "" }],
  ])("the ref %s is %j", (ref, name) => {
    expect(refName(ref)).toEqual(name);
  });

  it("a delivery has an id that keys can have, the same for the same", () => {
    expect(deliveryId("72d3162e-cc78", Buffer.from("x"))).toBe("72d3162e-cc78");
    expect(deliveryId(undefined, Buffer.from("x"))).toBe(deliveryId("", Buffer.from("x")));
    expect(deliveryId(undefined, Buffer.from("x"))).not.toBe(deliveryId(undefined, Buffer.from("y")));
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const [first, second] = [deliveryId(one, Buffer.from("x")), deliveryId(other, Buffer.from("x"))];
        expect(first).toMatch(/^[A-Za-z0-9._:-]{1,128}$/u);
        expect(first === second).toBe(one === other);
      }),
    );
  });
});

describe("people and links", () => {
  it("are written once and alike", () => {
    const texts = ["Ada@acme.example", " ada@acme.example ", "[REDACTED]", "", "a@b@c", "<x@y.example>", "x@y.example"];
    expect(mailAddresses(texts)).toEqual(["ada@acme.example", "x@y.example"]);
  });

  it.each([
    ["https://a.example/x", "https://a.example/x"],
    ["http://a.example", "http://a.example/"],
    ["javascript:alert(1)", undefined],
    ["//a.example", undefined],
    ["", undefined],
    [`https://a.example/${"x".repeat(2000)}`, undefined],
  ])("the link %s is %s", (text, link) => {
    expect(webLink(text)).toBe(link);
  });

  it("stand in one line of bounded length", () => {
    expect(oneLine("  a\n\tb\u202E c  ")).toBe("a b c");
    expect(oneLine("x".repeat(300))).toBe("x".repeat(300));
    expect(oneLine("x".repeat(301))).toBe(`${"x".repeat(299)}…`);
    fc.assert(
      fc.property(fc.uint16Array({ maxLength: 2000 }), (units) =>
        /^[^\n]{0,300}$/u.test(oneLine(String.fromCharCode(...units))),
      ),
    );
  });
});

describe("headers", () => {
  it("count when they were sent once and are not empty", () => {
    expect(loneHeader({ "x-a": "1" }, "x-a")).toBe("1");
    expect(loneHeader({ "x-a": "" }, "x-a")).toBeUndefined();
    expect(loneHeader({ "x-a": ["1"] }, "x-a")).toBeUndefined();
    expect(loneHeader({}, "x-a")).toBeUndefined();
  });

  it.each([
    ["application/json", "application/json"],
    ["Application/JSON; charset=utf-8", "application/json"],
    ["", ""],
  ])("say of %j that it is %j", (value, type) => {
    expect(mediaType({ "content-type": value })).toBe(type);
  });
});

describe("secrets", () => {
  it("are one of those that are known, and never empty", () => {
    expect(isOneOfSecrets("a", ["b", "a"])).toBe(true);
    expect(isOneOfSecrets("a", ["a", "b"])).toBe(true);
    expect(isOneOfSecrets("a", ["ab", "A"])).toBe(false);
    expect(isOneOfSecrets("", [""])).toBe(false);
    expect(isOneOfSecrets("a", [])).toBe(false);
  });
});

describe("a path into a body", () => {
  it("finds members, and nothing that is inherited", () => {
    const body = { a: { b: { c: 1 } }, list: [1] };
    expect(valueAt(body, "a.b.c")).toBe(1);
    expect(valueAt(body, "a.x.c")).toBeUndefined();
    expect(valueAt(body, "list.0")).toBeUndefined();
    expect(valueAt(body, "toString")).toBeUndefined();
    expect(valueAt(body, "__proto__.toString")).toBeUndefined();
    expect(valueAt("text", "length")).toBeUndefined();
  });
});

describe("an image", () => {
  const digest = `sha256:${"a".repeat(64)}`;

  it.each([
    ["ghcr.io/acme/checkout", "v1", digest, "image"],
    ["r.example:5000/a", "v1", `sha512:${"a".repeat(128)}`, "image"],
    ["a b", "v1", digest, "none"],
    ["", "v1", digest, "none"],
    ["A/b", "v1", digest, "none"],
    ["a/b", "", digest, "none"],
    ["a/b", ".v1", digest, "none"],
    ["a/b", "v".repeat(129), digest, "none"],
    ["a/b", "v1", "", "none"],
    ["a/b", "v1", `sha256:${"a".repeat(63)}`, "none"],
    ["a/b", "v1", `md5:${"a".repeat(32)}`, "none"],
    ["a/b", "v1", `${digest}\n`, "none"],
  ])("of %j with %j and %s is %s", (repository, tag, stated, kind) => {
    expect(imageFact({ repository, tag, digest: stated }).kind).toBe(kind);
  });
});

describe("addresses of Amazon", () => {
  const file = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";

  it.each(["sns.eu-central-1.amazonaws.com", "sns.us-gov-west-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn"])(
    "are those of SNS in every region: %s",
    (host) => {
      expect(certificateAddress(`https://${host}/${file}`)).toBe(`https://${host}/${file}`);
      const confirmation = `https://${host}/?Action=ConfirmSubscription&TopicArn=arn&Token=t`;
      expect(confirmationAddress(confirmation, "arn")).toBe(confirmation);
    },
  );

  it.each(["user@", "user:secret@", ":secret@"])("have no credentials: %s", (credentials) => {
    expect(certificateAddress(`https://${credentials}sns.eu-central-1.amazonaws.com/${file}`)).toBeUndefined();
  });

  it("have a token for a confirmation, once", () => {
    const base = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn";
    expect(confirmationAddress(base, "arn")).toBeUndefined();
    expect(confirmationAddress(`${base}&Token=`, "arn")).toBeUndefined();
    expect(confirmationAddress(`${base}&TopicArn=arn&Token=t`, "arn")).toBeUndefined();
    expect(confirmationAddress(`${base}&Token=t#x`, "arn")).toBeUndefined();
  });
});
