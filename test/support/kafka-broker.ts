import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { freePort } from "../../src/platform/free-port.ts";

const VERSION = "4.1.0";
const DOWNLOAD_MS = 180_000;

/** The jars of Kafka: those of `KAFKA_HOME`, or of a cache that is filled by Maven; why there are none where there are none. */
export const kafkaJars: { readonly folder: string } | { readonly missing: string } = findJars();

if ("missing" in kafkaJars) {
  console.warn(
    `NO KAFKA IS TRIED: ${kafkaJars.missing}. With a Java, set KAFKA_HOME, or QUARTERDECK_FETCH_KAFKA=1 to have Maven fetch it once.`,
  );
}

function findJars(): typeof kafkaJars {
  if (spawnSync("java", ["-version"]).status !== 0) return { missing: "there is no java" };
  const home = process.env["KAFKA_HOME"];
  if (home !== undefined) {
    const folder = join(home, "libs");
    return existsSync(folder) ? { folder } : { missing: `${folder} is not there` };
  }
  // A broker takes a machine with two cores for most of a minute.
  if (process.env["CI"] === "true") return { missing: "nobody asks for it here" };
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "quarterdeck");
  const folder = join(cache, `kafka-${VERSION}`);
  if (existsSync(folder)) return { folder };
  // A hundred megabytes are fetched where somebody asks for it, and not in the middle of all tests.
  if (process.env["QUARTERDECK_FETCH_KAFKA"] !== "1") return { missing: "there is none in the cache" };
  return download(cache, folder);
}

function download(cache: string, folder: string): typeof kafkaJars {
  const work = join(cache, `kafka-${process.pid}`);
  mkdirSync(work, { recursive: true });
  writeFileSync(
    join(work, "pom.xml"),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>broker</artifactId><version>1</version><dependencies><dependency>
<groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version>
</dependency></dependencies></project>`,
  );
  const goal = ["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars", "-DincludeScope=runtime"];
  const { status } = spawnSync("mvn", goal, { cwd: work, timeout: DOWNLOAD_MS });
  if (status !== 0) return { missing: "Maven could not fetch it" };
  try {
    // Another process may have been as fast.
    renameSync(join(work, "jars"), folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
  return { folder };
}

/** Who may read where not everybody may. */
export const KAFKA_USER = { name: "quarterdeck", password: "let-me-in" };

/** A broker of one's own on the loopback interface: one node that is its own controller. */
export class KafkaBroker implements AsyncDisposable {
  /** Where everybody may read. */
  readonly port: number;
  /** Where only `KAFKA_USER` may, by its password. */
  readonly #securedPort: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, { port, secured }: { readonly port: number; readonly secured: number }) {
    this.#folder = folder;
    this.port = port;
    this.#securedPort = secured;
  }

  static async start(): Promise<KafkaBroker> {
    const folder = await mkdtemp(join(tmpdir(), "quarterdeck-kafka-"));
    const [port, secured, controller] = [await freePort(), await freePort(), await freePort()];
    const login = "org.apache.kafka.common.security.plain.PlainLoginModule required";
    const settings = {
      "process.roles": "broker,controller",
      "node.id": 1,
      "controller.quorum.voters": `1@127.0.0.1:${controller}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},SECURED://127.0.0.1:${secured},CONTROLLER://127.0.0.1:${controller}`,
      "advertised.listeners": `PLAINTEXT://127.0.0.1:${port},SECURED://127.0.0.1:${secured}`,
      "controller.listener.names": "CONTROLLER",
      "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURED:SASL_PLAINTEXT",
      "inter.broker.listener.name": "PLAINTEXT",
      "listener.name.secured.sasl.enabled.mechanisms": "PLAIN",
      "listener.name.secured.plain.sasl.jaas.config": `${login} user_${KAFKA_USER.name}="${KAFKA_USER.password}";`,
      "log.dirs": join(folder, "data"),
      "offsets.topic.replication.factor": 1,
      "offsets.topic.num.partitions": 1,
      "share.coordinator.state.topic.replication.factor": 1,
      "share.coordinator.state.topic.min.isr": 1,
      "group.initial.rebalance.delay.ms": 0,
      "group.min.session.timeout.ms": 1000,
      "auto.create.topics.enable": false,
      "log.cleaner.enable": false,
      "num.network.threads": 1,
      "num.io.threads": 2,
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    await writeFile(join(folder, "server.properties"), lines.join(""));
    const broker = new KafkaBroker(folder, { port, secured });
    const format = ["kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c", "server.properties"];
    execFileSync("java", [...javaOptions(), ...format], { cwd: folder, stdio: "ignore" });
    await broker.start();
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get securedAddress(): string {
    return `127.0.0.1:${this.#securedPort}`;
  }

  /** Starts it at the same port, with all that it had; resolves when it takes connections. */
  async start(): Promise<void> {
    const child = spawn("java", [...javaOptions(), "kafka.Kafka", "server.properties"], {
      cwd: this.#folder,
      stdio: "ignore",
    });
    this.#process = child;
    while (!(await takesConnections(this.port))) {
      if (child.exitCode !== null) throw new Error(`the broker ended with ${child.exitCode}`);
    }
  }

  /** Ends it as a machine that loses its power does. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    this.#process = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function javaOptions(): readonly string[] {
  const folder = "folder" in kafkaJars ? kafkaJars.folder : "";
  return ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", join(folder, "*")];
}

const LOOK_MS = 100;

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => setTimeout(() => resolve(false), LOOK_MS));
    });
  } finally {
    socket.destroy();
  }
}
