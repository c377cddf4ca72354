import { describe, expect, it } from "vitest";

import { imageCustody } from "../../../../src/steps/custody/image-custody.ts";
import { StepBench } from "../../../support/step-bench.ts";

const A = `sha256:${"a".repeat(64)}`;
const B = `sha256:${"b".repeat(64)}`;
const CHECKOUT = "registry.example.com/checkout";
const PROXY = "registry.example.com/proxy";
const named = (image: string, where = "Deployment/checkout") => ({
  image,
  digest: /@(.+)$/u.exec(image)?.[1] ?? "",
  where,
});

const SAME = { scanned: `${CHECKOUT}@${A}`, signed: `${CHECKOUT}@${A}`, images: [named(`${CHECKOUT}@${A}`)] };

describe("image/custody", () => {
  it("lets through what is the same everywhere, and says so for an approval", async () => {
    expect(await new StepBench(imageCustody).output(SAME)).toEqual({
      digests: [A],
      images: [`${CHECKOUT}@${A}`],
      check: { name: "image/custody", result: "the image is scanned, signed and in these manifests" },
    });
  });

  it.each([
    [
      "an image that was swapped in the manifests",
      { images: [named(`${CHECKOUT}@${B}`)] },
      `${CHECKOUT}: ${A} was scanned and signed, and Deployment/checkout has ${B}`,
    ],
    [
      "a signature of another image",
      { signed: `${CHECKOUT}@${B}` },
      `${CHECKOUT}: ${A} was scanned, and ${B} is signed`,
    ],
    [
      "a signature of another repository",
      { signed: `registry.example.com/other@${A}`, images: [named(`registry.example.com/other@${A}`)] },
      `${CHECKOUT}: ${A} was scanned, and no image of it`,
    ],
    [
      "a tag in the manifests",
      { images: [named(`${CHECKOUT}:1.4.2`)] },
      `Deployment/checkout has ${CHECKOUT}:1.4.2, which is a tag`,
    ],
    [
      "a tag beside the right digest",
      { images: [...SAME.images, named(`${CHECKOUT}:1.4.2`, "Job/migrate")] },
      "Job/migrate has",
    ],
    [
      "an image that nobody looked at",
      { images: [...SAME.images, named(`${PROXY}@${B}`)] },
      "neither scanned nor is its signature known",
    ],
    ["the digest under another name", { images: [named(`registry.example.net/checkout@${A}`)] }, "neither scanned"],
    ["no image at all", { images: [] }, "no image of it is in the manifests"],
    ["something that is no image", { images: [...SAME.images, named("${IMAGE}")] }, "no image that can be read"],
    [
      "one of several that is not signed",
      { scanned: [`${CHECKOUT}@${A}`, `${PROXY}@${B}`] },
      `${PROXY}: ${B} was scanned, and nothing of it is signed`,
    ],
  ])("stops at %s and names it", async (_what, input, said) => {
    const failure = await new StepBench(imageCustody).failure({ ...SAME, ...input });
    expect(failure).toMatchObject({ code: "custody.broken", retry: "never" });
    expect(failure.message).toContain(said);
  });

  it("lets images pass that were named as not looked at, whatever their tags, and counts them", async () => {
    const images = [...SAME.images, named(`${PROXY}:1`), named("redis:7")];
    const output = await new StepBench(imageCustody).output({ ...SAME, images, besides: [PROXY, "redis"] });
    expect(output).toMatchObject({
      digests: [A],
      check: { result: "the image is scanned, signed and in these manifests; 2 besides, which were not looked at" },
    });
    const failure = await new StepBench(imageCustody).failure({
      ...SAME,
      images: [named(`${CHECKOUT}:1`)],
      besides: [CHECKOUT],
    });
    expect(failure.message).toContain("which is a tag");
  });

  it("takes nothing for scanned that is named by a tag", async () => {
    const failure = await new StepBench(imageCustody).failure({ ...SAME, scanned: `${CHECKOUT}:1.4.2` });
    expect(failure).toMatchObject({ code: "image.no-digest" });
  });
});
