import { describe, expect, test } from '@jest/globals';
import { millraceError } from '@millrace/base';
import { StreamsBuilder } from '@millrace/dsl';
import type { ErrorContext, ExceptionAnswer } from '@millrace/runtime';
import { Serdes, type Serde } from '@millrace/serde';
import { TopologyTestDriver, type DriverOptions } from './index.ts';

const text = Serdes.string();
const strings = { key: text, value: text };

/** Numbers as text: what is no number cannot be read, what is not finite cannot be written. */
const numbers: Serde<number> = {
  ...(text as unknown as Serde<number>),
  serialize: (topic, value) => {
    if (!Number.isFinite(value)) throw new RangeError(`${value} is not finite`);
    return text.serialize(topic, String(value));
  },
  deserialize: (topic, bytes) => {
    const value = Number(text.deserialize(topic, bytes));
    if (Number.isNaN(value)) throw new SyntaxError('no number');
    return value;
  },
};

async function opened(options: DriverOptions) {
  const builder = new StreamsBuilder();
  builder
    .stream('in', { key: text, value: numbers })
    .mapValues((value) => {
      if (value === 13) throw new TypeError('unlucky');
      return 1 / value;
    })
    .to('out', { key: text, value: numbers });
  const driver = await TopologyTestDriver.open(builder.build(), options);
  return { driver, input: driver.createInputTopic('in', strings), output: driver.createOutputTopic('out', strings) };
}

describe('a function as handler', () => {
  test('is told where it failed, and answers for each record', async () => {
    const asked: unknown[] = [];
    const { driver, input, output } = await opened({
      processingExceptionHandler: (context, record, error) => {
        asked.push([context, record, (error as Error).message]);
        return 'CONTINUE';
      },
    });
    await input.pipeInput('a', '13', 7, [{ key: 'h', value: Buffer.from('1') }]);
    await input.pipeInput('a', '4', 8);
    expect(asked).toEqual([
      [
        {
          taskId: '0_0',
          node: 'KSTREAM-MAPVALUES-0000000001',
          topic: 'in',
          partition: 0,
          offset: 0,
          timestamp: 7,
          headers: [{ key: 'h', value: Buffer.from('1') }],
          sourceRawKey: Buffer.from('a'),
          sourceRawValue: Buffer.from('13'),
        },
        { key: 'a', value: 13, timestamp: 7 },
        'unlucky',
      ],
    ]);
    expect(output.readRecordsToList().map(({ value }) => value)).toEqual(['0.25']);
    expect([...driver.dropped.values()]).toEqual([1]);
    await driver.close();
  });

  test('stops the application where it says FAIL', async () => {
    const { driver, input } = await opened({ processingExceptionHandler: () => 'FAIL' });
    await expect(input.pipeInput('a', '13', 7)).rejects.toMatchObject({
      code: 'MR_RUNTIME_USER_CODE',
      details: { topic: 'in', offset: 0 },
    });
    await driver.close();
  });

  test('puts aside records of its own making', async () => {
    const letters = (context: ErrorContext): ExceptionAnswer => ({
      response: 'RESUME',
      deadLetters: [
        { topic: 'letters', key: context.sourceRawKey, value: context.sourceRawValue, headers: context.headers },
        { topic: 'letters', key: null, value: Buffer.from(context.node), timestamp: 99 },
      ],
    });
    const { driver, input } = await opened({
      deserializationExceptionHandler: letters,
      errorsDeadLetterQueueTopicName: 'not used by functions',
    });
    await input.pipeInput('a', 'x', 7);
    const sent = driver.createOutputTopic('letters', strings).readRecordsToList();
    expect(sent.map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      ['a', 'x', 7],
      [null, 'KSTREAM-SOURCE-0000000000', 99],
    ]);
    expect(driver.produced).toHaveLength(2);
    await driver.close();
  });

  test.each([
    [() => 'PERHAPS' as never, 'it answered PERHAPS'],
    [() => 'RETRY' as const, 'it answered RETRY'],
    [() => null as never, 'it answered undefined'],
    [
      () => {
        throw new Error('out of order itself');
      },
      'out of order itself',
    ],
  ])('that gives no answer stops the application (%#)', async (handler, problem) => {
    const { driver, input } = await opened({ processingExceptionHandler: handler });
    await expect(input.pipeInput('a', '13', 7)).rejects.toMatchObject({
      code: 'MR_RUNTIME_HANDLER',
      details: { setting: 'processing.exception.handler', problem },
    });
    await driver.close();
  });

  test('is not asked about what is not the fault of the record', async () => {
    const away = { ...numbers, deserialize: () => { throw millraceError('MR_REGISTRY_UNREACHABLE', { url: 'u', doing: 'd', problem: 'p' }); } }; // prettier-ignore
    const builder = new StreamsBuilder();
    builder.stream('in', { key: text, value: away }).to('out', { key: text, value: numbers });
    const driver = await TopologyTestDriver.open(builder.build(), { deserializationExceptionHandler: () => 'RESUME' });
    const input = driver.createInputTopic('in', strings);
    await expect(input.pipeInput('a', '1', 7)).rejects.toMatchObject({ code: 'MR_REGISTRY_UNREACHABLE' });
    await driver.close();
  });
});

describe('a result that cannot be serialized', () => {
  test('stops the application by default, whatever the handler of processing would do', async () => {
    const { driver, input } = await opened({ processingExceptionHandler: 'log-and-continue' });
    await expect(input.pipeInput('a', '0', 7)).rejects.toMatchObject({
      code: 'MR_RUNTIME_PRODUCTION',
      details: { topic: 'out', node: 'KSTREAM-SINK-0000000002' },
    });
    await driver.close();
  });

  test('is dropped and counted by `log-and-continue`; the input record is put aside', async () => {
    const { driver, input, output } = await opened({
      productionExceptionHandler: 'log-and-continue',
      errorsDeadLetterQueueTopicName: 'dead',
    });
    await input.pipeInput('a', '0', 7);
    await input.pipeInput('a', '2', 8);
    expect(output.readRecordsToList().map(({ value }) => value)).toEqual(['0.5']);
    const [letter] = driver.createOutputTopic('dead', strings).readRecordsToList();
    expect([letter?.key, letter?.value, letter?.timestamp]).toEqual(['a', '0', 7]);
    const headers = Object.fromEntries((letter?.headers ?? []).map(({ key, value }) => [key, value?.toString()]));
    expect(headers).toMatchObject({ '__streams.errors.exception': 'RangeError', '__streams.errors.offset': '0' });
    expect(driver.dropped).toEqual(new Map([['KSTREAM-SINK-0000000002: production failed', 1]]));
    await driver.close();
  });

  test('a function is told the result and what of it; RETRY is a failure that may pass', async () => {
    const asked: unknown[] = [];
    const { driver, input } = await opened({
      productionExceptionHandler: (_context, record, _error, origin) => {
        asked.push(record, origin);
        return 'RETRY';
      },
    });
    await expect(input.pipeInput('a', '0', 7)).rejects.toMatchObject({
      code: 'MR_RUNTIME_PRODUCTION_RETRY',
      severity: 'retriable',
    });
    expect(asked).toEqual([{ topic: 'out', key: 'a', value: Infinity, timestamp: 7, headers: [] }, 'VALUE']);
    await driver.close();
  });
});

describe('a punctuation that fails', () => {
  async function ticking(options: DriverOptions) {
    const builder = new StreamsBuilder();
    builder.stream('in', strings).process(() => ({
      init: (context) =>
        void context.schedule('1s', 'wallClock', () => {
          throw new Error('no tick');
        }),
      process: () => undefined,
    }));
    return TopologyTestDriver.open(builder.build(), options);
  }

  test('reaches the handler of processing without a record', async () => {
    const asked: unknown[] = [];
    const driver = await ticking({
      processingExceptionHandler: ({ topic, offset, timestamp }, record) => {
        asked.push([topic, offset, timestamp, record]);
        return 'RESUME';
      },
    });
    await driver.advanceWallClockTime(1_000);
    expect(asked).toEqual([[null, -1, 1_000, null]]);
    await driver.close();
  });

  test('stops the application by default', async () => {
    const driver = await ticking({});
    await expect(driver.advanceWallClockTime(1_000)).rejects.toMatchObject({ code: 'MR_RUNTIME_PUNCTUATION' });
    await driver.close();
  });
});
