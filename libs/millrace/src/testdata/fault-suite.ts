/** What bad input and failing neighbours do to an application, on any cluster: a clear error or patience, and never a lost or doubled record. */
import { beforeEach, expect, test } from '@jest/globals';
import { millraceError } from '@millrace/base';
import type { SchemaRegistry, StateEngine, StateEngines } from '@millrace/ports';
import { EmbeddedRegistry } from '@millrace/schema-registry';
import { memoryEngines } from '@millrace/store-memory';
import { avro } from '../index.ts';
import { describeOnCluster } from './on-cluster.ts';
import { Lines, reached, type ClusterUnderTest, type Given } from './playground.ts';
import { fold, latest, reaches, stale, wordCount, words } from './word-count.ts';

/** A registry that can go away. */
class FlakyRegistry implements SchemaRegistry {
  readonly #registry = new EmbeddedRegistry();
  isUp = true;

  schemaById(id: number): Promise<string> {
    return this.#ask(() => this.#registry.schemaById(id));
  }

  register(subject: string, schema: string): Promise<number> {
    return this.#ask(() => this.#registry.register(subject, schema));
  }

  idOf(subject: string, schema: string): Promise<number | undefined> {
    return this.#ask(() => this.#registry.idOf(subject, schema));
  }

  latest(subject: string): ReturnType<SchemaRegistry['latest']> {
    return this.#ask(() => this.#registry.latest(subject));
  }

  #ask<T>(ask: () => Promise<T>): Promise<T> {
    const away = { url: 'http://registry:8081', doing: 'a question', problem: 'connect ECONNREFUSED' };
    return this.isUp ? ask() : Promise.reject(millraceError('MR_REGISTRY_UNREACHABLE', away));
  }
}

/** A registry into which somebody put what is no Avro. */
class RegistryOfOthers extends EmbeddedRegistry {
  override schemaById(): Promise<string> {
    return Promise.resolve('{"type": "no-such-type"}');
  }
}

/** Engines on a disk that can be full: nothing is written then, as a failed batch of LevelDB leaves nothing. */
class FullDisk {
  isFull = false;
  readonly engines: StateEngines;

  constructor(engines: StateEngines) {
    this.engines = { ...engines, open: async (name) => this.#limited(await engines.open(name)) };
  }

  #limited(engine: StateEngine): StateEngine {
    return {
      capabilities: engine.capabilities,
      getMany: (keys) => engine.getMany(keys),
      getSync: (key) => engine.getSync(key),
      scan: (range) => engine.scan(range),
      write: (changes) =>
        this.isFull ? Promise.reject(millraceError('MR_STATE_DISK_FULL', { directory: '/state' })) : engine.write(changes),
      close: () => engine.close(),
    };
  }
}

const schemaOf = (fields: readonly object[]): string =>
  JSON.stringify({ type: 'record', name: 'Word', fields: [{ name: 'word', type: 'string' }, ...fields] });
const older = schemaOf([]);
const newer = schemaOf([{ name: 'lang', type: ['null', 'string'], default: null }]);

export function faultSuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(`${name}: an application`, makeCluster, (site) => {
    let input: string;
    let output: string;

    beforeEach(async () => {
      input = await site.ground.topic('words', 4);
      output = await site.ground.topic('counts', 4);
    });

    async function expectCounts(...fed: readonly (readonly Given[])[]): Promise<void> {
      const wanted = fold(...fed);
      const records = await site.ground.committed(output, reaches(wanted));
      expect(latest(records)).toEqual(wanted);
      expect(stale(records)).toEqual([]);
    }

    test('stops at a record that cannot be read, with its position; set to keep dead letters it goes on from there', async () => {
      const words9 = words(9, { partitions: 1 });
      const bad: Given = { partition: 0, key: 'bad', value: Buffer.from([1, 2]), timestamp: 77 };
      const value = avro<{ readonly word: string }>({ schema: older });
      const registry = new EmbeddedRegistry();
      await value.open?.({ topic: input, isKey: false, registry });
      const encoded = words9.map((one) => ({ ...one, value: value.serialize(input, { word: String(one.value) }) }));
      await site.ground.feed(input, [...encoded.slice(0, 5), bad, ...encoded.slice(5)]);
      const program = wordCount({ input, output, value: inWords(value) });
      const engines = memoryEngines();
      const strict = site.ground.application(program, { engines, registry });
      await strict.start();
      await expect(reached(strict, 'NOT_RUNNING')).rejects.toMatchObject({
        code: 'MR_RUNTIME_UNDECODABLE',
        details: { topic: input, partition: 0, offset: 5 },
        message: expect.stringContaining(`${input}-0 offset 5`),
        remedy: expect.stringContaining('errors.dead.letter.queue.topic.name'),
      });

      const dead = `dead-${site.ground.unique}`;
      const config = { deserializationExceptionHandler: 'dead-letter', errorsDeadLetterQueueTopicName: dead };
      const lenient = site.ground.application(program, { engines, registry, config });
      await lenient.start();
      await expectCounts(words9);
      const letters = await site.ground.committed(dead, (records) => records.length > 0);
      expect(letters).toMatchObject([{ key: 'bad', value: bad.value, timestamp: 77 }]);
      const headers = Object.fromEntries(letters[0]?.headers.map(({ key, value: text }) => [key, String(text)]) ?? []);
      expect(headers).toMatchObject({
        '__streams.errors.exception': 'MR_SERDE_UNREADABLE',
        '__streams.errors.topic': input,
        '__streams.errors.partition': '0',
        '__streams.errors.offset': '5',
      });
      await lenient.close();
      expect(lenient.metrics().dropped).toEqual({ [`${input}: undecodable`]: 1 });
    });

    test('keeps of dead letters what their topic takes, and always the reason', async () => {
      const dead = await site.ground.topic('dead', 1, { 'max.message.bytes': '2000' });
      const bad = Array.from({ length: 5 }, (): Given => ({ partition: 0, key: 'bad', value: Buffer.alloc(1_500) }));
      await site.ground.feed(input, [...bad, { partition: 0, key: 'bad', value: Buffer.alloc(9_000) }]);
      const program = wordCount({ input, output, value: inWords(avro<{ readonly word: string }>({ schema: older })) });
      const config = { deserializationExceptionHandler: 'dead-letter', errorsDeadLetterQueueTopicName: dead };
      const application = site.ground.application(program, { engines: memoryEngines(), registry: new EmbeddedRegistry(), config });
      await application.start();
      const letters = await site.ground.committed(dead, (records) => records.length === 6);
      for (const [offset, { headers }] of letters.entries())
        expect(Object.fromEntries(headers.map(({ key, value }) => [key, String(value)]))).toMatchObject({
          '__streams.errors.offset': String(offset),
          '__streams.errors.message': expect.stringContaining('schema 0'),
          '__streams.errors.cut': expect.stringMatching(/^value: \d+ of \d+ bytes/),
        });
      await application.close();
    });

    test.each([
      ['an id that the registry does not know', new EmbeddedRegistry(), /no schema 999/],
      ['a schema that cannot be used', new RegistryOfOthers(), /Schema 999, .* cannot be used/],
    ])('takes %s for the record’s fault', async (_what, registry, why) => {
      const program = wordCount({ input, output, value: inWords(avro<{ readonly word: string }>({ schema: older })) });
      await site.ground.feed(input, [{ partition: 2, key: 'k', value: Buffer.from('00000003e70277', 'hex') }]);
      const strict = site.ground.application(program, { engines: memoryEngines(), registry });
      await strict.start();
      await expect(reached(strict, 'NOT_RUNNING')).rejects.toMatchObject({
        code: 'MR_RUNTIME_UNDECODABLE',
        message: expect.stringMatching(new RegExp(`-2 offset 0 .*${why.source}`)),
      });
    });

    test('waits for a registry that is away, at the start and in the middle; no good record is passed over', async () => {
      const registry = new FlakyRegistry();
      const writer = avro<{ readonly word: string; readonly lang: string }>({ schema: newer });
      await writer.open?.({ topic: 'elsewhere', isKey: false, registry });
      const encoded = words(40).map((one) => ({
        ...one,
        value: writer.serialize('elsewhere', { word: String(one.value), lang: 'en' }),
      }));
      registry.isUp = false;
      const logger = new Lines();
      const streams = site.ground.application(
        wordCount({ input, output, value: inWords(avro<{ readonly word: string }>({ schema: older })) }),
        { engines: memoryEngines(), registry, logger, config: { deserializationExceptionHandler: 'log-and-continue' } },
      );
      await streams.start();
      expect(await logger.with('code', 'MR_REGISTRY_UNREACHABLE')).toMatchObject({
        level: 'warn',
        text: expect.stringContaining('http://registry:8081'),
        fields: { does: 'redo', advice: expect.stringContaining('schema.registry.url') },
      });
      expect(streams.state).toBe('REBALANCING');
      registry.isUp = true;
      await reached(streams, 'RUNNING');

      registry.isUp = false;
      logger.all.length = 0;
      await site.ground.feed(input, encoded);
      await logger.with('code', 'MR_REGISTRY_UNREACHABLE');
      registry.isUp = true;
      await expectCounts(words(40));
      expect(streams.metrics().dropped).toEqual({});
    });

    test('waits for room on a full disk: what was committed is not lost, what was not is done again', async () => {
      const disk = new FullDisk(memoryEngines());
      const logger = new Lines();
      const program = wordCount({ input, output });
      const first = site.ground.application(program, { engines: disk.engines, logger });
      await first.start();
      await site.ground.feed(input, words(200));
      await expectCounts(words(200));

      disk.isFull = true;
      await site.ground.feed(input, words(200, { from: 200 }));
      expect(await logger.with('code', 'MR_STATE_DISK_FULL')).toMatchObject({
        level: 'warn',
        text: expect.stringContaining('/state'),
        fields: { advice: expect.stringContaining('Free some space') },
      });
      await first.close();
      const again = new Lines();
      const second = site.ground.application(program, { engines: disk.engines, logger: again });
      await second.start();
      await site.ground.feed(input, words(200, { from: 400 }));
      await again.with('code', 'MR_STATE_DISK_FULL');
      disk.isFull = false;
      await expectCounts(words(600));
      expect(second.metrics().redone).toBeGreaterThan(0);
    });
  });
}

/** Reads words out of records of a schema. */
function inWords(records: ReturnType<typeof avro<{ readonly word: string }>>): typeof records & never {
  return {
    ...records,
    deserialize: (topic: string, bytes: Buffer) => records.deserialize(topic, bytes).word,
    serialize: (topic: string, word: string) => records.serialize(topic, { word }),
  } as never;
}
