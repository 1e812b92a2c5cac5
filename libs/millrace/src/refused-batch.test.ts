/** A batch that the broker refuses after the record was processed: it is no single record's business, so nobody is asked, and nothing is dropped. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, StreamsBuilder } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { Playground, until, type ClusterUnderTest } from './testdata/playground.ts';
import { words } from './testdata/word-count.ts';

let cluster: ClusterUnderTest;
let ground: Playground;

beforeEach(() => {
  cluster = embeddedCluster();
  ground = new Playground(cluster);
});

afterEach(async () => {
  await ground.close();
  await cluster.close();
});

test.each(['exactly_once_v2', 'at_least_once'])(
  'with %s the application stops before it, whatever the handler of production says',
  async (processingGuarantee) => {
    const input = await ground.topic('words', 4);
    const output = await ground.topic('out', 1, { 'max.message.bytes': '500' });
    await ground.feed(input, words(8));
    const text = { key: Serdes.string(), value: Serdes.string() };
    const builder = new StreamsBuilder();
    builder
      .stream(input, text)
      .mapValues((word) => word.repeat(1_000))
      .to(output, text);
    let asked = 0;
    const productionExceptionHandler = (): 'RESUME' => {
      asked++;
      return 'RESUME';
    };
    const config = { processingGuarantee, commitIntervalMs: 10, productionExceptionHandler };
    const streams = ground.application(builder.build(), { engines: memoryEngines(), config });
    await streams.start();
    await until(() => streams.state === 'ERROR');
    expect(streams.failure).toMatchObject({ code: 'MR_CLIENT_BATCH_TOO_LARGE', details: { topic: output } });
    expect(asked).toBe(0);
    expect(streams.metrics()).toMatchObject({ dropped: {}, commits: 0 });
  },
);
