import { diffManifests } from "../../../src/argocd/manifest-diff.ts";
import { readRecording } from "../../unit/argocd/recording.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const manifests = ["sync-manual-to-healthy", "pin-with-missing-and-extra"]
  .flatMap((name) => readRecording(name))
  .flatMap(({ request, response }) => (request?.path.includes("/manifests") === true ? textsOf(response?.body) : []));
const [first = "{}", second = "{}", third = "{}"] = manifests;

const SECRET = "a-password-that-nobody-may-see";
const hidden = (value: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    data: { a: value },
    stringData: { b: value },
  });

/** Two renderings, a manifest a line, with a line of its own between them. */
export const target: FuzzTarget = {
  seeds: [
    `${first}\n${second}\n\n${second}\n${third}`,
    `${first}\n\n${first.replaceAll("1", "2")}`,
    '{"kind":"Deployment","metadata":{"name":"a"},"spec":{"template":{"spec":{"containers":[{"name":"web","image":"a:1"}]}}}}\n\n{"kind":"Deployment","metadata":{"name":"a"},"spec":{"template":{"spec":{"containers":[{"name":"web","image":"a:2"}]}}}}',
  ],
  words: [
    '{"kind":"Secret","metadata":{"name":"a"},"data":{"b":"++++"}}',
    '"name":',
    '"metadata":',
    "containers",
    "password",
    "sha256:",
    "\n",
    "\n\n",
  ],
  longest: 30_000,
  run(input) {
    const [from = "", to = ""] = input.split("\n\n");
    const diff = diffManifests(
      [...from.split("\n"), hidden(`${SECRET}-1`)],
      [...to.split("\n"), hidden(`${SECRET}-2`)],
    );
    must(!JSON.stringify(diff).includes(SECRET), "no value of a Secret is shown");
    const few = from.slice(0, 5000).split("\n");
    must(diffManifests(few, few).changesNothing, "what is the same changes nothing");
    return diff;
  },
};

function textsOf(body: unknown): readonly string[] {
  if (typeof body !== "object" || body === null || !("manifests" in body) || !Array.isArray(body.manifests)) return [];
  return body.manifests.filter((text): text is string => typeof text === "string");
}
