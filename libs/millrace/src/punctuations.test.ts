import { expect, test } from '@jest/globals';
import { memoryEngines } from '@millrace/store-memory';
import { Serdes, StreamsBuilder, type Processor, type ProcessorContext, type Program } from './index.ts';
import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { Playground, reached, until } from './testdata/playground.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

/** Ticks by the wall clock. */
class Ticker implements Processor<string, string, string, string> {
  init(context: ProcessorContext<string, string>): void {
    context.schedule(20, 'wallClock', (timestamp) => context.forward({ key: 'tick', value: 'tock', timestamp }));
  }

  process(): void {
    // Only time matters.
  }
}

function ticking(inputs: readonly string[], output: string): Program {
  const builder = new StreamsBuilder();
  const [first, ...others] = inputs.map((topic) => builder.stream(topic, strings));
  if (first === undefined) throw new Error('no input');
  others
    .reduce((merged, other) => merged.merge(other), first)
    .process(() => new Ticker())
    .to(output, strings);
  return builder.build();
}

test('an idle application ticks on time, however long it would wait for records', async () => {
  const cluster = embeddedCluster();
  const ground = new Playground(cluster);
  const [input, output] = [await ground.topic('input', 1), await ground.topic('out', 1)];
  const config = { pollMs: 60_000, commitIntervalMs: 10 };
  const streams = ground.application(ticking([input], output), { engines: memoryEngines(), config });
  await streams.start();
  await reached(streams, 'RUNNING');
  const ticks = await ground.committed(output, (records) => records.length >= 5);
  const gaps = ticks.slice(1).map(({ timestamp }, i) => timestamp - (ticks[i]?.timestamp ?? 0));
  expect(gaps.every((gap) => gap >= 0 && gap < 30_000)).toBe(true);
  await ground.close();
  await cluster.close();
});

test('a task that waits for one of its inputs ticks too', async () => {
  const cluster = embeddedCluster();
  const ground = new Playground(cluster);
  const [one, other] = [await ground.topic('one', 1), await ground.topic('other', 1)];
  const output = await ground.topic('out', 1);
  const config = { maxTaskIdleMs: 600_000, commitIntervalMs: 10 };
  const streams = ground.application(ticking([one, other], output), { engines: memoryEngines(), config });
  await ground.feed(one, [{ partition: 0, key: 'k', value: 'waits' }]);
  await streams.start();
  await until(() => streams.metrics().lag.some(({ lag }) => lag === 1));
  await ground.committed(output, (records) => records.length >= 5);
  expect(streams.metrics().processed).toBe(0);
  await ground.close();
  await cluster.close();
});

test('a processor can ask for a commit, which comes long before the interval is over', async () => {
  const cluster = embeddedCluster();
  const ground = new Playground(cluster);
  const [input, output] = [await ground.topic('input', 1), await ground.topic('out', 1)];
  /** Keeps nothing waiting behind the last of a batch. */
  class Committing implements Processor<string, string, string, string> {
    #context: ProcessorContext<string, string> | undefined;

    init(context: ProcessorContext<string, string>): void {
      this.#context = context;
    }

    process({ key, value, timestamp }: { key: string; value: string; timestamp: number }): void {
      this.#context?.forward({ key, value, timestamp });
      if (value === 'last') this.#context?.commit();
    }
  }
  const builder = new StreamsBuilder();
  builder
    .stream(input, strings)
    .process(() => new Committing())
    .to(output, strings);
  const config = { commitIntervalMs: 600_000, transactionTimeoutMs: 800_000 };
  const streams = ground.application(builder.build(), { engines: memoryEngines(), config });
  await ground.feed(input, [
    { partition: 0, key: 'k', value: 'first' },
    { partition: 0, key: 'k', value: 'last' },
  ]);
  await streams.start();
  await ground.committed(output, (records) => records.length === 2);
  expect(streams.metrics().state).toBe('RUNNING');
  await ground.close();
  await cluster.close();
});
