/** One message as it stands in a partition. */
export interface KafkaMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Of the leader that wrote it; -1 where it is not known. */
  readonly leaderEpoch: number;
  /** When it was written or sent, in milliseconds since the epoch; negative where nobody said. */
  readonly at: number;
  readonly key: Uint8Array | undefined;
  readonly value: Uint8Array | undefined;
  readonly headers: readonly (readonly [Uint8Array, Uint8Array])[];
}

/** Up to where a partition is dealt with: the message after it is the next. */
export interface DealtWith {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly leaderEpoch: number;
}

/** A member of a consumer group that reads one topic. */
export interface KafkaSource extends AsyncDisposable {
  /** In order within each partition; a message may come again after a rebalance. Ends when told to, throws when the brokers are lost. */
  readonly messages: AsyncIterable<KafkaMessage>;
  /** Has Kafka remember what is dealt with. */
  commit(dealtWith: readonly DealtWith[]): Promise<void>;
}
