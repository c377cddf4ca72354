import { Redis } from "ioredis";

/** What a Redis says of itself. */
export interface RedisFacts {
  /** Such as `7.4.1`. */
  readonly version: string;
  /** What it does when its memory is full; empty where it does not say. */
  readonly policy: string;
}

/** Connects once, asks, and leaves. Rejects with what the connection or the login failed of. */
export async function redisFacts(url: string): Promise<RedisFacts> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 3000,
    commandTimeout: 3000,
  });
  const trouble: { newest?: Error } = {};
  redis.on("error", (error) => (trouble.newest = error));
  try {
    await redis.connect();
    const info = await redis.info();
    const field = (name: string): string => new RegExp(`^${name}:(.*)$`, "mu").exec(info)?.[1]?.trim() ?? "";
    return { version: field("redis_version"), policy: field("maxmemory_policy") };
  } catch (error) {
    // What broke the connection says more than that it is closed.
    throw trouble.newest ?? error;
  } finally {
    redis.disconnect();
  }
}
