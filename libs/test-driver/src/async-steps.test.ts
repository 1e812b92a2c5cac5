import { describe, expect, test } from '@jest/globals';
import { systemClock } from '@millrace/base';
import { StreamsBuilder, type AsyncOptions } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import type { AsyncCall } from '@millrace/topology';
import { TopologyTestDriver, type DriverOptions } from './index.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

type Mapper = (value: string, key: string, call: AsyncCall) => Promise<string>;

async function opened(mapper: Mapper, options: AsyncOptions = {}, driverOptions: DriverOptions = {}) {
  const builder = new StreamsBuilder();
  builder
    .stream('in', strings)
    .flatMapValues((line) => line.split(' '))
    .mapValuesAsync(mapper, options)
    .to('out', strings);
  const driver = await TopologyTestDriver.open(builder.build(), driverOptions);
  return { driver, input: driver.createInputTopic('in', strings), output: driver.createOutputTopic('out', strings) };
}

describe('an asynchronous step under test', () => {
  test('is done when pipeInput is, whether it waits for a promise or for real time', async () => {
    const mapper: Mapper = async (word) => {
      if (word === 'slow') await systemClock.sleep(20);
      return word.toUpperCase();
    };
    const { driver, input, output } = await opened(mapper);
    await input.pipeInput('a', 'fast', 1);
    await input.pipeInput('a', 'slow and fast', 2);
    expect(output.readRecordsToList().map(({ value, timestamp }) => [value, timestamp])).toEqual([
      ['FAST', 1],
      ['SLOW', 2],
      ['AND', 2],
      ['FAST', 2],
    ]);
    expect(driver.committedOffsets.map(({ offset }) => offset)).toEqual([2]);
    await driver.close();
  });

  test('pauses between attempts in the time of the driver, which jumps over them', async () => {
    const mapper: Mapper = async (word, _key, { attempt }) => {
      if (attempt < 3) throw new Error('not yet');
      return Promise.resolve(`${word} ${attempt}`);
    };
    const { driver, input, output } = await opened(mapper, { backoff: '1h', maxBackoff: '2h' });
    await input.pipeInput('a', 'x', 1);
    expect(output.readRecord().value).toBe('x 3');
    await driver.close();
  });

  test('ends a call that never does; then the record is up to the handler', async () => {
    const mapper: Mapper = (word) => (word === 'never' ? new Promise(() => undefined) : Promise.resolve(word));
    const options = { timeout: 10, attempts: 1 };
    const failing = await opened(mapper, options);
    await expect(failing.input.pipeInput('a', 'never', 1)).rejects.toMatchObject({ code: 'MR_RUNTIME_USER_CODE' });
    await failing.driver.close();
    const going = await opened(mapper, options, { processingExceptionHandler: 'log-and-continue' });
    await going.input.pipeInput('a', 'one never two', 1);
    expect(going.output.readRecordsToList().map(({ value }) => value)).toEqual(['one', 'two']);
    expect(going.driver.dropped.size).toBe(1);
    await going.driver.close();
  });

  test('is waited for without a commit too', async () => {
    const { driver, input, output } = await opened((word) => Promise.resolve(word), {}, { commit: 'manual' });
    await input.pipeInput('a', 'x', 1);
    await input.pipeInput('a', 'y', 2);
    expect(output.readRecordsToList()).toHaveLength(2);
    expect(driver.committedOffsets).toEqual([]);
    await driver.close();
  });
});
