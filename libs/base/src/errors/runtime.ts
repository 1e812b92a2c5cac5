import { define } from './define.ts';

/** Errors of the runtime area: the shell around the tasks. Those of the record path are in `record-path.ts`. */
export const runtimeErrors = {
  MR_RUNTIME_TASK_FAILED: define<{ task: string; problem: string }>({
    severity: 'bug',
    message: ({ task, problem }) => `Task ${task} failed: ${problem}.`,
    remedy: () => 'This is a bug in Millrace, or in a serde. Please report it with the stack.',
  }),
  MR_RUNTIME_STATE: define<{ doing: string; state: string }>({
    severity: 'user',
    message: ({ doing, state }) => `${doing} is not possible in state ${state}.`,
    remedy: () => 'A KafkaStreams object is started once and closed once; make a new one to start again.',
  }),
  MR_RUNTIME_CAPABILITY: define<{ needed: string }>({
    severity: 'user',
    message: ({ needed }) => `The Kafka client cannot do what is asked of it: ${needed}.`,
    remedy: () => "Use Millrace's own client (the default), or set processing.guarantee=at_least_once.",
  }),
  MR_RUNTIME_SOURCE_TOPIC_MISSING: define<{ topics: readonly string[] }>({
    severity: 'user',
    message: ({ topics }) => `The topology reads topics that do not exist: ${topics.join(', ')}.`,
    remedy: ({ topics }) =>
      `Create them with the partitions they should have, for instance kafka-topics.sh --bootstrap-server HOST:PORT --create --topic ${topics[0]} --partitions 4.`,
  }),
  MR_RUNTIME_SINK_TOPIC_MISSING: define<{ topics: readonly string[] }>({
    severity: 'user',
    message: ({ topics }) => `The topology writes to topics that do not exist: ${topics.join(', ')}.`,
    remedy: () => 'Create them, or set topics=create to have them made.',
  }),
  MR_RUNTIME_DEAD_LETTER_LOOP: define<{ topic: string }>({
    severity: 'user',
    message: ({ topic }) =>
      `The topology reads ${topic}, which is also its topic of dead letters: they would never end.`,
    remedy: () => 'Give errors.dead.letter.queue.topic.name a topic that the application does not read.',
  }),
  MR_RUNTIME_INTERNAL_TOPIC_PARTITIONS: define<{ topic: string; partitions: number; expected: number }>({
    severity: 'user',
    message: ({ topic, partitions, expected }) =>
      `The internal topic ${topic} has ${partitions} partitions, but the topology needs ${expected}.`,
    remedy: () =>
      'The partitions of an input were changed, or the application id belongs to another topology. Reset the application (delete its internal topics, offsets and state) or use another application.id.',
  }),
  MR_RUNTIME_COPARTITION: define<{ subtopology: number; counts: readonly string[] }>({
    severity: 'user',
    message: ({ subtopology, counts }) =>
      `Sub-topology ${subtopology} reads topics that must have as many partitions as each other: ${counts.join(', ')}.`,
    remedy: () => 'Give them the same number of partitions, or put repartition() in front of all but one.',
  }),
  MR_RUNTIME_PARTITIONS_CHANGED: define<{ topic: string; partitions: number; expected: number }>({
    severity: 'user',
    message: ({ topic, partitions, expected }) =>
      `Topic ${topic} has ${partitions} partitions now; the application began with ${expected}, and its state is split by that number.`,
    remedy: () => 'Keys have moved between partitions: reset the application, or write into a new topic.',
  }),
  MR_RUNTIME_TOPOLOGY_MISMATCH: define<{ applicationId: string; own: string; group: string }>({
    severity: 'user',
    message: ({ applicationId, own, group }) =>
      `The group of ${applicationId} runs another topology (${group}) than this process (${own}).`,
    remedy: () =>
      'Use another application.id, or stop all processes of the old topology before the first one of the new starts.',
  }),
  MR_RUNTIME_SHUTDOWN_REQUESTED: define<{ applicationId: string }>({
    severity: 'user',
    message: ({ applicationId }) => `An instance of ${applicationId} has asked all of them to end.`,
    remedy: () =>
      'Its handler of uncaught exceptions answered SHUTDOWN_APPLICATION; the log of that instance says why. Correct that before you start them again.',
  }),
  MR_RUNTIME_TASK_TIMEOUT: define<{ taskTimeoutMs: number; problem: string }>({
    severity: 'user',
    message: ({ taskTimeoutMs, problem }) =>
      `Nothing could be committed for ${taskTimeoutMs} ms; the last failure: ${problem}`,
    remedy: () => 'Look at the brokers. To be more patient, raise task.timeout.ms.',
  }),
  MR_RUNTIME_FOREIGN_MEMBER: define<{ memberId: string }>({
    severity: 'user',
    message: ({ memberId }) => `Member '${memberId}' of the group does not say what it has: it is no Millrace worker.`,
    remedy: () => 'Give each application its own application.id; consumers of results use a group id of their own.',
  }),
  MR_RUNTIME_JVM_MEMBER: define<{ applicationId: string; members: readonly string[] }>({
    severity: 'user',
    message: ({ applicationId, members }) =>
      `Instances of the JVM library run ${applicationId} now: ${members.join(', ')}. Both cannot share the work of one application.`,
    remedy: () =>
      'Stop all of them, then start again. One that was closed or crashed stays a member until its session.timeout.ms has passed (45 s unless it is set): Kafka Streams leaves its group only where close() is told to. `millrace takeover-check` says when the application is ready to be taken over.',
  }),
  MR_RUNTIME_DUPLICATE_PROCESS: define<{ transactionalId: string; times: number; withinMs: number }>({
    severity: 'user',
    message: ({ transactionalId, times, withinMs }) =>
      `${transactionalId} was fenced ${times} times within ${withinMs / 1000} s: another process uses the same id.`,
    remedy: () => 'Two processes run on copies of one state directory. Give each its own state.dir.',
  }),
  MR_RUNTIME_CHANGELOG_MOVED: define<{ where: string }>({
    severity: 'retriable',
    message: ({ where }) => `A changelog was cut while it was being restored: ${where}`,
    remedy: () => 'The task is restored from where the log begins now. Look at retention.ms of the changelog topic.',
  }),
  MR_RUNTIME_GLOBAL_MOVED: define<{ where: string }>({
    severity: 'user',
    message: ({ where }) => `A topic of the global stores was cut behind what was read of it: ${where}`,
    remedy: () =>
      'The local state is deleted; start the application again, it reads the topic anew. A topic that fills a global store should be compacted (cleanup.policy=compact).',
  }),
  MR_RUNTIME_INPUT_MOVED: define<{ where: string }>({
    severity: 'retriable',
    message: ({ where }) => `An input was cut behind a task that others have gone on with: ${where}`,
    remedy: () =>
      'The task begins again from its committed offsets. If that repeats, look at the retention of the topic.',
  }),
  MR_RUNTIME_OFFSET_RESET: define<{ topic: string; partition: number }>({
    severity: 'user',
    message: ({ topic, partition }) =>
      `${topic}-${partition} has no committed offset, and its source says to begin nowhere.`,
    remedy: () =>
      "Commit an offset, or set auto.offset.reset (or the source's offsetReset) to earliest, latest or a duration.",
  }),
  MR_RUNTIME_PUNCTUATION: define<{ node: string; time: number; problem: string }>({
    severity: 'user',
    message: ({ node, time, problem }) => `The punctuation of ${node} at ${time} failed: ${problem}`,
    remedy: () => 'Correct the callback that was given to schedule; its stack trace is the cause of this error.',
  }),
  MR_RUNTIME_PUNCTUATION_INTERVAL: define<{ node: string; intervalMs: number }>({
    severity: 'user',
    message: ({ node, intervalMs }) => `${node} schedules a punctuation every ${intervalMs} ms.`,
    remedy: () => 'Give schedule an interval of 1 ms at least.',
  }),
  MR_RUNTIME_STORE_READ_ONLY: define<{ store: string }>({
    severity: 'user',
    message: ({ store }) => `A processor changes the global store ${store}, which it may only read.`,
    remedy: () =>
      'Write to the topic of the global store: the processor that was given to addGlobalStore fills it from there.',
  }),
  MR_RUNTIME_GLOBAL_PROCESSOR: define<{ node: string; what: string }>({
    severity: 'user',
    message: ({ node, what }) =>
      `The processor ${node} fills a global store and asks for ${what}, which it does not have.`,
    remedy: () =>
      'Let it only write its store. Schedule, and go by stream time, in a processor behind a stream: it may read the global store.',
  }),
  MR_RUNTIME_STORE_NOT_CONNECTED: define<{ node: string; store: string }>({
    severity: 'user',
    message: ({ node, store }) => `The processor ${node} is not connected with a store ${store}.`,
    remedy: () => 'Name the store in `stores` of the processor, or connect both in the topology.',
  }),
  MR_RUNTIME_CHILD_UNKNOWN: define<{ node: string; child: string }>({
    severity: 'user',
    message: ({ node, child }) => `The processor ${node} has no child ${child} to forward to.`,
    remedy: () =>
      'Forward to the name of a node that has this processor as its parent, or to all children by giving no name.',
  }),
  MR_RUNTIME_TIMESTAMP: define<{ timestamp: number }>({
    severity: 'user',
    message: ({ timestamp }) => `A record cannot have the timestamp ${timestamp}.`,
    remedy: () => 'Give milliseconds since the epoch, 0 or more.',
  }),
  MR_TEST_INSTANCE_UNKNOWN: define<{ instance: number; instances: number }>({
    severity: 'user',
    message: ({ instance, instances }) =>
      `The test cluster has no instance ${instance}: it has ${instances}, numbered from 0.`,
    remedy: () => 'Open the cluster with more `instances`, or name one that is there.',
  }),
  MR_TEST_INSTANCE_DOWN: define<{ instance: number }>({
    severity: 'user',
    message: ({ instance }) => `Instance ${instance} of the test cluster is down and cannot be asked.`,
    remedy: () => 'Start it, or ask one that runs.',
  }),
  MR_TEST_CLUSTER_STUCK: define<{ waitsFor: string; virtualMs: number }>({
    severity: 'user',
    message: ({ waitsFor, virtualMs }) =>
      `After ${virtualMs} ms of virtual time the test cluster still waits for ${waitsFor}.`,
    remedy: () =>
      'Start an instance if none is up; look whether the topology fails, or writes to a topic that it reads without an end.',
  }),
  MR_TEST_STORE_UNKNOWN: define<{ store: string }>({
    severity: 'user',
    message: ({ store }) => `The topology has no store ${store}.`,
    remedy: () =>
      'Use the name of a store: that of Materialized or of the store builder; `describe` shows all of them.',
  }),
  MR_TEST_STORE_TYPE: define<{ store: string; type: string; getter: string }>({
    severity: 'user',
    message: ({ store, type }) => `The store ${store} is not of the type that was asked for: it is ${type}.`,
    remedy: ({ getter }) => `Get it with ${getter}.`,
  }),
  MR_TEST_TOPIC_UNKNOWN: define<{ topic: string; topics: readonly string[] }>({
    severity: 'user',
    message: ({ topic, topics }) => `The topology does not read a topic ${topic}. It reads ${topics.join(', ')}.`,
    remedy: () => 'Write into a topic that it reads; what it writes is read with createOutputTopic.',
  }),
  MR_TEST_DRIVER_CLOSED: define<Record<never, never>>({
    severity: 'user',
    message: () => 'The driver is closed.',
    remedy: () => 'Open another one: a driver begins with empty stores. What was written can still be read.',
  }),
  MR_TEST_KEY_NULL: define<{ topic: string }>({
    severity: 'user',
    message: ({ topic }) => `A record of ${topic} has no key: records without keys would hide each other in a map.`,
    remedy: () => 'Read them with readKeyValuesToList.',
  }),
  MR_TEST_TOPIC_EMPTY: define<{ topic: string }>({
    severity: 'user',
    message: ({ topic }) => `The output topic ${topic} has no record that was not read yet.`,
    remedy: () => 'Look at isEmpty first, or read all with readRecordsToList.',
  }),
};
