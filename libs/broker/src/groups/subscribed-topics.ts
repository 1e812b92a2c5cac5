import { Buffer } from 'node:buffer';
import type { Group } from './group.ts';

/**
 * The topics that a group of consumers subscribes to, from what its members tell the assignor (ConsumerProtocolSubscription):
 * i16 version, then an array of topics: i32 count, each i16 length and its name.
 */
export function subscribedTopics({ members, protocol, protocolType }: Group): ReadonlySet<string> {
  const topics = new Set<string>();
  if (protocolType !== 'consumer') return topics;
  for (const member of members) for (const topic of topicsOf(Buffer.from(member.metadata(protocol)))) topics.add(topic);
  return topics;
}

function* topicsOf(subscription: Buffer): Generator<string> {
  if (subscription.length < 6) return;
  const count = subscription.readInt32BE(2);
  let at = 6;
  for (let i = 0; i < count && at + 2 <= subscription.length; i++) {
    const end = at + 2 + subscription.readInt16BE(at);
    yield subscription.toString('utf8', at + 2, end);
    at = end;
  }
}
