import { z } from "zod";

import type { Failure } from "../../domain/outcome.ts";
import { defineAction, type StepKind } from "../../engine/step-kind.ts";
import { CheckResult } from "../image/check-result.ts";
import { ImageDigest, ImageText, parseImageByDigest } from "../image/image-reference.ts";
import { textFaults } from "../written-faults.ts";
import { custodyProblems, verifiedImages } from "./custody-problems.ts";

const Verified = z.union([ImageText, z.array(ImageText).min(1).max(100)]);

const Input = z.strictObject({
  scanned: Verified.meta({ description: "The images that were scanned, by their digests" }),
  signed: Verified.meta({ description: "Those of which it was verified who signed them" }),
  images: z
    .array(z.strictObject({ image: z.string(), digest: z.string(), where: z.string() }))
    .meta({ description: "The images in the manifests: the output `images` of manifests/validate" }),
  besides: z.array(z.string().min(1)).max(200).optional().meta({
    description:
      "Repositories whose images may be in the manifests without being scanned and signed here, such as registry.example.com/proxy",
  }),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  /** What was scanned, is signed, and is in these manifests. */
  digests: z.array(ImageDigest),
  /** The same, as the manifests name them. */
  images: z.array(z.string()),
  /** For the `checks` of an approval. */
  check: CheckResult,
});

/** Compares what was scanned with what is signed and with what the manifests have, and stops where one of them is another. */
export const imageCustody: StepKind = defineAction({
  kind: "image/custody",
  summary: "Makes sure that what was scanned is what is signed and what the manifests have.",
  input: Input,
  output: Output,
  givenFaults: ({ scanned, signed }) => [
    ...textFaults({ value: scanned, path: ["scanned"] }, parseImageByDigest),
    ...textFaults({ value: signed, path: ["signed"] }, parseImageByDigest),
  ],
  notes: {
    failures: {
      "custody.broken": {
        retry: "never",
        meaning: "An image is not the same everywhere. The message names each that differs, and in what.",
      },
      "image.unreadable": { retry: "never", meaning: "What was scanned or signed is no image." },
      "image.no-digest": { retry: "never", meaning: "What was scanned or signed is named by a tag." },
    },
    example: `id: custody
uses: image/custody
with:
  scanned: \${{ steps.scan.outputs.image }}
  signed: \${{ steps.signed.outputs.image }}
  images: \${{ steps.manifests.outputs.images }}
  besides: [registry.example.com/proxy]
`,
  },
  repeat: "safe",
  run: async (input) => {
    const problems = custodyProblems(input);
    if (problems.length > 0) return { status: "failed", failure: broken(problems) };
    const digests = [...new Set(verifiedImages(input.scanned).map(({ digest }) => digest))];
    const images = input.images.filter(({ digest }) => digests.includes(digest)).map(({ image }) => image);
    return { status: "succeeded", output: { digests, images, check: checkOf(input, images) } };
  },
});

function checkOf({ images: all }: Input, own: readonly string[]): CheckResult {
  const others = all.length - own.length;
  const more = others === 0 ? "" : `; ${others} besides, which were not looked at`;
  const what = own.length === 1 ? "the image is" : `${own.length} images are`;
  return { name: "image/custody", result: `${what} scanned, signed and in these manifests${more}` };
}

const MOST_NAMED = 5;

function broken(problems: readonly string[]): Failure {
  const more = problems.length > MOST_NAMED ? `; and ${problems.length - MOST_NAMED} more` : "";
  const message = `What was looked at is not what would run: ${problems.slice(0, MOST_NAMED).join("; ")}${more}`;
  return { code: "custody.broken", message, retry: "never", details: { problems: problems.slice(0, 50) } };
}
