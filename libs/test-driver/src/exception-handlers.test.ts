import { describe, expect, test } from '@jest/globals';
import { millraceError } from '@millrace/base';
import { Stores, StreamsBuilder } from '@millrace/dsl';
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

/** Dead letters as lines: key, value, time and the headers that say where it was. */
function letters(driver: TopologyTestDriver): string[] {
  const records = driver.createOutputTopic('dead', strings).readRecordsToList();
  return records.map(({ key, value, timestamp, headers }) => {
    const said = (name: string) =>
      headers.find((header) => header.key === `__streams.errors.${name}`)?.value?.toString() ?? null;
    const where = [said('topic'), said('partition'), said('offset')].join('/');
    return `${key}=${value}@${timestamp} ${where} ${said('exception')}: ${said('message')}`;
  });
}

describe('built-in handlers that stop the application put its record aside too', () => {
  const options = { errorsDeadLetterQueueTopicName: 'dead' };

  test.each([
    ['x', 'MR_RUNTIME_UNDECODABLE', 'SyntaxError: no number'],
    ['13', 'MR_RUNTIME_USER_CODE', 'TypeError: unlucky'],
    ['0', 'MR_RUNTIME_PRODUCTION', 'RangeError: Infinity is not finite'],
  ])('%s: %s', async (value, code, exception) => {
    const { driver, input } = await opened(options);
    await expect(input.pipeInput('a', value, 7)).rejects.toMatchObject({ code });
    expect(letters(driver)).toEqual([`a=${value}@7 in/0/0 ${exception}`]);
    await driver.close();
  });

  test('once, also where nodes have guards', async () => {
    const { driver, input } = await opened({ ...options, processingExceptionHandler: () => 'FAIL' });
    await expect(input.pipeInput('a', '13', 7)).rejects.toMatchObject({ code: 'MR_RUNTIME_USER_CODE' });
    // A function puts aside what it says, and no more.
    expect(letters(driver)).toEqual([]);
    await driver.close();
  });

  test('not for a time that cannot be told: that is no failure of processing', async () => {
    const builder = new StreamsBuilder();
    const timestamp = (): number => {
      throw new Error('no time');
    };
    builder.stream('in', { ...strings, timestamp }).to('out', strings);
    const driver = await TopologyTestDriver.open(builder.build(), options);
    await expect(driver.createInputTopic('in', strings).pipeInput('a', 'b', 7)).rejects.toThrow('no time');
    expect(letters(driver)).toEqual([]);
    await driver.close();
  });
});

describe('global stores', () => {
  const broken = () => {
    const builder = new StreamsBuilder();
    builder.addGlobalStore(Stores.keyValueStore({ name: 'g', logging: false, ...strings }), 'in', strings, () => ({
      process: () => {
        throw new Error('no row');
      },
    }));
    return builder.build();
  };
  const options = { processingExceptionHandler: 'log-and-continue', errorsDeadLetterQueueTopicName: 'dead' } as const;

  test('end the application whatever the handler of processing says', async () => {
    const driver = await TopologyTestDriver.open(broken(), options);
    await expect(driver.createInputTopic('in', strings).pipeInput('a', 'b')).rejects.toMatchObject({
      code: 'MR_RUNTIME_USER_CODE',
    });
    expect(driver.produced).toEqual([]);
    await driver.close();
  });

  test('ask it with processing.exception.handler.global.enabled, and put nothing aside', async () => {
    const enabled = { processingExceptionHandlerGlobalEnabled: true, ...options };
    const driver = await TopologyTestDriver.open(broken(), enabled);
    await driver.createInputTopic('in', strings).pipeInput('a', 'b');
    expect([...driver.dropped.values()]).toEqual([1]);
    expect(driver.produced).toEqual([]);
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

  test('leaves a letter without key and value: what it was, and that it came from nowhere', async () => {
    const driver = await ticking({
      processingExceptionHandler: 'log-and-continue',
      errorsDeadLetterQueueTopicName: 'dead',
    });
    await driver.advanceWallClockTime(1_000);
    const failing = await ticking({ errorsDeadLetterQueueTopicName: 'dead' });
    await expect(failing.advanceWallClockTime(1_000)).rejects.toMatchObject({ code: 'MR_RUNTIME_PUNCTUATION' });
    const letter = 'null=null@1000 /-1/-1 Error: no tick';
    expect([letters(driver), letters(failing)]).toEqual([[letter], [letter]]);
    await driver.close();
    await failing.close();
  });
});
