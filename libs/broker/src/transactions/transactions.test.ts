/** The embedded broker against the table of answers that a real Kafka 4.3 gave. */
import { describe, expect, test } from '@jest/globals';
import { talk } from '../testdata/embedded.ts';
import { offsetConversations } from '../testdata/offset-conversations.ts';
import { transactionConversations } from '../testdata/transaction-conversations.ts';

describe('transactions', () => {
  test.each([...transactionConversations, ...offsetConversations])('$name', async ({ run, expected }) => {
    expect(await talk(run)).toEqual(expected);
  });
});
