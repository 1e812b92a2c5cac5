/**
 * Every setting of an application, once: the JVM library's property name, kind, default, meaning. `config.ts` derives the name in code
 * (`commitIntervalMs`) and in the environment (`COMMIT_INTERVAL_MS`) from it.
 */
import type { Serde } from '@millrace/serde';
import type {
  DeserializationExceptionHandler,
  ProcessingExceptionHandler,
  ProductionExceptionHandler,
} from '../task/exception-handlers.ts';
import { offsetReset } from './offset-reset-setting.ts';
import {
  addresses,
  duration,
  given,
  handler,
  integer,
  oneOf,
  optional,
  required,
  setting,
  text,
  trueOrFalse,
} from './setting.ts';
import { timestampExtractor } from '../task/timestamp-extractor.ts';
import { topologyOptimization } from './topology-optimization.ts';

const mebibyte = 1024 * 1024;
const serde = given<Serde<never>>(
  (raw) => typeof (raw as Serde<never> | undefined)?.serialize === 'function',
  'a serde, given in code',
);
/** Of the JVM library, from the first whose formats differ (KIP-904). */
const versions = [
  ...['2.0', '2.1', '2.2', '2.3', '2.4', '2.5', '2.6', '2.7', '2.8'],
  ...['3.0', '3.1', '3.2', '3.3', '3.4', '3.5', '3.6', '3.7', '3.8', '3.9'],
  ...['4.0', '4.1', '4.2'],
];
const topicName = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;
const legalName = 'up to 249 letters, digits, dots, underscores and hyphens';

export const settingsTable = {
  applicationId: required(
    'application.id',
    text(topicName, legalName),
    'Consumer group, and prefix of internal topics.',
  ),
  bootstrapServers: required('bootstrap.servers', addresses(), 'Brokers to begin with.'),
  clientId: setting('client.id', optional(text()), null, 'Name in the logs of brokers. Default: the application id.'),
  processingGuarantee: setting(
    'processing.guarantee',
    oneOf('at_least_once', 'exactly_once_v2'),
    'exactly_once_v2',
    'What a failure may leave. The JVM library defaults to at_least_once.',
  ),
  commitIntervalMs: setting(
    'commit.interval.ms',
    optional(duration(1)),
    null,
    'Time between commits. Default: 100 with exactly_once_v2, else 30000.',
  ),
  transactionTimeoutMs: setting(
    'transaction.timeout.ms',
    duration(1, 900_000),
    10_000,
    'The broker aborts a transaction that is open longer; a dead worker holds others up this long.',
  ),
  asyncDrainTimeoutMs: setting(
    'async.drain.timeout.ms',
    optional(duration(1)),
    null,
    'How long a commit waits for records in asynchronous steps; then they are done again. Default: half of transaction.timeout.ms; half of max.poll.interval.ms with at_least_once.',
  ),
  numStreamThreads: setting('num.stream.threads', integer(1, 64), 1, 'Members of the group in this process.'),
  numStandbyReplicas: setting(
    'num.standby.replicas',
    integer(0, 100),
    0,
    'Copies of each task with state, on other processes: they take it over without restoring it, and may answer queries.',
  ),
  applicationServer: setting(
    'application.server',
    optional(text(/^(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]+):\d{1,5}$/, 'host:port')),
    null,
    'Where other instances reach this one with queries; told to the group. Off by default.',
  ),
  applicationServerListen: setting(
    'application.server.listen',
    optional(text(/^(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]+):\d{1,5}$/, 'host:port')),
    null,
    'Where queries of other instances are answered, such as 0.0.0.0:8090. Default: application.server.',
  ),
  interactiveQueryToken: setting(
    'interactive.query.token',
    optional(text()),
    null,
    'What instances show each other with queries, the same for all. Without it only addresses of this machine are served.',
  ),
  interactiveQueryTimeoutMs: setting(
    'interactive.query.timeout.ms',
    duration(1),
    5_000,
    'How long another instance may be silent, and how long a partition is looked for.',
  ),
  stateDir: setting('state.dir', text(), './state', 'Where stores are kept, below it one directory an application.'),
  statestoreCacheMaxBytes: setting(
    'statestore.cache.max.bytes',
    integer(0),
    10 * mebibyte,
    'Record caches of all threads together; 0: every update is forwarded.',
  ),
  statestoreUncommittedMaxBytes: setting(
    'statestore.uncommitted.max.bytes',
    integer(1),
    64 * mebibyte,
    'A thread commits early when its tasks hold this much that is not committed.',
  ),
  bufferedRecordsPerPartition: setting(
    'buffered.records.per.partition',
    integer(1),
    1_000,
    'A partition with more records waiting is paused.',
  ),
  pollMs: setting('poll.ms', duration(0, 60_000), 100, 'How long a thread waits for records when it has none.'),
  maxTaskIdleMs: setting(
    'max.task.idle.ms',
    integer(-1),
    0,
    'How long a task with an empty input waits for it. -1: never; 0: only for records that the broker is known to have.',
  ),
  maxPollIntervalMs: setting(
    'max.poll.interval.ms',
    duration(1_000),
    300_000,
    'A thread that is stuck longer leaves the group.',
  ),
  sessionTimeoutMs: setting('session.timeout.ms', duration(1), 45_000, 'A member not heard of for this long is out.'),
  heartbeatIntervalMs: setting('heartbeat.interval.ms', duration(1), 3_000, 'Time between heartbeats.'),
  metadataMaxAgeMs: setting(
    'metadata.max.age.ms',
    duration(1),
    300_000,
    'How often topics that have come or gone are looked for where sources read by pattern.',
  ),
  groupInstanceId: setting(
    'group.instance.id',
    optional(text()),
    null,
    'Static membership: a restart within the session moves no task.',
  ),
  autoOffsetReset: setting(
    'auto.offset.reset',
    offsetReset,
    'earliest',
    'Where a source without committed offset begins; none: an error. by_duration: with the first record that is no older (KIP-1106).',
  ),
  defaultTimestampExtractor: setting(
    'default.timestamp.extractor',
    timestampExtractor,
    'failOnInvalidTimestamp',
    "Event time of sources that do not say it themselves: the name of a policy, also as the JVM library's class, or in code a function (value, key, recordTimestamp, partitionTime) => ms.",
  ),
  topologyOptimization: setting(
    'topology.optimization',
    topologyOptimization,
    'none',
    'Given to the builder: `builder.build(config)`. none, all, or some of reuse.ktable.source.topics, merge.repartition.topics, single.store.self.join.',
  ),
  dslStoreFormat: setting(
    'dsl.store.format',
    oneOf('DEFAULT', 'HEADERS'),
    'DEFAULT',
    'Given to the builder: `builder.build(config)`. HEADERS: what sessions send on and write to changelogs carries headers as the JVM library does it with stores that keep them (KIP-1271).',
  ),
  ensureExplicitInternalResourceNaming: setting(
    'ensure.explicit.internal.resource.naming',
    trueOrFalse(),
    false,
    'Given to the builder: `builder.build(config)` refuses stores and repartition topics that the user has not named (KIP-1111).',
  ),
  upgradeFrom: setting(
    'upgrade.from',
    optional(oneOf(...versions)),
    null,
    'The oldest version that an instance of the application still has during a rolling upgrade; what it could not read is written in its format.',
  ),
  defaultKeySerde: setting('default.key.serde', optional(serde), null, 'For keys whose serde is not given.'),
  defaultValueSerde: setting('default.value.serde', optional(serde), null, 'For values whose serde is not given.'),
  deserializationExceptionHandler: setting(
    'deserialization.exception.handler',
    handler<DeserializationExceptionHandler, 'fail' | 'log-and-continue' | 'dead-letter'>({
      fail: ['LogAndFailExceptionHandler'],
      'log-and-continue': ['LogAndContinueExceptionHandler'],
      'dead-letter': [],
    }),
    'fail',
    'What happens to a record that cannot be read: the application stops, passes it over, or keeps it in the dead-letter topic.',
  ),
  processingExceptionHandler: setting(
    'processing.exception.handler',
    handler<ProcessingExceptionHandler, 'fail' | 'log-and-continue'>({
      fail: ['LogAndFailProcessingExceptionHandler'],
      'log-and-continue': ['LogAndContinueProcessingExceptionHandler'],
    }),
    'fail',
    'What happens when a function of the topology fails: the application stops, or goes on with the next record; the record goes to the dead-letter topic if there is one.',
  ),
  processingExceptionHandlerGlobalEnabled: setting(
    'processing.exception.handler.global.enabled',
    trueOrFalse(),
    false,
    'Whether `processing.exception.handler` is asked about global stores too; else a failure there ends the application. They put no records aside.',
  ),
  productionExceptionHandler: setting(
    'production.exception.handler',
    handler<ProductionExceptionHandler, 'default' | 'log-and-continue'>({
      default: ['DefaultProductionExceptionHandler'],
      'log-and-continue': [],
    }),
    'default',
    'What happens to a result that cannot be serialized, or is too large to be sent: the application stops, or drops the result; the input record goes to the dead-letter topic if there is one.',
  ),
  errorsDeadLetterQueueTopicName: setting(
    'errors.dead.letter.queue.topic.name',
    optional(text(topicName, legalName)),
    null,
    'Where records go that cannot be read or processed: those that are passed over, and the one at which the application stops (KIP-1034).',
  ),
  replicationFactor: setting(
    'replication.factor',
    integer(-1, 32_767),
    -1,
    "Of internal topics; -1: the broker's default.",
  ),
  windowstoreChangelogAdditionalRetentionMs: setting(
    'windowstore.changelog.additional.retention.ms',
    duration(0),
    86_400_000,
    'Added to the retention of window stores for their changelogs.',
  ),
  repartitionPurgeIntervalMs: setting(
    'repartition.purge.interval.ms',
    duration(1),
    30_000,
    'How often committed records of repartition topics are deleted.',
  ),
  stateCleanupDelayMs: setting(
    'state.cleanup.delay.ms',
    duration(1),
    600_000,
    'After this long, and twice as long at most, the local state of a task that moved away is deleted.',
  ),
  defaultInteractiveQueryIsolationLevel: setting(
    'default.interactive.query.isolation.level',
    oneOf('read_uncommitted', 'read_committed'),
    'read_uncommitted',
    'What queries see: what has been processed, or what is committed and in the local store, which is up to a second later.',
  ),
  topics: setting(
    'topics',
    oneOf('require', 'create'),
    'require',
    'Result topics that are missing: an error, or made with the partitions of their inputs and without time limit.',
  ),
  schemaRegistryUrl: setting('schema.registry.url', optional(text(/^https?:\/\//, 'a URL')), null, 'For Avro.'),
  taskTimeoutMs: setting(
    'task.timeout.ms',
    duration(0),
    300_000,
    'How long failures that may pass are borne while nothing can be committed; then the thread ends. 0: the first one ends it.',
  ),
  requestTimeoutMs: setting('request.timeout.ms', duration(1), 30_000, 'How long one request may take.'),
  securityProtocol: setting(
    'security.protocol',
    oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
    'PLAINTEXT',
    'TLS and login of the brokers’ listener.',
  ),
  saslMechanism: setting(
    'sasl.mechanism',
    oneOf('PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'),
    'SCRAM-SHA-512',
    'How to log in.',
  ),
  saslUsername: setting('sasl.username', optional(text()), null, 'User of the login.'),
  saslPassword: setting('sasl.password', optional(text()), null, 'Its password; in containers SASL_PASSWORD_FILE.'),
  sslCaLocation: setting(
    'ssl.ca.location',
    optional(text()),
    null,
    'PEM file; default: the authorities of the system.',
  ),
  sslCertificateLocation: setting('ssl.certificate.location', optional(text()), null, 'PEM file of the client.'),
  sslKeyLocation: setting('ssl.key.location', optional(text()), null, 'PEM file of its key.'),
} as const;

export type SettingName = keyof typeof settingsTable;
