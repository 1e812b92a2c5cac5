/** Checks of what stream threads of the JVM library and their leader tell each other. */
import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import {
  decodeAssignmentInfo,
  decodeSubscriptionInfo,
  encodeAssignmentInfo,
  encodeSubscriptionInfo,
  type AssignmentInfo,
  type SubscriptionInfo,
} from '@millrace/protocol';

/** Written, and read as far as the version says it. */
export function checkSubscriptionInfo({ hex, ...info }: SubscriptionInfo & { readonly hex: string }): boolean {
  const { version } = info;
  const sums = Object.entries(info.taskOffsetSums).map(([task, sum]) => [task, version < 7 && sum !== -2 ? -3 : sum]);
  const said: SubscriptionInfo = {
    version,
    processId: info.processId,
    latestSupported: version < 3 ? -1 : info.latestSupported,
    endpoint: version < 2 ? null : info.endpoint,
    taskOffsetSums: Object.fromEntries(sums) as Record<string, number>,
    uniqueField: version < 8 ? 0 : info.uniqueField,
    errorCode: version < 9 ? 0 : info.errorCode,
    clientTags: version < 11 ? {} : info.clientTags,
  };
  return (
    encodeSubscriptionInfo(info).toString('hex') === hex &&
    isDeepStrictEqual(decodeSubscriptionInfo(Buffer.from(hex, 'hex')), said)
  );
}

interface AssignmentVector {
  readonly version: number;
  readonly commonlySupported: number;
  /** In words. */
  readonly content: string;
  readonly hex: string;
}

export function checkAssignmentInfo({ version, commonlySupported, content, hex }: AssignmentVector): boolean {
  const info = { ...assignmentOf(content), version, commonlySupported };
  const said: AssignmentInfo = {
    ...info,
    commonlySupported: version < 3 ? -1 : commonlySupported,
    activeHosts: version < 2 ? [] : info.activeHosts,
    standbyHosts: version < 6 ? [] : info.standbyHosts,
    errorCode: version < 4 ? 0 : info.errorCode,
    nextRebalanceMs: version < 7 ? undefined : info.nextRebalanceMs,
  };
  return (
    encodeAssignmentInfo(info).toString('hex') === hex &&
    isDeepStrictEqual(decodeAssignmentInfo(Buffer.from(hex, 'hex')), said)
  );
}

/** `active 0_0, 1_1; standby 1_0 on t-0; active host h:1 with t-0; standby host g:2 with u-1; error 2; next rebalance 600000` */
function assignmentOf(content: string): Omit<AssignmentInfo, 'version' | 'commonlySupported'> {
  const partition = (text: string): { topic: string; partition: number } => {
    const [topic = '', number] = text.split('-');
    return { topic, partition: Number(number) };
  };
  const hosts = (kind: string): AssignmentInfo['activeHosts'] =>
    [...content.matchAll(new RegExp(`${kind} host (\\w+):(\\d+) with (\\w+-\\d+)`, 'g'))].map(
      ([, host = '', port, where = '']) => ({ host, port: Number(port), partitions: [partition(where)] }),
    );
  const next = /next rebalance (\d+)/.exec(content)?.[1];
  return {
    active: /active (\d+_\d+(?:, \d+_\d+)*)/.exec(content)?.[1]?.split(', ') ?? [],
    standby: [...content.matchAll(/standby (\d+_\d+) on (\w+-\d+)/g)].map(([, task = '', where = '']) => ({
      task,
      partitions: [partition(where)],
    })),
    activeHosts: hosts('active'),
    standbyHosts: hosts('standby'),
    errorCode: Number(/error (\d+)/.exec(content)?.[1]),
    nextRebalanceMs: next === undefined ? undefined : Number(next),
  };
}
