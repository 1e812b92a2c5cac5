/** Frames, order, and clients that send nonsense. */
import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { seededRandom, type LogFields } from '@millrace/base';
import {
  BatchBuilder,
  apis,
  decodeResponse,
  encodeRequest,
  type ApiName,
  type Input,
  type RequestOf,
} from '@millrace/protocol';
import { Broker, type ServerConnection } from './broker.ts';
import { VirtualClock } from '@millrace/testing/virtual-clock';
import { talk } from './testdata/embedded.ts';

interface Raw {
  readonly server: ServerConnection;
  /** Correlation ids in the order of the answers. */
  readonly answered: number[];
  readonly frames: Buffer[];
  readonly log: [text: string, fields: LogFields | undefined][];
  readonly clock: VirtualClock;
  closes: number;
}

function connect(limits: { maxRequestBytes?: number } = {}): Raw {
  const clock = new VirtualClock();
  const log: Raw['log'] = [];
  const logger = { log: (_level: string, text: string, fields?: LogFields) => void log.push([text, fields]) };
  const broker = new Broker({ clock, random: seededRandom(1), logger, ...limits });
  const raw: Omit<Raw, 'server'> = { answered: [], frames: [], log, clock, closes: 0 };
  const server = broker.accept(
    (bytes) => {
      raw.frames.push(bytes.subarray(4));
      raw.answered.push(bytes.readInt32BE(4));
    },
    () => raw.closes++,
  );
  return Object.assign(raw, { server });
}

function request<N extends ApiName>(
  name: N,
  version: number,
  correlationId: number,
  body: Input<RequestOf<(typeof apis)[N]>>,
): Buffer {
  return encodeRequest(apis[name] as never, version, { correlationId, clientId: 'c' }, body as never);
}

const waitingFetch = (correlationId: number): Buffer =>
  request('Fetch', 11, correlationId, {
    maxWaitMs: 500,
    minBytes: 1,
    topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100 }] }],
  });
const createTopic = request('CreateTopics', 5, 0, { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }] });

describe('a connection', () => {
  test('takes frames in any pieces', () => {
    const raw = connect();
    const bytes = Buffer.concat([0, 1, 2].map((id) => request('ApiVersions', 3, id, { clientSoftwareName: 'c' })));
    for (const byte of bytes) raw.server.receive(Buffer.from([byte]));
    raw.server.receive(Buffer.concat([bytes, bytes.subarray(0, 10)]));
    expect(raw.answered).toEqual([0, 1, 2, 0, 1, 2]);
  });

  test('answers in the order of the requests, even if the first one waits', async () => {
    const raw = connect();
    raw.server.receive(
      Buffer.concat([createTopic, waitingFetch(1), request('Metadata', 9, 2, { topics: null }), waitingFetch(3)]),
    );
    expect(raw.answered).toEqual([0]);
    await raw.clock.until(raw.clock.sleep(500));
    expect(raw.answered).toEqual([0, 1, 2]);
    await raw.clock.until(raw.clock.sleep(500));
    expect(raw.answered).toEqual([0, 1, 2, 3]);
  });

  test('that is closed gets no answer to what it still waited for', async () => {
    const raw = connect();
    raw.server.receive(Buffer.concat([createTopic, waitingFetch(1)]));
    expect(raw.clock.pending).toBe(1);
    raw.server.closed();
    expect(raw.clock.pending).toBe(0);
    await raw.clock.until(raw.clock.sleep(1_000));
    expect(raw.answered).toEqual([0]);
    expect(raw.closes).toBe(0);
  });

  test('does not answer Produce with acks 0, and goes on', async () => {
    const errors = await talk(async (wire) => {
      const topic = await wire.topic();
      const records = new BatchBuilder();
      records.append(null, Buffer.from('x'), 1);
      const partitionData = [{ index: 0, records: records.build() }];
      void wire.send('Produce', 9, { acks: 0, topicData: [{ name: topic, partitionData }] });
      const answer = await wire.produce(topic, { acks: 1 });
      return [answer.error, answer.baseOffset];
    });
    expect(errors).toEqual(['NONE', 1]);
  });

  test('is closed when Produce with acks 0 fails', async () => {
    const isClosed = await talk(async (wire) => {
      await wire.send('Produce', 9, { acks: 0, topicData: [{ name: 'missing', partitionData: [{ index: 0 }] }] });
      return wire.isClosed;
    });
    expect(isClosed).toBe(true);
  });

  test.each([
    ['an API that is not known', Buffer.from([0, 0, 0, 10, 3, 231, 0, 0, 0, 0, 0, 1, 255, 255])],
    ['an API that is for brokers', Buffer.from([0, 0, 0, 10, 0, 4, 0, 0, 0, 0, 0, 1, 255, 255])],
    ['a version that is not offered', Buffer.from([0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 1, 255, 255])],
    ['a body that is cut off', Buffer.from([0, 0, 0, 10, 0, 3, 0, 9, 0, 0, 0, 1, 255, 255])],
    ['a header that is cut off', Buffer.from([0, 0, 0, 3, 0, 3, 0])],
    ['a negative length', Buffer.from([255, 255, 255, 255])],
    ['a length above the limit', Buffer.from([0, 1, 0, 0])],
    ['a TLS greeting', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
  ])('that sends %s is closed, which is logged', (_what, bytes) => {
    const raw = connect({ maxRequestBytes: 1_000 });
    raw.server.receive(bytes);
    raw.server.receive(createTopic);
    expect([raw.closes, raw.answered.length, raw.log.length]).toEqual([1, 0, 1]);
  });

  test('is told in version 0 that a version of ApiVersions is not known', () => {
    const raw = connect();
    raw.server.receive(Buffer.from([0, 0, 0, 11, 0, 18, 0, 77, 0, 0, 0, 5, 255, 255, 0]));
    const { body } = decodeResponse(apis.ApiVersions, 0, raw.frames[0] as Buffer);
    expect(body).toMatchObject({ errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] });
    expect(raw.closes).toBe(0);
  });
});

test('every API that is offered has versions that can be asked for', async () => {
  const { apiKeys, finalizedFeatures } = await talk((wire) => wire.call('ApiVersions', 4, {}));
  expect(finalizedFeatures).toEqual([{ name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 2 }]);
  const ranges = Object.fromEntries(
    apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]]),
  );
  expect(ranges).toMatchObject({ 0: [0, 13], 1: [4, 18], 3: [0, 13], 11: [0, 9], 24: [0, 3], 26: [0, 5], 28: [0, 5] });
});
