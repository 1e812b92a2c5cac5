import { Serdes, type SubscriptionResponse } from '@millrace/serde';
import { requireNames } from './argument.ts';
import type { AnyFunction, Graph } from './graph.ts';
import type { TableState } from './k-table.ts';
import type { Materialized } from './options.ts';
import { requireStoreName } from './store-kind.ts';
import { storeSpec } from './store-spec.ts';
import { addTableSource } from './table-source.ts';

/** Name and partitioners of a foreign-key join (JVM: TableJoined). */
export interface TableJoined<K, FK> {
  /** Begins the names of its nodes, topics and store. */
  readonly name?: string;
  /** Must be how the left table is partitioned. @default murmur2 of the key, or where the row came from */
  readonly partitioner?: (topic: string, key: K, value: null, partitionCount: number) => number;
  /** Must be how the right table is partitioned. @default murmur2 of the key */
  readonly otherPartitioner?: (topic: string, key: FK, value: null, partitionCount: number) => number;
}

export interface ForeignKeyJoinPlan<K, V, FK, FV, R> {
  readonly isLeft: boolean;
  readonly left: TableState<K, V>;
  readonly right: TableState<FK, FV>;
  /** (value, key) => foreign key */
  readonly extractor: AnyFunction;
  readonly joiner: AnyFunction;
  readonly joined: TableJoined<K, FK>;
  readonly materialized: Materialized<K, R>;
}

interface Names {
  readonly topic: string;
  readonly send: string;
  readonly sink: string;
  readonly source: string;
  readonly store: string;
  readonly receive: string;
  readonly answer: string;
  readonly tell: string;
  readonly responseTopic: string;
  readonly responseSink: string;
  readonly responseSource: string;
  readonly resolver: string;
  readonly result: string;
}

/** Two trips: subscriptions to where the foreign keys live, answers back to where the left rows live. Gives the node of the result. */
export function addForeignKeyJoin<K, V, FK, FV, R>(graph: Graph, plan: ForeignKeyJoinPlan<K, V, FK, FV, R>): string {
  const { isLeft, left, right, joined, materialized } = plan;
  requireNames('join', joined.name);
  const [mine, theirs] = [graph.backing(left.node), graph.backing(right.node)];
  theirs.sendOldValues(true);
  mine.sendOldValues(true);
  const names = namesOf(graph, joined.name);
  const { topic } = names;
  const [primaryKey, foreignKey] = [graph.serde(left.key), graph.serde(right.key)];
  const valueSerde = graph.serde(left.value);
  const extractor = graph.function(names.send, 'extractor', plan.extractor);
  graph.processor(names.send, [left.node], {
    ...{ type: 'subscriptionSend', isLeft, extractor, foreignKeySerde: foreignKey, valueSerde, topic },
  });
  const subscriptions = { keySerde: foreignKey, valueSerde: primaryKey, wrapped: 'subscription' as const };
  const otherPartitioner = joined.otherPartitioner;
  const subscriptionPartitioner =
    otherPartitioner &&
    graph.function(names.sink, 'partitioner', (to: string, key: FK, _value: unknown, count: number) =>
      otherPartitioner(to, key, null, count),
    );
  trip(graph, names.send, topic, names.sink, names.source, subscriptions, subscriptionPartitioner ?? null);

  graph.copartition(right.node, names.source);
  const store = {
    ...storeSpec<Uint8Array, unknown>(graph, names.store, { key: Serdes.bytes(), caching: false }, null),
    ...{ valueSerde: primaryKey, wrapped: 'subscription' as const, scanned: true as const },
  };
  graph.store(store);
  const kept = { store: names.store, foreignKeySerde: foreignKey, primaryKeySerde: primaryKey, topic };
  graph.processor(names.receive, [names.source], { type: 'subscriptionReceive', ...kept });
  const foreignReads = theirs.readFrom();
  graph.processor(names.answer, [names.receive], {
    ...{ type: 'subscriptionAnswer', other: right.node, reads: foreignReads },
  });
  graph.processor(names.tell, [right.node], { type: 'subscribersTold', ...kept });

  const responses = {
    keySerde: primaryKey,
    valueSerde: graph.serde(right.value),
    wrapped: 'subscriptionResponse' as const,
  };
  const back = graph.function(names.responseSink, 'partitioner', responsePartitioner(joined));
  const { responseTopic, responseSink, responseSource } = names;
  trip(graph, [names.answer, names.tell], responseTopic, responseSink, responseSource, responses, back);
  graph.copartition(left.node, responseSource);
  const reads = mine.readFrom();
  const joiner = graph.function(names.resolver, 'joiner', plan.joiner);
  graph.processor(names.resolver, [responseSource], {
    ...{ type: 'answerJoin', isLeft, other: left.node, reads, joiner, valueSerde, topic },
  });
  requireStoreName(materialized, names.result);
  const resultStore = graph.storeName('KTABLE-FK-JOIN-OUTPUT-', materialized.name);
  const key = materialized.key ?? left.key;
  const spec = storeSpec(graph, resultStore, { ...materialized, key }, null);
  addTableSource(graph, names.result, names.resolver, spec, materialized.name !== undefined);
  return names.result;
}

/** Answers go to the partition that asked, which the subscription has brought along. */
function responsePartitioner<K, FK>({ partitioner }: TableJoined<K, FK>): AnyFunction {
  if (partitioner !== undefined)
    return (topic: string, key: K, _value: unknown, count: number) => partitioner(topic, key, null, count);
  return (_topic: string, _key: K, value: SubscriptionResponse<unknown>) => value.primaryPartition ?? undefined;
}

/** The nodes of a join take an index each, named or not. */
function namesOf(graph: Graph, given: string | undefined): Names {
  const name = (prefix: string, suffix: string): string =>
    graph.name(prefix, given === undefined ? undefined : `${given}${suffix}`);
  const registration = 'KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-';
  const processor = 'KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-';
  return {
    topic: `${name(registration, '-subscription-registration')}-topic`,
    send: name(registration, '-subscription-registration-processor'),
    sink: name('KTABLE-SINK-', '-subscription-registration-sink'),
    source: name('KTABLE-SOURCE-', '-subscription-registration-source'),
    store: name('KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-', '-subscription-store'),
    receive: name(processor, '-subscription-receive'),
    answer: name(processor, '-subscription-join-foreign'),
    tell: name(processor, '-foreign-join-subscription'),
    responseTopic: `${name('KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-', '-subscription-response')}-topic`,
    responseSink: name('KTABLE-SINK-', '-subscription-response-sink'),
    responseSource: name('KTABLE-SOURCE-', '-subscription-response-source'),
    resolver: name('KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-', '-subscription-response-resolver'),
    result: name('KTABLE-FK-JOIN-OUTPUT-', '-result'),
  };
}

function trip(
  graph: Graph,
  parents: string | readonly string[],
  topic: string,
  sink: string,
  source: string,
  serdes: {
    readonly keySerde: string | null;
    readonly valueSerde: string | null;
    readonly wrapped: 'subscription' | 'subscriptionResponse';
  },
  partitioner: string | null,
): void {
  graph.repartitionTopic({ name: topic, partitions: null });
  const from = typeof parents === 'string' ? [parents] : parents;
  graph.node({ kind: 'sink', name: sink, parents: from, topic, internal: true, ...serdes, partitioner });
  const end = { timestampExtractor: null, offsetReset: 'earliest' as const };
  graph.node({ kind: 'source', name: source, topics: [topic], internal: true, ...serdes, ...end });
}
