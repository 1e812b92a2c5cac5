/** Every message of kafka-clients 4.3.1 that the golden file holds, decoded and encoded, in each version. */
import { describe, expect, test } from '@jest/globals';
import { messageFaults, readWireGoldens } from '@millrace/testing/goldens';
import { apis, type ApiName } from './apis.ts';

const golden = readWireGoldens(new URL('../../testdata/wire.json.gz', import.meta.url));
/** An API of brokers among themselves: the golden file holds those that clients use. Its bytes are in a test of their own. */
const beyondGolden: ApiName = 'WriteTxnMarkers';

test('the golden file names the APIs and versions that Millrace speaks', () => {
  const named = golden.apis.map(({ api, key, lowest, highest }) => ({ api, key, lowest, highest }));
  const spoken = Object.values(apis).map(({ name, key, versions }) => ({
    api: name,
    key,
    lowest: versions.min,
    highest: versions.max,
  }));
  expect(spoken.filter(({ api }) => api !== beyondGolden)).toEqual(named);
});

describe.each(golden.apis.map(({ api }) => api))('%s', (name) => {
  test.each(['request', 'response'] as const)('every %s has the fields and the bytes of the JVM', (kind) => {
    const messages = golden.messages.filter((message) => message.api === name && message.kind === kind);
    expect(messages.length).toBeGreaterThan(0);
    expect(messages.flatMap(messageFaults)).toEqual([]);
  });
});
