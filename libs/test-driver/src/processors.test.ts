import { expect, test } from '@jest/globals';
import { StreamsBuilder, Stores, Topology } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import type { KeyValueStore, ProcessorContext } from '@millrace/topology';
import { TopologyTestDriver } from './topology-test-driver.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

test('a processor writes a store and walks it in the order of its keys', async () => {
  const seen = Stores.keyValueStore({ name: 'seen', ...strings });
  const builder = new StreamsBuilder().addStateStore(seen);
  builder
    .stream('in', strings)
    .process<string, string>(
      () => {
        let context: ProcessorContext<string, string>;
        let store: KeyValueStore<string, string>;
        return {
          init: (given) => {
            context = given;
            store = context.getStateStore(seen);
          },
          process: (record) => {
            store.put(record.key, record.value);
            context.forward(record.withValue([...store.reverseRange('b', null)].map(([key]) => key).join()));
          },
        };
      },
      { stores: [seen] },
    )
    .to('out', strings);
  const driver = await TopologyTestDriver.open(builder.build());
  const input = driver.createInputTopic('in', strings);
  for (const key of ['c', 'a', 'b']) await input.pipeInput(key, 'v');
  const values = driver
    .createOutputTopic('out', strings)
    .readRecordsToList()
    .map(({ value }) => value);
  expect(values).toEqual(['c', 'c', 'c,b']);
  await driver.close();
});

test('a store that is not connected is refused by name', async () => {
  const topology = new Topology()
    .addSource('source', 'in', strings)
    .addProcessor('lost', () => ({ init: (context) => context.getStateStore('seen'), process: () => undefined }), {
      parents: 'source',
    });
  await expect(TopologyTestDriver.open(topology.build())).rejects.toMatchObject({
    code: 'MR_RUNTIME_STORE_NOT_CONNECTED',
  });
});

test('a parent that was not added is refused while building', () => {
  expect(() => new Topology().addSource('source', 'in').addSink('sink', 'out', { parents: 'nope' })).toThrow(
    expect.objectContaining({ code: 'MR_TOPOLOGY_PARENT_UNKNOWN' }),
  );
});
