/** Beside members that share the work out as the JVM library does, nothing starts. */
import { expect, test } from '@jest/globals';
import { systemClock } from '@millrace/base';
import { encodeSubscriptionInfo } from '@millrace/protocol';
import type { GroupAssignor, GroupMember } from '@millrace/ports';
import { memoryEngines } from '@millrace/store-memory';
import { describeOnCluster, type TestSite } from './on-cluster.ts';
import { reached, type ClusterUnderTest } from './playground.ts';
import { wordCount } from './word-count.ts';

const nobody: GroupAssignor['assign'] = (members) =>
  new Map(members.map(({ memberId }) => [memberId, { partitions: [], userData: Buffer.alloc(0) }]));

/** A member of the application's group that is none of Millrace's; resolves when it is in. */
async function stranger({ ground }: TestSite, topic: string, assignor: string): Promise<GroupMember> {
  const userData = encodeSubscriptionInfo({
    version: 11,
    latestSupported: 11,
    processId: '00000000-0000-0001-0000-000000000002',
    endpoint: 'elsewhere:8080',
    taskOffsetSums: { '0_1': -2 },
    uniqueField: 1,
    errorCode: 0,
    clientTags: {},
  });
  const member = ground.client.group({
    groupId: ground.applicationId,
    topics: [topic],
    assignor: { name: assignor, assign: nobody },
    userData: () => userData,
  });
  member.join();
  let event = member.next();
  for (; event === undefined; event = member.next()) await systemClock.sleep(2);
  if (event.type === 'failed') throw event.error;
  return member;
}

export function jvmMemberSuite(name: string, makeCluster: () => Promise<ClusterUnderTest>): void {
  describeOnCluster(`${name}: a group that others are in`, makeCluster, (site) => {
    const start = async (input: string, output: string): Promise<unknown> => {
      const streams = site.ground.application(wordCount({ input, output }), { engines: memoryEngines() });
      await streams.start();
      return reached(streams, 'RUNNING');
    };

    test('instances of the JVM library are named, and nothing is made beside them', async () => {
      const { ground } = site;
      const [input, output] = [await ground.topic('words', 2), await ground.topic('counts', 2)];
      const member = await stranger(site, input, 'stream');
      await expect(start(input, output)).rejects.toMatchObject({
        code: 'MR_RUNTIME_JVM_MEMBER',
        message: expect.stringContaining('elsewhere:8080 (process 00000000-0000-0001-0000-000000000002)'),
        remedy: expect.stringContaining('session.timeout.ms'),
      });
      const topics = await ground.client.listTopics();
      expect(topics.filter((topic) => topic.startsWith(ground.applicationId))).toEqual([]);

      await member.leave();
      await start(input, output);
      // Whoever comes later is refused by the broker.
      await expect(stranger(site, input, 'stream')).rejects.toMatchObject({ code: 'MR_CLIENT_GROUP_IN_USE' });
    });

    test('other consumers are refused when the group is joined', async () => {
      const { ground } = site;
      const [input, output] = [await ground.topic('words', 2), await ground.topic('counts', 2)];
      const member = await stranger(site, input, 'range');
      await expect(start(input, output)).rejects.toMatchObject({
        code: 'MR_CLIENT_GROUP_IN_USE',
        message: expect.stringContaining("than 'millrace'"),
      });
      await member.leave();
    });
  });
}
