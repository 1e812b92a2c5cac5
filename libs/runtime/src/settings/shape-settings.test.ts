import { expect, test } from '@jest/globals';
import { StreamsBuilder, type Consumed } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import { configFromEnv, parseConfig } from './config.ts';
import { batch, drain, run } from '../testdata/task-harness.ts';

const least = { applicationId: 'app', bootstrapServers: 'a:9092' };

test('the shape of a topology comes from the settings, in code and from the environment', () => {
  expect(parseConfig(least)).toMatchObject({
    topologyOptimization: 'none',
    dslStoreFormat: 'DEFAULT',
    ensureExplicitInternalResourceNaming: false,
    upgradeFrom: null,
    autoOffsetReset: 'earliest',
    defaultTimestampExtractor: 'failOnInvalidTimestamp',
  });
  const config = configFromEnv({
    APPLICATION_ID: 'app',
    BOOTSTRAP_SERVERS: 'a:9092',
    TOPOLOGY_OPTIMIZATION: 'reuse.ktable.source.topics, single.store.self.join',
    DSL_STORE_FORMAT: 'HEADERS',
    ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING: 'true',
    UPGRADE_FROM: '3.3',
    AUTO_OFFSET_RESET: 'by_duration:PT24H',
    DEFAULT_TIMESTAMP_EXTRACTOR: 'org.apache.kafka.streams.processor.WallclockTimestampExtractor',
  });
  expect(config).toMatchObject({
    topologyOptimization: ['reuse.ktable.source.topics', 'single.store.self.join'],
    dslStoreFormat: 'HEADERS',
    ensureExplicitInternalResourceNaming: true,
    upgradeFrom: '3.3',
    autoOffsetReset: { byDurationMs: 86_400_000 },
    defaultTimestampExtractor: 'wallclock',
  });
  const builder = new StreamsBuilder();
  builder.table('t', { key: Serdes.string(), value: Serdes.string() }, { name: 'kept' });
  expect(builder.build(config).topology.stores).toMatchObject([{ name: 'kept', logging: false, sourceTopic: 't' }]);
});

test.each([
  [{ topologyOptimization: 'all,none' }, 'topology.optimization'],
  [{ topologyOptimization: '' }, 'topology.optimization'],
  [{ dslStoreFormat: 'PLAIN' }, 'dsl.store.format'],
  [{ upgradeFrom: '4.3' }, 'upgrade.from'],
  [{ autoOffsetReset: 'by_duration:soon' }, 'auto.offset.reset'],
  [{ autoOffsetReset: { byDurationMs: -1 } }, 'auto.offset.reset'],
  [{ ensureExplicitInternalResourceNaming: 'yes' }, 'ensure.explicit.internal.resource.naming'],
  [{ defaultTimestampExtractor: 'mine' }, 'default.timestamp.extractor'],
])('%j is refused', (wrong, name) => {
  expect(() => parseConfig({ ...least, ...wrong })).toThrow(
    expect.objectContaining({
      code: 'MR_CONFIG_INVALID',
      details: expect.objectContaining({ faults: [expect.objectContaining({ name })] }),
    }),
  );
});

const own: Consumed<string, string> = { timestamp: () => 7 };

test.each([
  ['a function', (value: unknown) => Number(value), {}, [10, 20]],
  ['wallclock', 'wallclock', {}, [500, 500]],
  ['the records themselves', 'failOnInvalidTimestamp', {}, [1, 2]],
  ['that of the source, if it has one', 'wallclock', own, [7, 7]],
] as const)('the event time of a source is told by %s', async (_name, extractor, consumed, times) => {
  const builder = new StreamsBuilder();
  builder.stream('in', consumed).to('out');
  const { task, written, clock } = await run(builder.build(), { task: { defaultTimestampExtractor: extractor } });
  clock.timeMs = 500;
  task.accept(
    batch('in', 0, [
      ['k', '10', 1],
      ['k', '20', 2],
    ]),
  );
  await drain(task);
  expect(written.map(({ timestamp }) => timestamp)).toEqual(times);
});
