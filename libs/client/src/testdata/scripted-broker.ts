/** Brokers for tests behind the Transport port: they speak the real bytes and say what a test scripts. */
import { Buffer } from 'node:buffer';
import { millraceError, seededRandom, silentLogger } from '@millrace/base';
import type { Connection, ConnectionHandlers, KafkaClient, Transport } from '@millrace/ports';
import {
  apiByKey,
  apis,
  decodeRequest,
  decodeRequestHeader,
  encodeResponse,
  type ApiName,
  type Input,
  type RequestOf,
  type ResponseOf,
} from '@millrace/protocol';
import { createKafkaClient, type KafkaClientOptions } from '../kafka-client.ts';
import { VirtualClock } from '@millrace/testing/virtual-clock';

export type RequestBody<N extends ApiName> = RequestOf<(typeof apis)[N]>;
export type ResponseBody<N extends ApiName> = Input<ResponseOf<(typeof apis)[N]>>;

/** `close` carries the request out and loses the answer; `silence` never answers. */
export type Reply<N extends ApiName> = ResponseBody<N> | 'close' | 'silence';
type Script = (request: never, about: { readonly node: number; readonly version: number; readonly nth: number }) => unknown;

/** A request as a broker got it. */
export interface Seen {
  readonly node: number;
  readonly api: string;
  readonly version: number;
  readonly body: Record<string, unknown>;
}

export interface ScriptedTopic {
  /** Leader of each partition. */
  leaders: number[];
}

export class ScriptedCluster implements Transport {
  readonly clock = new VirtualClock();
  readonly seen: Seen[] = [];
  readonly topics = new Map<string, ScriptedTopic>();
  nodes = [0];
  features: ResponseBody<'ApiVersions'>['finalizedFeatures'] = [
    { name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 0 },
  ];
  /** Newest version offered of an API. */
  readonly newest = new Map<ApiName, number>();
  readonly #scripts = new Map<string, Script>();
  readonly #counts = new Map<string, number>();

  /** Scripts the answers to an API; `nth` counts from 0. */
  on<N extends ApiName>(
    api: N,
    script: (request: RequestBody<N>, about: { node: number; version: number; nth: number }) => Reply<N>,
  ): this {
    this.#scripts.set(api, script as unknown as Script);
    return this;
  }

  /** Answers one after the other; the last one again and again. */
  answers<N extends ApiName>(api: N, ...replies: Reply<N>[]): this {
    return this.on(api, (_request, { nth }) => replies[Math.min(nth, replies.length - 1)] as Reply<N>);
  }

  requests<N extends ApiName>(api: N): (Seen & { readonly body: RequestBody<N> })[] {
    return this.seen.filter((one) => one.api === api) as (Seen & { readonly body: RequestBody<N> })[];
  }

  client(options: Partial<KafkaClientOptions> = {}): KafkaClient {
    return createKafkaClient({
      bootstrapServers: 'broker-0:9092',
      clientId: 'test',
      transport: this,
      clock: this.clock,
      random: seededRandom(1),
      logger: silentLogger,
      ...options,
    });
  }

  async connect({ host }: { readonly host: string }, handlers: ConnectionHandlers): Promise<Connection> {
    const node = Number(host.replace('broker-', ''));
    if (!this.nodes.includes(node)) throw Object.assign(millraceError('MR_INVARIANT', { why: 'refused' }), { code: 'ECONNREFUSED' });
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      void Promise.resolve().then(() => handlers.onClose());
    };
    const write = (chunks: readonly Uint8Array[]): void => {
      for (const chunk of chunks) {
        const answer = this.#answer(node, Buffer.from(chunk).subarray(4));
        if (answer === 'close') return close();
        if (answer === 'silence') continue;
        void Promise.resolve().then(() => isOpen && handlers.onData(answer));
      }
    };
    return { write: (chunks) => isOpen && write(chunks), close };
  }

  #answer(node: number, frame: Buffer): Buffer | 'close' | 'silence' {
    const { apiKey, apiVersion: version, correlationId, bodyOffset } = decodeRequestHeader(frame);
    const api = apiByKey(apiKey);
    if (api === undefined) return 'close';
    const body = decodeRequest(api, version, frame, bodyOffset) as Record<string, unknown>;
    this.seen.push({ node, api: api.name, version, body });
    const nth = this.#counts.get(api.name) ?? 0;
    this.#counts.set(api.name, nth + 1);
    const script = this.#scripts.get(api.name) ?? this.#standard(api.name as ApiName);
    const reply = script(body as never, { node, version, nth });
    if (reply === 'close' || reply === 'silence') return reply;
    return encodeResponse(api, version, correlationId, reply as Input<unknown>);
  }

  #standard(api: ApiName): Script {
    switch (api) {
      case 'ApiVersions':
        return () => ({ apiKeys: this.#offered(), finalizedFeatures: this.features, finalizedFeaturesEpoch: 1 });
      case 'Metadata':
        return (request: RequestBody<'Metadata'>) => this.#metadata(request);
      case 'FindCoordinator':
        return (request: RequestBody<'FindCoordinator'>) => ({
          coordinators: request.coordinatorKeys.map((key) => ({ key, nodeId: this.nodes[0] ?? 0, host: 'broker-0', port: 9092 })),
        });
      case 'InitProducerId':
        return (_request, { nth }) => ({ producerId: 7, producerEpoch: nth });
      case 'DescribeTransactions':
        return ({ transactionalIds }: RequestBody<'DescribeTransactions'>) => ({
          transactionStates: transactionalIds.map((transactionalId) => ({ transactionalId, transactionState: 'CompleteCommit' })),
        });
      case 'DescribeProducers':
        return ({ topics }: RequestBody<'DescribeProducers'>) => ({
          topics: topics.map(({ name, partitionIndexes }) => ({
            name,
            partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex })),
          })),
        });
      default:
        throw millraceError('MR_INVARIANT', { why: `a test scripts ${api}` });
    }
  }

  #offered() {
    return Object.entries(apis).map(([name, { key, versions }]) => ({
      apiKey: key,
      minVersion: versions.min,
      maxVersion: this.newest.get(name as ApiName) ?? versions.max,
    }));
  }

  #metadata({ topics }: RequestBody<'Metadata'>): ResponseBody<'Metadata'> {
    return {
      brokers: this.nodes.map((nodeId) => ({ nodeId, host: `broker-${nodeId}`, port: 9092 })),
      controllerId: 0,
      topics: (topics ?? []).map(({ name }) => {
        const topic = this.topics.get(name ?? '');
        if (topic === undefined) return { name, errorCode: 3 };
        const partitions = topic.leaders.map((leaderId, partitionIndex) => ({ partitionIndex, leaderId, leaderEpoch: 1 }));
        return { name, partitions };
      }),
    };
  }
}
