/** Versioned tables and joins with a grace in an application that is cut off again and again, on the embedded broker. */
import { expect, test } from '@jest/globals';
import { seededRandom } from '@millrace/base';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, Stores, StreamsBuilder, type KafkaStreams, type Program } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { pipedSiteOfEach } from './testdata/on-cluster.ts';
import { reached, until, type ClusterUnderTest } from './testdata/playground.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };
const config = { commitIntervalMs: 20, sessionTimeoutMs: 1_000, transactionTimeoutMs: 1_000 };

const site = pipedSiteOfEach(embeddedCluster, 1);

/** Every second record is a row of the table, every other one asks for the row of its time, and waits for it. */
function program(): Program {
  const builder = new StreamsBuilder();
  const stream = builder.stream(site.input, strings);
  const table = stream
    .filter((_key, value) => value.startsWith('row'))
    .toTable(Stores.persistentVersionedKeyValueStore('v', 1_000, 100));
  stream
    .filter((_key, value) => value.startsWith('ask'))
    .leftJoin(table, (ask, row) => `${ask}=${row ?? 'none'}`, { ...strings, grace: 20 })
    .to(site.output, strings);
  return builder.build();
}

test.each([1, 2, 3])(
  'what waits and what was is there after each cut (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const fed = Array.from({ length: 160 }, (_, i) => {
      const key = `k${i % 3}`;
      return i % 2 === 0
        ? { key, value: `row${i}`, timestamp: 10 * i + 5, partition: 0 }
        : { key, value: `ask${i}`, timestamp: 10 * i, partition: 0 };
    });
    // Moves the time on, so that all that waits comes out.
    const last = { key: 'end', value: 'ask', timestamp: 5_000, partition: 0 };
    const engines = memoryEngines();
    for (let life = 0; life < 3; life++) {
      // Each life has something left to do.
      await site.ground.feed(site.input, fed.slice(40 * life, 40 * (life + 1)));
      const client = site.cluster.newClient();
      const dying = application(client, random.next() < 0.5 ? engines : memoryEngines());
      await dying.start();
      await reached(dying, 'RUNNING');
      const enough = 1 + random.int(30);
      await until(() => dying.metrics().processed >= enough);
      await client.close();
      await dying.close({ timeoutMs: 1 });
    }
    await site.ground.feed(site.input, [...fed.slice(120), last]);
    await application(site.cluster.newClient(), engines).start();
    const wanted = fed.flatMap(({ key, value, timestamp }) => {
      if (!value.startsWith('ask')) return [];
      const rows = fed.filter((row) => row.value.startsWith('row') && row.key === key && row.timestamp <= timestamp);
      return [`${value}=${rows.at(-1)?.value ?? 'none'}`];
    });
    const records = await site.ground.committed(site.output, (found) => found.length >= wanted.length);
    const texts = records.map(({ value }) => Serdes.string().deserialize('', value as Buffer));
    expect(texts).toEqual(wanted);
  },
  60_000,
);

function application(client: ReturnType<ClusterUnderTest['newClient']>, engines = memoryEngines()): KafkaStreams {
  return site.ground.application(program(), { engines, client, config });
}
