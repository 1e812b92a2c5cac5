import { define } from './define.ts';

interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Errors of sinks and of the connector that feeds them; every code starts with MR_SINK_. */
export const sinkErrors = {
  MR_SINK_UNREACHABLE: define<{ contactPoints: string; problem: string }>({
    severity: 'retriable',
    message: ({ contactPoints, problem }) => `No Cassandra node of ${contactPoints} can be reached: ${problem}.`,
    remedy: () =>
      'It is tried again; nothing is lost. If it lasts, check that the contact points are host:port of the native transport (9042 unless set otherwise), not of something else, and that the nodes are up.',
  }),
  MR_SINK_OVERLOADED: define<{ doing: string; problem: string }>({
    severity: 'retriable',
    message: ({ doing, problem }) => `Cassandra could not finish ${doing} in time: ${problem}.`,
    remedy: () => 'It is tried again with fewer requests in flight. If it lasts, the cluster needs nodes or replicas.',
  }),
  MR_SINK_AUTHENTICATION: define<{ doing: string; problem: string }>({
    severity: 'user',
    message: ({ doing, problem }) => `Cassandra does not allow ${doing}: ${problem}.`,
    remedy: () =>
      'Check CASSANDRA_USERNAME and CASSANDRA_PASSWORD, and grant the role MODIFY and SELECT on the keyspace.',
  }),
  MR_SINK_REFUSED: define<{ doing: string; problem: string }>({
    severity: 'user',
    message: ({ doing, problem }) => `Cassandra refused ${doing}: ${problem}.`,
    remedy: () => 'Correct what it names; trying again would give the same answer.',
  }),
  MR_SINK_ROW_REFUSED: define<{ table: string; problem: string }>({
    severity: 'record',
    message: ({ table, problem }) => `Table '${table}' does not take the row: ${problem}.`,
    remedy: () => 'Correct the record or its mapping; the record goes to the dead-letter topic.',
  }),
  MR_SINK_IDENTIFIER: define<{ kind: string; name: string }>({
    severity: 'user',
    message: ({ kind, name }) => `'${name}' is not a name for a ${kind}.`,
    remedy: () => 'Names start with a letter and go on with letters, digits and _, 48 characters at most.',
  }),
  MR_SINK_TABLE_MISSING: define<{ table: string; statement: string }>({
    severity: 'user',
    message: ({ table }) => `${table} does not exist and may not be created here.`,
    remedy: ({ statement }) => `Create it: ${statement}`,
  }),
  MR_SINK_TABLE_MISMATCH: define<{ table: string; problems: readonly string[]; statement: string }>({
    severity: 'user',
    message: ({ table, problems }) => `Table ${table} is not the configured one: ${problems.join('; ')}.`,
    remedy: ({ statement }) => `Correct the mapping, or mend the table: ${statement}`,
  }),
  MR_SINK_CONFIG: define<{ faults: readonly { readonly at: string; readonly problem: string }[] }>({
    severity: 'user',
    message: ({ faults }) =>
      `The connector's configuration has ${faults.length} fault(s): ${faults.map(({ at, problem }) => `${at} ${problem}`).join('; ')}.`,
    remedy: () => 'Correct all of them and start again; schemas/config/connector.schema.json describes the format.',
  }),
  MR_SINK_UNMAPPABLE: define<Position & { column: string; problem: string }>({
    severity: 'record',
    message: ({ topic, partition, offset, column, problem }) =>
      `The record at ${topic}-${partition}@${offset} gives no value for column '${column}': ${problem}.`,
    remedy: () => 'Correct the producer or the mapping of the topic.',
  }),
  MR_SINK_UNDECODABLE: define<Position & { part: 'key' | 'value'; problem: string }>({
    severity: 'record',
    message: ({ topic, partition, offset, part, problem }) =>
      `The ${part} of the record at ${topic}-${partition}@${offset} cannot be read: ${problem}`,
    remedy: () => 'Correct the producer, or the format of the topic in the configuration.',
  }),
  MR_SINK_STOPPED: define<Position & { next: number; groupId: string; problem: string }>({
    severity: 'user',
    message: ({ topic, partition, offset, problem }) =>
      `The connector stopped at ${topic}-${partition}@${offset}, as onError=stop asks: ${problem}`,
    remedy: ({ topic, partition, next, groupId }) =>
      `Correct the mapping and start again: everything before this record is written. To pass over it: kafka-consumer-groups.sh --bootstrap-server HOST:PORT --group ${groupId} --topic ${topic}:${partition} --reset-offsets --to-offset ${next} --execute`,
  }),
  MR_SINK_DEAD_LETTER: define<Position & { deadLetterTopic: string; reason: string; problem: string }>({
    severity: 'user',
    message: ({ topic, partition, offset, deadLetterTopic, reason, problem }) =>
      `The dead letter of the record at ${topic}-${partition}@${offset} does not go into ${deadLetterTopic}: ${problem} It was to say: ${reason}`,
    remedy: ({ deadLetterTopic }) =>
      `The connector stopped before the record; nothing is lost. Let the topic take more: kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type topics --entity-name ${deadLetterTopic} --add-config max.message.bytes=1048588`,
  }),
  MR_SINK_TOPIC_MISSING: define<{ topics: string }>({
    severity: 'retriable',
    message: ({ topics }) => `The cluster has no topic ${topics}, which the connector reads.`,
    remedy: () => 'Create it, or start the application that does; the connector waits.',
  }),
  MR_SINK_PARTITIONS_CHANGED: define<{ topic: string; before: number; now: number }>({
    severity: 'user',
    message: ({ topic, before, now }) =>
      `Topic ${topic} had ${before} partitions when its rows were first written and has ${now} now: offsets no longer order the writes of a key.`,
    remedy: () =>
      'Write into a topic created anew with the partitions it should have; its rows replace the older ones.',
  }),
};
