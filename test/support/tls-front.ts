import { connect } from "node:net";
import { createServer, type Server } from "node:tls";

import { listen } from "../../src/platform/listen.ts";
import type { SelfSignedCertificate } from "./self-signed-certificate.ts";

export interface TlsFront {
  readonly server: Server;
  readonly port: number;
}

/** A server that takes TLS off and hands the bytes to a port of this machine. The caller closes it. */
export async function openTlsFront(certificate: SelfSignedCertificate, port: number): Promise<TlsFront> {
  const server = createServer(certificate, (socket) => {
    const inner = connect(port, "127.0.0.1");
    for (const end of [socket, inner]) {
      end.on("error", () => {
        socket.destroy();
        inner.destroy();
      });
    }
    socket.pipe(inner).pipe(socket);
  });
  server.on("tlsClientError", () => undefined);
  return { server, port: (await listen(server)).port };
}
