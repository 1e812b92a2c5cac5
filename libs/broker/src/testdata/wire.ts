/** The protocol by hand, over any transport: what conversations with a broker are made of. */
import { Buffer } from 'node:buffer';
import { invariant, type Clock, type Random } from '@millrace/base';
import type { Address, Connection, Transport } from '@millrace/ports';
import {
  BatchBuilder,
  apis,
  decodeResponse,
  encodeRequest,
  errorName,
  type Api,
  type ApiName,
  type Input,
  type ProducerStamp,
  type RequestOf,
  type ResponseOf,
} from '@millrace/protocol';
import { FrameReader } from '../frame-reader.ts';

export type RequestBody<N extends ApiName> = Input<RequestOf<(typeof apis)[N]>>;
export type ResponseBody<N extends ApiName> = ResponseOf<(typeof apis)[N]>;

export interface WirePorts {
  readonly transport: Transport;
  readonly address: Address;
  readonly clock: Clock;
  readonly random: Random;
}

/** Who produces. */
export interface Producer {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface ProduceOptions extends ProducerStamp {
  readonly version?: number;
  readonly partition?: number;
  readonly values?: readonly string[];
  readonly key?: string;
  readonly timestamp?: number;
  readonly acks?: number;
}

/** One connection. */
export class Wire {
  readonly ports: WirePorts;
  readonly #connection: Connection;
  readonly #waiting = new Map<number, (frame: Buffer | undefined) => void>();
  readonly #others: Wire[] = [];
  #correlationId = 0;
  isClosed = false;

  private constructor(ports: WirePorts, connection: Connection) {
    this.ports = ports;
    this.#connection = connection;
  }

  static async open(ports: WirePorts): Promise<Wire> {
    const frames = new FrameReader(100_000_000);
    const connection = await ports.transport.connect(ports.address, {
      onData: (chunk) => {
        frames.add(Buffer.from(chunk));
        for (let frame = frames.next(); frame instanceof Buffer; frame = frames.next()) wire.#arrived(frame);
      },
      onClose: () => wire.#gone(),
    });
    const wire = new Wire(ports, connection);
    return wire;
  }

  /** A connection beside this one; it ends with it. */
  async another(): Promise<Wire> {
    const other = await Wire.open(this.ports);
    this.#others.push(other);
    return other;
  }

  close(): void {
    for (const other of this.#others) other.close();
    this.#connection.close();
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#connection.write([bytes]);
  }

  /** Sends a request; undefined when the connection is closed instead of an answer. */
  async send<N extends ApiName>(name: N, version: number, body: RequestBody<N>): Promise<ResponseBody<N> | undefined> {
    const api = apis[name] as unknown as Api<RequestOf<(typeof apis)[N]>, ResponseBody<N>>;
    if (this.isClosed) return undefined;
    const correlationId = this.#correlationId++;
    const frame = new Promise<Buffer | undefined>((resolve) => this.#waiting.set(correlationId, resolve));
    this.write(encodeRequest(api, version, { correlationId, clientId: 'wire' }, body));
    const bytes = await frame;
    return bytes && decodeResponse(api, version, bytes).body;
  }

  async call<N extends ApiName>(name: N, version: number, body: RequestBody<N>): Promise<ResponseBody<N>> {
    const response = await this.send(name, version, body);
    invariant(response !== undefined, `${name} v${version} is answered`);
    return response;
  }

  /** The next answer, whatever it is to: a frame without its length. */
  next(correlationId: number): Promise<Buffer | undefined> {
    return new Promise((resolve) => this.#waiting.set(correlationId, resolve));
  }

  pass(ms: number): Promise<void> {
    return this.ports.clock.sleep(ms);
  }

  unique(what: string): string {
    return `${what}-${this.ports.random.uuid()}`;
  }

  async topic(partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = this.unique('wire');
    const list = Object.entries({ 'retention.ms': '-1', ...configs }).map(([key, value]) => ({ name: key, value }));
    const { topics } = await this.call('CreateTopics', 5, {
      topics: [{ name, numPartitions: partitions, replicationFactor: 1, configs: list }],
      timeoutMs: 10_000,
    });
    invariant(topics[0]?.errorCode === 0, `the topic is created: ${topics[0]?.errorMessage}`);
    // A real broker leads its partitions a little later.
    const all = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    for (;;) {
      const offsets = await this.call('ListOffsets', 5, { topics: [{ name, partitions: all }] });
      if (offsets.topics[0]?.partitions.every(({ errorCode }) => errorCode === 0)) return name;
      await this.pass(20);
    }
  }

  /** Produces one batch; the answer of its partition, its error by name. */
  async produce(topic: string, options: ProduceOptions = {}, transactionalId: string | null = null) {
    const { version = 12, partition = 0, values = ['x'], timestamp = this.ports.clock.now(), acks = -1, key = 'k', ...stamp } = options;
    const builder = new BatchBuilder();
    for (const value of values) builder.append(Buffer.from(key), Buffer.from(value), timestamp);
    const records = builder.build(stamp);
    return this.produceBytes(topic, records, { version, partition, acks, transactionalId });
  }

  async produceBytes(
    topic: string,
    records: Uint8Array | null,
    options: { version?: number; partition?: number; acks?: number; transactionalId?: string | null } = {},
  ) {
    const { version = 12, partition: index = 0, acks = -1, transactionalId = null } = options;
    const { responses } = await this.call('Produce', version, {
      transactionalId,
      acks,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index, records }] }],
    });
    const [answer] = responses[0]?.partitionResponses ?? [];
    invariant(answer !== undefined, 'Produce answers for its partition');
    return { error: errorName(answer.errorCode), baseOffset: answer.baseOffset };
  }

  /** Produces in a transaction, again while the one before is being completed; the error by name. */
  async produceIn(producer: Producer, topic: string, options?: ProduceOptions): Promise<string> {
    const { error } = await this.#whenCompleted(() => this.produceOnce(producer, topic, options));
    return error;
  }

  produceOnce(producer: Producer, topic: string, options: ProduceOptions = {}) {
    const { producerId, producerEpoch, transactionalId } = producer;
    const stamp = { producerId, producerEpoch, baseSequence: 0, isTransactional: true };
    return this.produce(topic, { ...stamp, ...options }, transactionalId);
  }

  /** InitProducerId until the answer is not CONCURRENT_TRANSACTIONS. */
  async init(transactionalId: string, options: { timeoutMs?: number; as?: Producer } = {}): Promise<Producer> {
    for (;;) {
      const { error, ...producer } = await this.initOnce(transactionalId, options);
      if (error === 'NONE') return { transactionalId, ...producer };
      invariant(retriable.has(error), `InitProducerId says ${error}`);
      await this.pass(10);
    }
  }

  async initOnce(transactionalId: string, options: { timeoutMs?: number; as?: Producer; version?: number } = {}) {
    const { timeoutMs = 60_000, as, version = 5 } = options;
    const { errorCode, producerId, producerEpoch } = await this.call('InitProducerId', version, {
      transactionalId,
      transactionTimeoutMs: timeoutMs,
      producerId: as?.producerId ?? -1,
      producerEpoch: as?.producerEpoch ?? -1,
    });
    return { error: errorName(errorCode), producerId, producerEpoch };
  }

  /** EndTxn, again while the transaction before is being completed; the error by name and the producer to go on as. */
  end(producer: Producer, committed: boolean, version?: number) {
    return this.#whenCompleted(() => this.endOnce(producer, committed, version));
  }

  async endOnce(producer: Producer, committed: boolean, version = 5) {
    const { errorCode, producerId, producerEpoch } = await this.call('EndTxn', version, { ...producer, committed });
    return { error: errorName(errorCode), producerId, producerEpoch };
  }

  /** Waits until the markers are written. */
  async stable(topic: string, offset: number, partition = 0): Promise<void> {
    for (;;) {
      const { topics } = await this.call('ListOffsets', 5, {
        isolationLevel: 1,
        topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -1 }] }],
      });
      if (topics[0]?.partitions[0]?.offset === offset) return;
      await this.pass(5);
    }
  }

  /** How long a coordinator takes to complete a transaction is no matter of a conversation: clients ask again, too. */
  async #whenCompleted<A extends { readonly error: string }>(ask: () => Promise<A>): Promise<A> {
    for (;;) {
      const answer = await ask();
      if (answer.error !== 'CONCURRENT_TRANSACTIONS') return answer;
      await this.pass(5);
    }
  }

  #arrived(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0);
    const resolve = this.#waiting.get(correlationId);
    this.#waiting.delete(correlationId);
    resolve?.(frame);
  }

  #gone(): void {
    this.isClosed = true;
    for (const resolve of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
  }
}

const retriable: ReadonlySet<string> = new Set([
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
]);
