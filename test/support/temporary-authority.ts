import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";

import { execa } from "execa";

import { listen } from "../../src/platform/listen.ts";

export interface TemporaryCertificate {
  /** The certificate in PEM, which is its own authority. */
  readonly caFile: string;
  readonly keyFile: string;
}

/** A self-signed certificate for 127.0.0.1, made by the openssl program in `folder`. */
export async function createCertificate(folder: string, name: string): Promise<TemporaryCertificate> {
  const caFile = join(folder, `${name}.crt`);
  const keyFile = join(folder, `${name}.key`);
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  await execa("openssl", ["req", "-x509", "-days", "2", "-out", caFile, ...key, ...subject]);
  return { caFile, keyFile };
}

/** A server that takes TLS off and hands the bytes to a port of this machine; gives its own port. */
export async function listenTls(
  certificate: TemporaryCertificate,
  port: number,
): Promise<{ server: Server; port: number }> {
  const options = { cert: await readFile(certificate.caFile), key: await readFile(certificate.keyFile) };
  const server = createServer(options, (socket) => {
    const inner = connect(port, "127.0.0.1");
    for (const end of [socket, inner]) end.on("error", () => [socket, inner].forEach((other) => other.destroy()));
    socket.pipe(inner).pipe(socket);
  });
  server.on("tlsClientError", () => undefined);
  return { server, port: (await listen(server)).port };
}
