import { expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, StreamsBuilder } from './index.ts';
import { globalSuite } from './testdata/global-suite.ts';
import { OwnKafka } from './testdata/own-kafka.ts';
import { Playground, reached, until } from './testdata/playground.ts';
import { realCluster } from './testdata/real-cluster.ts';

globalSuite('a real Kafka', () => Promise.resolve(realCluster()));

const strings = { key: Serdes.string(), value: Serdes.string() };

test('a broker that is killed costs a global table no update, and the next start none either', async () => {
  const broker = await OwnKafka.start();
  const ground = new Playground(realCluster(broker.address));
  const [input, table, output] = [
    await ground.topic('input', 2),
    await ground.topic('table', 3),
    await ground.topic('out', 1),
  ];
  const builder = new StreamsBuilder();
  const names = builder.globalTable(table, strings);
  builder
    .stream(input, strings)
    .join(
      names,
      (key) => key,
      (left, right) => `${left} ${right}`,
    )
    .to(output, strings);
  const program = builder.build();
  const engines = memoryEngines();
  const config = { transactionTimeoutMs: 5_000, sessionTimeoutMs: 3_000 };
  const update = (from: number): Promise<void> =>
    ground.feed(
      table,
      Array.from({ length: 300 }, (_, i) => ({ partition: i % 3, key: `k${i}`, value: `v${from + i}` })),
    );
  const answers = async (n: number): Promise<readonly string[]> => {
    await ground.feed(input, [{ partition: n % 2, key: 'k7', value: `q${n}` }]);
    return (await ground.committed(output, (found) => found.length >= n)).map(({ value }) => String(value));
  };
  try {
    await update(0);
    const streams = ground.application(program, { engines, config });
    await streams.start();
    await reached(streams, 'RUNNING');
    expect(await answers(1)).toContain('q1 v7');
    broker.kill();
    await broker.up();
    await update(1_000);
    await until(() => streams.metrics().globalRecords >= 600);
    expect(await answers(2)).toContain('q2 v1007');
    await streams.close();

    await update(2_000);
    const again = ground.application(program, { engines, config });
    await again.start();
    expect(again.metrics().globalRecords).toBe(300);
    await reached(again, 'RUNNING');
    expect(await answers(3)).toContain('q3 v2007');
  } finally {
    await ground.close();
    await broker.remove();
  }
}, 180_000);
