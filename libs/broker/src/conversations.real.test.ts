/** The tables of answers that the embedded broker is held to, asked of a real Kafka. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock, systemRandom } from '@millrace/base';
import { tcpTransport } from '@millrace/client';
import { committedOffsetConversations } from './testdata/committed-offset-conversations.ts';
import { groupConversations } from './testdata/group-conversations.ts';
import { logConversations } from './testdata/log-conversations.ts';
import { offsetConversations } from './testdata/offset-conversations.ts';
import { roundConversations } from './testdata/round-conversations.ts';
import { transactionConversations } from './testdata/transaction-conversations.ts';
import { Wire } from './testdata/wire.ts';

const [host = '127.0.0.1', port = '29092'] = (process.env['KAFKA_BOOTSTRAP'] ?? '').split(':').filter(Boolean);
let wire: Wire;

beforeEach(async () => {
  const address = { host, port: Number(port) };
  wire = await Wire.open({ transport: tcpTransport(), address, clock: systemClock, random: systemRandom });
});

afterEach(() => wire.close());

describe('a real Kafka', () => {
  test.each([
    ...transactionConversations,
    ...offsetConversations,
    ...committedOffsetConversations,
    ...logConversations,
    ...groupConversations,
    ...roundConversations,
  ])('$name', async ({ run, expected }) => {
    expect(await run(wire)).toEqual(expected);
  });
});
