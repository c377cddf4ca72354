import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** What came back over a connection, and whether the other side has closed it. */
export interface RawConnection extends AsyncDisposable {
  readonly socket: Socket;
  /** Everything that was received so far. */
  text(): string;
  /** Resolves when what was received fits; rejects when the connection ends before. */
  until(fits: RegExp): Promise<string>;
  /** Resolves when the other side has closed the connection, in whatever way. */
  readonly closed: Promise<void>;
}

/** A connection on which bytes can be sent that no HTTP client would send. */
export async function openRaw(address: string): Promise<RawConnection> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  let received = "";
  const changed = new Set<() => void>();
  const tell = (): void => changed.forEach((listener) => listener());
  socket.setEncoding("latin1").on("data", (text: string) => {
    received += text;
    tell();
  });
  // What was cut off is closed, too.
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  await once(socket, "connect");
  return {
    socket,
    closed,
    text: () => received,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (fits.test(received)) resolve(received);
          else if (socket.closed) reject(new Error(`the connection ended with: ${received}`));
        };
        changed.add(look);
        socket.once("close", look);
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await closed;
    },
  };
}

/** Sends one request as these bytes and gives back everything that is received until the connection is closed. */
export async function exchangeRaw(address: string, bytes: string): Promise<string> {
  await using connection = await openRaw(address);
  connection.socket.write(bytes, "latin1");
  await connection.closed;
  return connection.text();
}
