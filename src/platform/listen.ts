import type { Server } from "node:net";

export interface ListenOptions {
  /** 127.0.0.1 when absent. */
  readonly host?: string | undefined;
  /** 0, the default, takes any free port. */
  readonly port?: number | undefined;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Resolves with the address once the server accepts connections; rejects when it cannot, for example because the port is taken. */
export function listen(server: Server, options: ListenOptions = {}): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      if (address === null || typeof address === "string") reject(new TypeError("the server does not listen on TCP"));
      else resolve({ host: address.address, port: address.port });
    });
  });
}
