/**
 * The group's assignor `millrace-partitions`: cooperative and sticky (KIP-429). Each member gets the floor or the ceiling of an even share
 * and keeps of what it has as much as its share allows. A partition that is to move is given to nobody while its owner still has it: the
 * owner gives it up, rejoins, and the next round hands it over.
 */
import type { GroupAssignor, MemberSubscription, TopicPartition, TopicView } from '@millrace/ports';

export const partitionAssignor: GroupAssignor = {
  name: 'millrace-partitions',
  assign: (members, topics) => {
    const userData = Buffer.alloc(0);
    return new Map([...spread(members, topics)].map(([memberId, partitions]) => [memberId, { partitions, userData }]));
  },
};

interface Share {
  readonly member: MemberSubscription;
  readonly partitions: TopicPartition[];
  /** How many it gets, those included that it has to wait for. */
  taken: number;
  quota: number;
}

function spread(
  members: readonly MemberSubscription[],
  topics: ReadonlyMap<string, TopicView>,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const all = partitionsOf(members, topics);
  const owners = ownersOf(members);
  const shares = sharesOf(members, all.length, owners);
  const left = all.filter((partition) => !keep(partition, owners, shares));
  for (const partition of left) give(partition, owners, shares);
  return new Map(shares.map(({ member, partitions }) => [member.memberId, partitions]));
}

function partitionsOf(
  members: readonly MemberSubscription[],
  topics: ReadonlyMap<string, TopicView>,
): TopicPartition[] {
  const names = [...new Set(members.flatMap((member) => member.topics))].sort();
  return names.flatMap((topic) => (topics.get(topic)?.partitions ?? []).map(({ partition }) => ({ topic, partition })));
}

/** Who has each partition; a claim of an older generation is void. */
function ownersOf(members: readonly MemberSubscription[]): ReadonlyMap<string, string> {
  const newest = [...members].sort((a, b) => a.generation - b.generation || compare(a.memberId, b.memberId));
  return new Map(newest.flatMap(({ memberId, owned }) => owned.map((one) => [keyOf(one), memberId] as const)));
}

/** Those that have the most get the larger shares. */
function sharesOf(members: readonly MemberSubscription[], count: number, owners: ReadonlyMap<string, string>): Share[] {
  const owns = (memberId: string): number => [...owners.values()].filter((owner) => owner === memberId).length;
  const ordered = [...members].sort((a, b) => owns(b.memberId) - owns(a.memberId) || compare(a.memberId, b.memberId));
  const floor = Math.floor(count / Math.max(1, members.length));
  const rest = count - floor * members.length;
  return ordered.map((member, i) => ({ member, partitions: [], taken: 0, quota: floor + (i < rest ? 1 : 0) }));
}

function keep(partition: TopicPartition, owners: ReadonlyMap<string, string>, shares: readonly Share[]): boolean {
  const share = shares.find(({ member }) => member.memberId === owners.get(keyOf(partition)));
  if (share === undefined || share.taken >= share.quota || !share.member.topics.includes(partition.topic)) return false;
  share.partitions.push(partition);
  share.taken++;
  return true;
}

function give(partition: TopicPartition, owners: ReadonlyMap<string, string>, shares: readonly Share[]): void {
  const [to] = shares
    .filter(({ member }) => member.topics.includes(partition.topic))
    .sort((a, b) => a.taken - a.quota - (b.taken - b.quota) || a.taken - b.taken);
  if (to === undefined) return;
  to.taken++;
  if (!owners.has(keyOf(partition))) to.partitions.push(partition);
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
