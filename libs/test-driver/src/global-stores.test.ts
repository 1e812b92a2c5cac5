import { describe, expect, test } from '@jest/globals';
import { Stores, StreamsBuilder } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import type { Processor, ProcessorContext, Program } from '@millrace/topology';
import { TopologyTestDriver } from './topology-test-driver.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

function filledBy(supplier: () => Processor<string, string>): Program {
  const builder = new StreamsBuilder();
  builder.addGlobalStore(Stores.keyValueStore({ name: 'names', ...strings }), 'people', strings, supplier);
  return builder.build();
}

describe('a processor that fills a global store', () => {
  test.each(['streamTime', 'wallClock'] as const)('cannot schedule by %s', async (clock) => {
    const program = filledBy(() => ({
      init: (context) => void context.schedule('1s', clock, () => undefined),
      process: () => undefined,
    }));
    await expect(TopologyTestDriver.open(program)).rejects.toMatchObject({
      code: 'MR_RUNTIME_GLOBAL_PROCESSOR',
      message:
        'The processor KTABLE-SOURCE-0000000001 fills a global store and asks for a punctuation, which it does not have.',
    });
  });

  test('has no stream time, and may ask for the rest', async () => {
    const seen: unknown[] = [];
    const program = filledBy(() => {
      let context: ProcessorContext<never, never>;
      return {
        init: (given) => void (context = given),
        process: () => {
          seen.push(context.recordMetadata, context.currentSystemTimeMs);
          seen.push(context.currentStreamTimeMs);
        },
      };
    });
    const driver = await TopologyTestDriver.open(program, { startMs: 5 });
    await expect(driver.createInputTopic('people', strings).pipeInput('a', 'Ann')).rejects.toMatchObject({
      code: 'MR_RUNTIME_GLOBAL_PROCESSOR',
      details: { what: 'the stream time' },
    });
    expect(seen).toEqual([{ topic: 'people', partition: 0, offset: 0 }, 5]);
    await driver.close();
  });
});
