import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

export interface SelfSignedCertificate {
  /** PEM of the certificate, which is its own authority. */
  readonly cert: string;
  /** PEM of its private key. */
  readonly key: string;
}

const DAY_MS = 86_400_000;
// The object identifiers 2.5.4.3, 1.2.840.10045.4.3.2, 2.5.29.17 and 2.5.29.19 in their encoded form.
const COMMON_NAME = "550403";
const ECDSA_WITH_SHA256 = "2a8648ce3d040302";
const SUBJECT_ALTERNATIVE_NAME = "551d11";
const BASIC_CONSTRAINTS = "551d13";

/** A fresh certificate for 127.0.0.1, valid from a day before that moment to a day after it. Node can read certificates but not make them, hence the DER by hand. */
export function createSelfSignedCertificate(name: string, at = Date.now()): SelfSignedCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = der(0x30, objectId(ECDSA_WITH_SHA256));
  const person = der(0x30, der(0x31, der(0x30, objectId(COMMON_NAME), der(0x0c, Buffer.from(name)))));
  const extensions = [
    extension(SUBJECT_ALTERNATIVE_NAME, der(0x30, der(0x87, Buffer.from([127, 0, 0, 1])))),
    extension(BASIC_CONSTRAINTS, der(0x30, der(0x01, Buffer.from([0xff])))),
  ];
  const content = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    person,
    der(0x30, moment(at - DAY_MS), moment(at + DAY_MS)),
    person,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(0x30, ...extensions)),
  );
  const signature = sign("sha256", content, privateKey);
  const certificate = der(0x30, content, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString("base64").match(/.{1,64}/gu) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function extension(id: string, value: Buffer): Buffer {
  return der(0x30, objectId(id), der(0x04, value));
}

function moment(atMs: number): Buffer {
  const text = new Date(atMs).toISOString().replaceAll(/\.\d+|[-:T]/gu, "");
  return der(0x18, Buffer.from(text));
}
