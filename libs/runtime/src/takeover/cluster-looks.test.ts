import { expect, test } from '@jest/globals';
import { millraceError } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import { parseConfig } from '../settings/config.ts';
import { ClusterLooks } from './cluster-looks.ts';

const config = parseConfig({ applicationId: 'app', bootstrapServers: 'kafka:9092' });

/** A cluster that lets nobody look at topics whose names begin with `secret`, or at the group. */
function looks(): ClusterLooks {
  const allow = (api: string, names: readonly string[]): void => {
    const about = names.find((name) => name.includes('secret'));
    if (about !== undefined) throw millraceError('MR_CLIENT_NOT_AUTHORIZED', { api, node: 1, about, error: 'no' });
  };
  const client = {
    topics: async (names: readonly string[]) => {
      allow('Metadata', names);
      return new Map(names.filter((name) => name !== 'gone').map((name) => [name, { name, partitions: [{}, {}] }]));
    },
    admin: {
      topicConfigs: async (names: readonly string[]) => {
        allow('DescribeConfigs', names);
        return new Map(names.map((name) => [name, new Map([['cleanup.policy', 'compact']])]));
      },
      groupOffsets: async () => allow('OffsetFetch', ['secret']),
    },
  };
  return new ClusterLooks(client as unknown as KafkaClient, config);
}

test('what is not allowed is left out, the rest is seen, and the right that is missing is named', async () => {
  const look = looks();
  const counts = await look.partitionCounts('sources', ['in', 'secret-in', 'gone']);
  expect([...counts]).toEqual([
    ['in', 2],
    ['secret-in', null],
  ]);
  expect([...(await look.settings(['app-a-changelog', 'app-secret-changelog'])).keys()]).toEqual(['app-a-changelog']);
  expect(await look.committed()).toBeUndefined();
  const acls = 'kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal User:NAME';
  expect(look.refusals).toMatchObject([
    {
      verdict: 'unseen',
      about: 'sources',
      text: 'Topics cannot be looked at: secret-in.',
      remedy: `${acls} --operation Describe --topic secret-in`,
    },
    {
      about: 'internal topics',
      text: expect.stringContaining('app-secret-changelog. Whether'),
      remedy: `${acls} --operation DescribeConfigs --topic app- --resource-pattern-type prefixed`,
    },
    { about: 'offsets', remedy: `${acls} --operation Describe --group app` },
  ]);
});

test('where all is allowed nothing is refused', async () => {
  const look = looks();
  expect([...(await look.partitionCounts('sources', ['in', 'gone']))]).toEqual([['in', 2]]);
  expect(look.refusals).toEqual([]);
});
