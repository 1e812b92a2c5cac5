/** Closures of the steps of a foreign-key join. */
import { invariant } from '@millrace/base';
import {
  answerJoin,
  subscribersTold,
  subscriptionAnswer,
  subscriptionReceive,
  subscriptionSend,
  type StreamNode,
  type SubscriptionStore,
  type TableNode,
} from '@millrace/operators';
import { murmur3, primaryKeyOf, subscriptionKey, type Serde } from '@millrace/serde';
import { KeyValueStore } from '@millrace/state';
import { internalTopicName, type Operation, type SerdeRef, type SubscriptionStoreSpec } from '@millrace/topology';
import { parentOf, staleness, tableReader, type TableScope } from './table-node.ts';

export interface ForeignKeyScope extends TableScope {
  readonly applicationId: string;
  readonly partition: number;
  keySerde(ref: SerdeRef | null): Serde<unknown>;
  valueSerde(ref: SerdeRef | null): Serde<unknown>;
}

type Of<T extends Operation['type']> = Extract<Operation, { readonly type: T }>;

/** Steps that take changes of a table. */
export function foreignKeyTableNode(
  scope: ForeignKeyScope,
  where: string,
  operation: Of<'subscriptionSend' | 'subscribersTold'>,
  next: StreamNode,
): TableNode {
  const { metrics } = scope;
  const isStale = staleness(scope, parentOf(scope.part, where));
  if (operation.type === 'subscribersTold')
    return subscribersTold(where, metrics, subscriptionStore(scope, operation), isStale, next);
  const { isLeft, extractor, foreignKeySerde, valueSerde, topic } = operation;
  const extracted = scope.find<(value: unknown, key: unknown) => unknown>(extractor);
  const bytesOf = serializer(scope.keySerde(foreignKeySerde), pseudoTopic(scope, topic, 'fk'));
  return subscriptionSend({
    where,
    metrics,
    isLeft,
    partition: scope.partition,
    extract: (key, value) => extracted(value, key),
    isSameKey: (a, b) => bytesOf(a).equals(bytesOf(b)),
    hashOf: hasher(scope, valueSerde, topic),
    isStale,
    next,
  });
}

/** Steps that take messages. */
export function foreignKeyStreamNode(
  scope: ForeignKeyScope,
  where: string,
  operation: Of<'subscriptionReceive' | 'subscriptionAnswer' | 'answerJoin'>,
  next: StreamNode,
): StreamNode {
  const { metrics } = scope;
  if (operation.type === 'subscriptionReceive')
    return subscriptionReceive(where, metrics, subscriptionStore(scope, operation), next);
  const rows = tableReader(scope, operation.other);
  if (operation.type === 'subscriptionAnswer') return subscriptionAnswer(rows, next);
  const { isLeft, joiner, valueSerde, topic } = operation;
  const hashOf = hasher(scope, valueSerde, topic);
  return answerJoin({ where, metrics, isLeft, primary: rows, hashOf, joiner: scope.find(joiner), next });
}

function subscriptionStore(scope: ForeignKeyScope, spec: SubscriptionStoreSpec): SubscriptionStore {
  const store = scope.store(spec.store);
  invariant(store instanceof KeyValueStore, `subscriptions of ${spec.store} are kept by key`);
  const foreignBytes = serializer(scope.keySerde(spec.foreignKeySerde), pseudoTopic(scope, spec.topic, 'fk'));
  const primary = scope.keySerde(spec.primaryKeySerde);
  const primaryTopic = pseudoTopic(scope, spec.topic, 'pk');
  const primaryBytes = serializer(primary, primaryTopic);
  return {
    store,
    keyOf: (foreignKey, primaryKey) => subscriptionKey(foreignBytes(foreignKey), primaryBytes(primaryKey)),
    rangeOf: (foreignKey) => {
      const gte = subscriptionKey(foreignBytes(foreignKey));
      return { gte, lt: after(gte) };
    },
    primaryKeyOf: (key) => primary.deserialize(primaryTopic, primaryKeyOf(key)),
  };
}

/** The name that a serde is told in place of a topic: keys and hashes inside messages have none of their own (JVM: pseudo topics). */
export function pseudoTopic(
  { applicationId }: { readonly applicationId: string },
  topic: string,
  part: 'pk' | 'fk' | 'vh',
): string {
  return `${internalTopicName(applicationId, topic)}-${part}`;
}

function hasher(scope: ForeignKeyScope, valueSerde: SerdeRef | null, topic: string): (value: unknown) => Buffer {
  const bytesOf = serializer(scope.valueSerde(valueSerde), pseudoTopic(scope, topic, 'vh'));
  return (value) => murmur3(bytesOf(value));
}

function serializer(serde: Serde<unknown>, topic: string): (value: unknown) => Buffer {
  return (value) => {
    const bytes = serde.serialize(topic, value);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

/** The first key behind all that begin with a prefix; the length in front is never all ones. */
function after(prefix: Buffer): Buffer {
  const bytes = Buffer.from(prefix);
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = ((bytes[i] ?? 0) + 1) & 0xff;
    if (bytes[i] !== 0) break;
  }
  return bytes;
}
