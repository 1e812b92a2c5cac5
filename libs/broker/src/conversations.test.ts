/** The embedded broker against the tables of answers that a real Kafka 4.3 gives (see conversations.real.test.ts). */
import { describe, expect, test } from '@jest/globals';
import { talk } from './testdata/embedded.ts';
import { logConversations } from './testdata/log-conversations.ts';
import { offsetConversations } from './testdata/offset-conversations.ts';
import { transactionConversations } from './testdata/transaction-conversations.ts';

describe('the embedded broker', () => {
  test.each([...transactionConversations, ...offsetConversations, ...logConversations])(
    '$name',
    async ({ run, expected }) => {
      expect(await talk(run)).toEqual(expected);
    },
  );
});
