import { expect, it } from "vitest";
import { z } from "zod";

const page = new URL("../../../src/simulator/page/image-label.js", import.meta.url);
const { imageLabel } = z.object({ imageLabel: z.custom<(image: string) => string>() }).parse(await import(page.href));

const DIGEST = `sha256:${"7c1d".repeat(16)}`;

it.each([
  ["registry:5000/shop/checkout:1.5.0", "1.5.0"],
  [`registry:5000/shop/checkout:1.5.0@${DIGEST}`, "1.5.0"],
  [`registry:5000/shop/checkout@${DIGEST}`, "7c1d7c1"],
  ["registry:5000/shop/checkout", "registry:5000/shop/checkout"],
  ["checkout@odd", "odd"],
])("calls a pod's image %s by what fits its card: %s", (image, label) => {
  expect(imageLabel(image)).toBe(label);
});
